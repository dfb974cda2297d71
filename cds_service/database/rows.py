"""Rows that there can be once, and rows that hold until an instant: where two write at once, neither fails."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Table, bindparam, delete, select
from sqlalchemy.dialects import sqlite

from cds_service.database.prepared import Prepared

_AT_ONCE = 500
"""How many rows one call forgets at most: the next one goes on."""


def forget(connection: Connection, table: Table, now: datetime) -> None:
    """Delete rows whose `until` has passed; those that another transaction deletes at this moment are left to it."""
    connection.execute(_forgetting(table), {"now": now})


@cache
def _forgetting(table: Table) -> Delete:
    """Return the statement that forgets: made once, since every call that is kept runs it."""
    (key,) = table.primary_key.columns
    expired = select(key).where(table.c.until <= bindparam("now")).limit(_AT_ONCE).with_for_update(skip_locked=True)
    return delete(table).where(key.in_(expired))


def is_there(connection: Connection, table: Table, name: str) -> bool:
    """Whether a row of this key is there."""
    (key,) = table.primary_key.columns
    return connection.execute(select(key).where(key == name)).first() is not None


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless one with the same key is there, also where two insert it at once; tells whether it is new."""
    return _adding(table, connection.dialect.name, tuple(row)).first(connection, row) is not None


@cache
def _adding(table: Table, dialect: str, names: tuple[str, ...]) -> Prepared:
    """Return the statement that inserts these columns: every signed call runs one.

    What it returns is counted: the driver of PostgreSQL does not tell how many rows an insert made.
    """
    row = _insert_of(dialect)(table).values({name: bindparam(name) for name in names})
    return Prepared(row.on_conflict_do_nothing().returning(*table.primary_key.columns))


def _insert_of(dialect: str) -> Callable[[Table], Any]:
    """Return the INSERT of a database that may leave out a row; PostgreSQL's is loaded where it is the database."""
    if dialect == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert
