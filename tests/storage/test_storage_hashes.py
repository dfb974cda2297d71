"""The hash of what was said is under a key, where there is one: nobody who reads the table finds out by trying."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, Table, select, update

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.clear_rows import ClearRows
from cds_service.chain import entries as chain
from cds_service.chain.entries import CHANGED, Seal
from cds_service.database.transactions import writing
from cds_service.encryption import tenant_keys
from cds_service.encryption.tenant_keys import use_keys
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import RESPONSES, REVISIONS
from policies.catalogue import Catalogue
from tests.databases import new_url
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled, sent, signed
from tests.storage.test_storage_encryption import FIRST, SECOND, marked, ring, rows_of
from tests.world import TODAY, compose

HASHED = (REVISIONS, RESPONSES)


@pytest.fixture
def client(policies_on_file: Catalogue, store: Engine) -> FlaskClient:
    return create_app(
        compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, store)
    ).test_client()


def hashes(engine: Engine, table: Table) -> list[str]:
    return sorted(str(one["content"]) for one in rows_of(engine, table))


def form(client: FlaskClient) -> Any:
    name = str(signed(client, marked())["coverage-assertion-id"])
    return filled(draft(client, name), ANSWERS | {"combination_partner": "vinorelbine"})


def test_the_same_is_hashed_otherwise_under_another_key_and_plain_without(
    policies_on_file: Catalogue, tmp_path: Path
) -> None:
    found = []
    for number, keys in enumerate((None, ring(FIRST), ring(FIRST))):
        engine = open_engine(new_url(tmp_path, f"x{number}"))
        use_keys(engine, keys)
        service = create_app(compose(Settings(base_url="https://x.org"), policies_on_file, TODAY, engine))
        signed(service.test_client(), marked())
        found += hashes(engine, REVISIONS)
        engine.dispose()
    assert len(set(found)) == len(found) == 3
    assert [one.startswith("k") for one in found] == [False, True, True]


@pytest.mark.parametrize("keys", [None, ring(FIRST)], ids=["clear", "encrypted"])
def test_what_says_the_same_is_known_again(client: FlaskClient, store: Engine, keys: Any) -> None:
    use_keys(store, keys)
    response = form(client)
    first = sent(client, response)
    kept = [hashes(store, one) for one in HASHED]
    if keys is not None:
        tenant_keys.rotate(store, ring(FIRST))
    assert sent(client, response, 200)["id"] == first["id"]
    signed(client, marked())
    assert [hashes(store, one) for one in HASHED] == kept


def test_what_was_kept_before_the_key_is_known_again_and_comes_under_it(client: FlaskClient, store: Engine) -> None:
    response = form(client)
    first = sent(client, response)
    before = [len(hashes(store, one)) for one in HASHED]
    use_keys(store, ring(FIRST))
    for _ in range(2):
        assert sent(client, response, 200)["id"] == first["id"]
        assert signed(client, marked())
        assert [len(hashes(store, one)) for one in HASHED] == before
        assert ClearRows(store).encrypt() is not None
        assert all(one.startswith("k") for table in HASHED for one in hashes(store, table))
        assert ChainCheck(store).run().faults == []
    assert ClearRows(store).encrypt() == {}


def test_a_hash_of_an_encrypted_row_from_before_comes_under_the_key(client: FlaskClient, store: Engine) -> None:
    """Rows that an earlier release encrypted have plain hashes."""
    use_keys(store, ring(FIRST, SECOND))
    sent(client, form(client))
    put_plain(store)
    assert ChainCheck(store).run().faults == []
    assert ClearRows(store).encrypt() == {"revisions": len(hashes(store, REVISIONS)), "responses": 1}
    assert all(one.startswith("k") for table in HASHED for one in hashes(store, table))
    assert ChainCheck(store).run().faults == []


def put_plain(engine: Engine) -> None:
    """Have the rows of both tables hold plain hashes, as the chain has them then."""
    with writing(engine) as connection:
        for table in HASHED:
            for number, row in enumerate(connection.execute(select(table)).mappings().all()):
                content = f"{number:064x}"
                its = [one == row[one.name] for one in table.primary_key.columns]
                connection.execute(update(table).where(*its).values(content=content))
                chain.append(connection, [Seal(CHANGED, table, dict(row) | {"content": content})], datetime.now(UTC))
