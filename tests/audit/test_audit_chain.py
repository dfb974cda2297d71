"""The chain names every row that was edited, added or deleted past the service, and a purge is none of these."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Date, Engine, Table, delete, func, insert, select, update

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.audit import chain_check
from cds_service.audit.chain_check import ChainCheck, Checked
from cds_service.chain.entries import Head, entries, head, key_of
from cds_service.chain.seals import link_of, row_hash
from cds_service.database.transactions import reading
from cds_service.retention.purge import Purging
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    CHAIN,
    DETERMINATIONS,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_MEMBERS,
    PRIOR_AUTH_REQUESTS,
    RESPONSES,
    REVISIONS,
    SEALED,
)
from policies.catalogue import Catalogue
from tests.databases import new_engine
from tests.dtr.test_dtr_answered import ANSWERS, SAMPLES, draft, filled, sent, signed
from tests.prior_auth.request_bundles import request_of
from tests.service.calls import body, order_sign

NOW = datetime.now(UTC)
TODAY = NOW.date()
LONG_AGO = TODAY - timedelta(days=500)
MET = (SAMPLES / "01-margetuximab-everything-met.json").read_bytes()
BY_NAME = {one.name: one for one in SEALED}
AUTHORIZED = "authorizations"


def made(policies: Catalogue, engine: Engine, today: date = TODAY) -> FlaskClient:
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return create_app(compose(settings, policies, today, engine)).test_client()


@pytest.fixture
def client(policies_on_file: Catalogue, engine: Engine) -> FlaskClient:
    return used(made(policies_on_file, engine))


@pytest.fixture(scope="session")
def _used_stores() -> dict[str, Engine]:
    return {}


@pytest.fixture
def used_store(policies_on_file: Catalogue, database: str, _used_stores: dict[str, Engine]) -> Engine:
    """The store of such a service, one for each kind of database: a test leaves it as it was."""
    if database not in _used_stores:
        _used_stores[database] = new_engine(stays=True)
        used(made(policies_on_file, _used_stores[database]))
    return _used_stores[database]


def used(opened: FlaskClient) -> FlaskClient:
    """Have two determinations kept, an authorization, an answered form, its second revision, and a PAS request."""
    signed(opened, MET)
    name = str(signed(opened)["coverage-assertion-id"])
    sent(opened, filled(draft(opened, name), ANSWERS))
    request = json.dumps(request_of(json.loads(MET)))
    assert opened.post("/fhir/pas/Claim/$submit", data=request).status_code == 200
    return opened


def check(engine: Engine, *noted: Head) -> Checked:
    return ChainCheck(engine, noted).run()


def faults(engine: Engine, *noted: Head) -> list[str]:
    return [str(one) for one in check(engine, *noted).faults]


def first_row(engine: Engine, table: Table) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(select(table).order_by(*table.primary_key.columns)).mappings().first() or {})


def where(table: Table, row: dict[str, Any]) -> Iterator[Any]:
    return (one == row[one.name] for one in table.primary_key.columns)


def changed(value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, bytes):
        return value + b"x"
    if isinstance(value, date):
        return value + timedelta(days=1)
    return value + 1 if isinstance(value, int) else f"~{str(value)[1:]}"


def test_a_store_that_nobody_touched_is_whole(client: FlaskClient, engine: Engine) -> None:
    found = check(engine)
    assert found.faults == []
    with engine.connect() as connection:
        rows = [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in SEALED]
    assert all(rows), "every table has rows, else this shows nothing"
    assert found.entries == sum(rows)
    assert check(engine, found.head).faults == []


EDITED = sorted(
    (table.name, column.name)
    for table in SEALED
    for column in table.columns
    if not column.primary_key and not column.foreign_keys
)
"""Every column but the keys, and those that lead to other tables, which the database itself holds to them."""


@pytest.mark.parametrize(("table", "column"), EDITED)
def test_an_edited_value_is_named(used_store: Engine, table: str, column: str) -> None:
    edited = BY_NAME[table]
    row = first_row(used_store, edited)
    value = row[column] if row[column] is not None else (TODAY if isinstance(edited.c[column].type, Date) else "")
    put(used_store, edited, row, {column: changed(value)})
    try:
        assert faults(used_store) == [f"{table} {key_of(edited, row)}: edited"]
    finally:
        put(used_store, edited, row, {column: row[column]})
    assert faults(used_store) == []


def put(engine: Engine, table: Table, row: dict[str, Any], values: dict[str, object]) -> None:
    with engine.begin() as connection:
        connection.execute(update(table).where(*where(table, row)).values(values))


def test_a_reference_that_is_turned_to_another_row_is_named(client: FlaskClient, engine: Engine) -> None:
    row = first_row(engine, DETERMINATIONS)
    with engine.begin() as connection:
        own = where(DETERMINATIONS, row)
        connection.execute(update(DETERMINATIONS).where(*own).values(supersedes=row["id"]))
        other = select(CALLS.c.id).where(CALLS.c.id != select(AUTHORIZATIONS.c.call).scalar_subquery()).limit(1)
        connection.execute(update(AUTHORIZATIONS).values(call=other.scalar_subquery()))
    number = first_row(engine, AUTHORIZATIONS)["number"]
    assert faults(engine) == [f"determinations {row['id']}: edited", f"authorizations {number}: edited"]


LEAVES = sorted({one.name for one in SEALED} - {"determinations", "pa_requests"})
"""The tables on whose rows no other row that is sealed hangs."""


@pytest.mark.parametrize("table", LEAVES)
def test_a_deleted_row_is_named(client: FlaskClient, engine: Engine, table: str) -> None:
    deleted = BY_NAME[table]
    row = first_row(engine, deleted)
    with engine.begin() as connection:
        connection.execute(delete(deleted).where(*where(deleted, row)))
    assert faults(engine) == [f"{table} {key_of(deleted, row)}: deleted"]


def test_a_deleted_request_is_named_with_its_answers(client: FlaskClient, engine: Engine) -> None:
    request, answer = first_row(engine, PRIOR_AUTH_REQUESTS), first_row(engine, PRIOR_AUTH_ANSWERS)
    with engine.begin() as connection:
        for table in (PRIOR_AUTH_ANSWERS, PRIOR_AUTH_MEMBERS, PRIOR_AUTH_REQUESTS):
            connection.execute(delete(table))
    assert sorted(faults(engine)) == [
        f"pa_answers {key_of(PRIOR_AUTH_ANSWERS, answer)}: deleted",
        f"pa_requests {request['id']}: deleted",
    ]


RENAMED = sorted(
    (table.name, column.name)
    for table in SEALED
    for column in table.primary_key.columns
    if table.name in LEAVES and not column.foreign_keys
)


@pytest.mark.parametrize(("table", "column"), RENAMED)
def test_a_row_under_another_name_is_one_that_is_gone_and_one_that_was_added(
    client: FlaskClient, engine: Engine, table: str, column: str
) -> None:
    renamed = BY_NAME[table]
    row = first_row(engine, renamed)
    other = row | {column: changed(row[column]) if isinstance(row[column], str) else 77}
    with engine.begin() as connection:
        connection.execute(delete(renamed).where(*where(renamed, row)))
        connection.execute(insert(renamed).values(other))
    names = (f"{table} {key_of(renamed, row)}: deleted", f"{table} {key_of(renamed, other)}: added")
    assert sorted(faults(engine)) == sorted(names)


def test_a_deleted_determination_is_named(policies_on_file: Catalogue, engine: Engine) -> None:
    name = signed(made(policies_on_file, engine))["coverage-assertion-id"]
    with engine.begin() as connection:
        connection.execute(delete(REVISIONS))
        for table in (one for one in DETERMINATIONS.metadata.sorted_tables if "determination" in one.c):
            connection.execute(delete(table))
        connection.execute(delete(DETERMINATIONS))
    assert faults(engine) == [f"determinations {name}: deleted", f"revisions {name}/1: deleted"]


@pytest.mark.parametrize("table", sorted(BY_NAME))
def test_an_added_row_is_named(client: FlaskClient, engine: Engine, table: str) -> None:
    added = BY_NAME[table]
    more = {"determinations": {"id": "more", "key": "more"}, "revisions": {"number": 77}}
    more |= {"responses": {"id": "more", "content": "more"}, AUTHORIZED: {"number": "PA1", "member": "more"}}
    more |= {"pa_requests": {"id": "more", "content": "more"}, "pa_answers": {"number": 77}}
    row = first_row(engine, added) | more[table]
    with engine.begin() as connection:
        connection.execute(insert(added).values(row))
    assert faults(engine) == [f"{table} {key_of(added, row)}: added"]


def test_a_row_that_comes_back_after_its_purge_is_added(client: FlaskClient, engine: Engine) -> None:
    row = first_row(engine, AUTHORIZATIONS)
    with engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).values(start=LONG_AGO, end=LONG_AGO))
    Purging(engine, 90, between=lambda _: None).purge(NOW, TODAY)
    assert faults(engine) == []
    with engine.begin() as connection:
        connection.execute(insert(AUTHORIZATIONS).values(row))
    assert faults(engine) == [f"authorizations {row['number']}: added"]


def test_what_was_done_to_the_chain_itself_is_named(client: FlaskClient, engine: Engine) -> None:
    """An entry edited, one deleted, a row marked as purged by hand, and the end cut off with its rows."""
    whole = check(engine).head

    def after(statement: Any) -> list[str]:
        with engine.connect() as connection, connection.begin() as undone:
            connection.execute(statement)
            found = [str(one) for one in _checked_within(connection)]
            undone.rollback()
        return found

    assert any("edited, or one before it" in one for one in after(update(CHAIN).values(content="0" * 64)))
    assert "chain 2 to 2: deleted" in after(delete(CHAIN).where(CHAIN.c.number == 2))
    assert any("marked as purged" in one for one in after(update(CHAIN).where(CHAIN.c.number == 2).values(purged_by=3)))
    with engine.begin() as connection:
        connection.execute(delete(CHAIN).where(CHAIN.c.number == whole.number))
    assert f"chain {whole.number}: cut off before it" in faults(engine, whole)
    assert any("is not what the noted head says" in one for one in faults(engine, replace(whole, number=1)))


def _checked_within(connection: Any) -> Iterator[Any]:
    """Check inside a transaction that is undone."""
    last = Head(0, "")
    for page in chain_check._pages(connection):
        for entry in page:
            yield from chain_check._of_entry(entry, last)
            last = Head(entry.number, entry.link)
        yield from chain_check._of_purges(connection, page)
    yield from chain_check._of_marks(connection)


def test_a_purge_leaves_hashes_and_takes_salts(client: FlaskClient, engine: Engine) -> None:
    before = {one.number: one for one in entries(engine)}
    old = NOW - timedelta(days=400)
    with engine.begin() as connection:
        connection.execute(update(CALLS).values(received=old))
        connection.execute(update(RESPONSES).values(received=old))
        connection.execute(update(REVISIONS).values(day=old.date()))
        connection.execute(update(AUTHORIZATIONS).values(start=LONG_AGO, end=LONG_AGO))
        connection.execute(update(PRIOR_AUTH_REQUESTS).values(submitted=old, last_day=LONG_AGO))
        connection.execute(update(PRIOR_AUTH_ANSWERS).values(at=old))
    gone = Purging(engine, 90, between=lambda _: None).purge(NOW, TODAY)
    assert {one.name for one in SEALED} <= gone.keys()
    found = check(engine)
    assert (found.faults, found.purged) == ([], len(before))
    after = {one.number: one for one in entries(engine)}
    assert {number: after[number] for number in before} == before, "number, hash and link stay"
    with engine.connect() as connection:
        assert set(connection.execute(select(CHAIN.c.salt)).scalars()) == {""}


def test_what_was_told_again_and_what_lost_its_forerunner_are_in_the_chain_too(
    policies_on_file: Catalogue, engine: Engine
) -> None:
    first, later = made(policies_on_file, engine), made(policies_on_file, engine, TODAY + timedelta(days=1))
    signed(first)
    with reading(engine) as connection:
        entries_before = head(connection).number
    signed(first)
    signed(later)
    signed(later)
    found = check(engine)
    assert found.faults == []
    assert found.head.number == entries_before + 2, "one entry a day on which it was told again"


def test_calls_at_once_make_one_chain(policies_on_file: Catalogue, engine: Engine) -> None:
    application = made(policies_on_file, engine).application
    before = check(engine).entries

    def determined(number: int) -> None:
        signed(application.test_client(), body(order_sign(fhirServer=f"https://ehr{number}.example.org/fhir")))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(determined, range(8)))
    found = check(engine)
    assert (found.faults, found.entries - before) == ([], 16)


def test_the_hash_is_frozen() -> None:
    """What was hashed once has to be hashed so for ever: these figures may never change."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    row = {"text": "é", "day": date(2026, 1, 2), "at": at.replace(tzinfo=None), "no": None, "body": b"x", "n": 1}
    assert row_hash("s", "t", row) == "5c5efa032d216743441393aa549c359b9a28f6722a5f9ddcb5f46daea3909800"
    assert row_hash("s", "t", row | {"at": at, "a_later_column": None}) == row_hash("s", "t", row)
    link = link_of("", 1, ("added", "t", "r", "h"), at)
    assert link == "af433b7806678f00b085b5da38ded5651233b32b75a570e024051926acf4a040"
