"""A revision's texts are one; rows from before hold each in a column of its own, and read as they did."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from cds_service.app.settings import Settings
from cds_service.audit.clear_rows import ClearRows
from cds_service.audit.patient_record import Patient, record_of
from cds_service.encryption.payloads import is_clear
from cds_service.encryption.tenant_keys import use_keys
from cds_service.replay.replay import replay
from cds_service.storage.archive import Archive
from cds_service.storage.tables import REVISIONS
from hooks.protocol.client import ANYONE
from policies.catalogue import Catalogue
from tests import stored_revisions
from tests.databases import new_engine
from tests.service.calls import body, order_sign
from tests.storage.test_storage_encryption import FIRST, TODAY, ring
from tests.world import compose


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = new_engine()
    yield made
    made.dispose()


def row_of(engine: Engine) -> dict[str, object]:
    with engine.connect() as connection:
        return dict(connection.execute(select(REVISIONS)).mappings().one())


def test_rows_of_before_read_as_rows_of_one_text_do(policies_on_file: Catalogue, engine: Engine) -> None:
    container = compose(Settings(), policies_on_file, TODAY, engine)
    assert container.order_sign.answer(body(order_sign()), ANYONE).stored
    name, archive = str(row_of(engine)["determination"]), Archive(engine)

    def read() -> tuple[object, ...]:
        on_file = [one for one in record_of(engine, Patient("p1"), "") if one["table"] == "revisions"]
        return archive.find(name, None), archive.revision(name), archive.findings(name), on_file

    before = read()
    assert row_of(engine)["findings"] == ""
    stored_revisions.keep_as_before(engine)
    assert row_of(engine)["texts"] is None
    assert read() == before
    assert replay(archive, container.order_sign, name).same


def test_rows_of_one_text_are_encrypted_later(policies_on_file: Catalogue, engine: Engine) -> None:
    container = compose(Settings(), policies_on_file, TODAY, engine)
    assert container.order_sign.answer(body(order_sign()), ANYONE).stored
    name, archive = str(row_of(engine)["determination"]), Archive(engine)
    before = archive.find(name, None)
    use_keys(engine, ring(FIRST))
    assert ClearRows(engine).encrypt()["revisions"] == 1
    assert not is_clear(bytes(row_of(engine)["texts"]))  # type: ignore[call-overload]
    assert archive.find(name, None) == before
