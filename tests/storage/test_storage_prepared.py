"""What runs on the driver's own connection gives what SQLAlchemy gives, rows and errors alike."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.database.prepared import Prepared
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.storage import form_keys, statements
from hooks.protocol.client import ANYONE
from policies.catalogue import Catalogue
from tests.storage.test_storage_purging import MET
from tests.world import compose

READING = sorted(
    name for name, one in vars(statements).items() if isinstance(one, Prepared) and one.statement.is_select
)


@pytest.fixture
def approving(policies_on_file: Catalogue, engine: Engine) -> Container:
    return compose(Settings(automatic_approval=True), policies_on_file, date(2026, 11, 25), engine)


def sought(engine: Engine) -> dict[str, Any]:
    """Parameters of every statement, of a determination and an authorization on file."""
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM determinations").mappings().one()
        given = connection.exec_driver_sql("SELECT * FROM authorizations").mappings().one()
        shown = connection.exec_driver_sql("SELECT topic FROM shown_cards").scalars().first()
    days = {"on": date(2027, 1, 1), "until": date(2028, 1, 1), "since": date(2020, 1, 1)}
    members = {"member": given["member"], "plain_member": given["member"], "as_patient": "x", "plain_as_patient": "x"}
    keys = {"of_key": row["key"], "of_number": given["number"]}
    return dict(row) | days | members | keys | {"topic": shown, "for_indication": ""}


@pytest.mark.parametrize("name", READING)
def test_rows_are_those_of_sqlalchemy(approving: Container, engine: Engine, name: str) -> None:
    approving.order_sign.answer(MET, ANYONE)
    prepared, given = getattr(statements, name), sought(engine)
    with reading(engine) as connection:
        expected = [tuple(one) for one in connection.execute(prepared.statement, given).all()]
        found = prepared.all(connection, given)
        assert [tuple(one) for one in found] == expected
        assert prepared.first(connection, given) == (found[0] if found else None)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("SUPERSEDED", {"determinations", "revisions", "calls"}),
        ("DETERMINATION", {"determinations", "revisions"}),
        ("NEWEST_RESPONSE", {"responses", "determinations"}),
        ("LAST_SHOWN", {"shown_cards"}),
        ("ADD_CALL", {"calls"}),
        ("ADD_REPLY", {"calls"}),
        ("REPORTED_AGAIN", {"determinations"}),
    ],
)
def test_each_statement_knows_its_tables(name: str, tables: set[str]) -> None:
    assert getattr(statements, name).tables == tables


def test_a_fault_of_the_driver_is_one_of_sqlalchemy_and_repeats_no_value(engine: Engine) -> None:
    _, row = form_keys.new(form_keys.Given(form_keys.Kind.VISIT, None), datetime.now(UTC), 5)
    with pytest.raises(StoreError, match="IntegrityError") as raised, writing(engine) as connection:
        form_keys.ADD.run(connection, row, row)
    cause = raised.value.__cause__
    assert isinstance(cause, IntegrityError)
    assert raised.value.passing
    assert row["key"] not in str(cause.params)
    with writing(engine) as connection:
        form_keys.ADD.run(connection, row)
