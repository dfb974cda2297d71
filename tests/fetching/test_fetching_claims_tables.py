"""The payer's claims in a table of PostgreSQL, with whatever types its columns have; and a database that fails."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from cds_service.app.claims_table import ClaimsTable, SourceError, claims_table
from cds_service.database.postgresql import with_driver
from hooks.ehr_data.payer_claims import ClaimsError, Who
from tests import databases

Json = dict[str, Any]
pytestmark = pytest.mark.skipif(databases.programs() is None, reason="PostgreSQL is not installed")

BORN = date(1961, 4, 12)
WHO = Who("M77", BORN)
EOB: Json = {"resourceType": "ExplanationOfBenefit", "id": "e1", "status": "active", "item": [{"quantity": 2.50}]}


@pytest.fixture
def url(tmp_path: Path) -> str:
    with databases.on(databases.POSTGRESQL):
        return databases.empty(tmp_path)


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    engine = create_engine(with_driver(make_url(url)))
    with engine.connect() as made:
        yield made
    engine.dispose()


def with_rows(
    connection: Connection, *rows: tuple[str, str, str], number: str = "text", born: str = "date", resource: str
) -> None:
    """Make a table with columns of these types, and commit it."""
    columns = f"member_number {number}, birth_date {born}, resource {resource}"
    connection.execute(text(f"CREATE TABLE claims ({columns})"))
    for row in rows:
        values = f"CAST(:n AS {number}), CAST(:b AS {born}), CAST(:r AS {resource})"
        connection.execute(text(f"INSERT INTO claims VALUES ({values})"), dict(zip("nbr", row, strict=True)))
    connection.commit()


def opened(url: str, name: str = "claims", max_bytes: int = 100_000) -> ClaimsTable:
    return claims_table(url, name, max_bytes, 1.0)


def read(found: Any) -> list[Json]:
    return [{name: json.loads(bytes(value)) for name, value in one.items()} for one in found]


@pytest.mark.parametrize(
    ("number", "born", "resource"),
    [
        ("text", "date", "jsonb"),
        ("varchar(20)", "text", "json"),
        ("char(12)", "timestamp", "text"),
        ("text", "char(10)", "jsonb"),
    ],
)
def test_columns_of_any_fitting_type_are_read(
    connection: Connection, url: str, number: str, born: str, resource: str
) -> None:
    others = (("M78", "1961-04-12", json.dumps(EOB | {"id": "of-another"})), ("M77", "1961-04-13", json.dumps(EOB)))
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), *others, number=number, born=born, resource=resource)
    table = opened(url)
    assert read(table.of(WHO)) == [EOB]
    table.engine.dispose()


def test_a_view_and_a_schema_are_read(connection: Connection, url: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), resource="jsonb")
    connection.execute(text("CREATE SCHEMA plan"))
    connection.execute(text("CREATE VIEW plan.seen AS SELECT * FROM public.claims"))
    connection.commit()
    assert read(opened(url, "plan.seen").of(WHO)) == [EOB]


@pytest.mark.parametrize("resource", ["json", "text"])
def test_numbers_stand_as_the_table_has_them(connection: Connection, url: str, resource: str) -> None:
    """A driver that decodes them makes 2.50 to 2.5, and what is beyond its floats to infinity."""
    written = '{"resourceType":"Claim","id":"c1","item":[{"quantity":{"value":1e400}},{"quantity":{"value":2.50}}]}'
    with_rows(connection, ("M77", "1961-04-12", written), resource=resource)
    (one,) = opened(url).of(WHO)
    assert bytes(one["item"]).replace(b" ", b"") == b'[{"quantity":{"value":1e400}},{"quantity":{"value":2.50}}]'
    assert isinstance(one["item"], Raw)


@pytest.mark.parametrize("resource", ["[1]", "7", '{"resourceType": "Claim"'])
def test_what_is_no_object_leaves_the_claims_missing(connection: Connection, url: str, resource: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", resource), resource="text")
    with pytest.raises(ClaimsError, match="cannot be read"):
        opened(url).of(WHO)


def test_an_empty_cell_leaves_the_claims_missing(connection: Connection, url: str) -> None:
    with_rows(connection, resource="jsonb")
    connection.execute(text("INSERT INTO claims VALUES ('M77', '1961-04-12', NULL)"))
    connection.commit()
    with pytest.raises(ClaimsError, match="cannot be read"):
        opened(url).of(WHO)


def test_a_table_that_is_gone_leaves_the_claims_missing_until_it_is_back(connection: Connection, url: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), resource="jsonb")
    table = opened(url)
    connection.execute(text("ALTER TABLE claims RENAME TO away"))
    connection.commit()
    with pytest.raises(ClaimsError, match="cannot be read"):
        table.of(WHO)
    connection.execute(text("ALTER TABLE away RENAME TO claims"))
    connection.commit()
    assert read(table.of(WHO)) == [EOB]


def test_a_locked_table_is_waited_for_no_longer_than_the_limit(connection: Connection, url: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), resource="jsonb")
    table = claims_table(url, "claims", 100_000, 0.2)
    connection.execute(text("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE"))
    with pytest.raises(ClaimsError, match="cannot be read"):
        table.of(WHO)
    connection.rollback()
    assert read(table.of(WHO)) == [EOB]


def test_connections_that_the_server_ended_are_made_anew(connection: Connection, url: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), resource="jsonb")
    table = opened(url)
    assert table.of(WHO)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    connection.execute(text(f"{ended} AND datname = current_database()"))
    connection.commit()
    assert read(table.of(WHO)) == [EOB]


def test_nothing_can_be_written(connection: Connection, url: str) -> None:
    with_rows(connection, ("M77", "1961-04-12", json.dumps(EOB)), resource="jsonb")
    table = opened(url)
    with table.engine.connect() as own:
        assert own.execute(text("SHOW transaction_read_only")).scalar() == "on"


def test_a_table_without_its_columns_stops_the_start(connection: Connection, url: str) -> None:
    connection.execute(text("CREATE TABLE claims (member_number text, resource jsonb)"))
    connection.commit()
    for name in ("claims", "none", "plan.claims"):
        with pytest.raises(SourceError, match=r"claims\.table"):
            opened(url, name)
