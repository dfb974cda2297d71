"""The chain: an entry for each row of what is determined, answered and authorized, each linked to the one before it.

An entry is written in the transaction of its row, under one lock that is taken last: calls about other patients wait
for no more than its insert and the commit. A purge takes the salts of what goes, and leaves hashes and links.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    String,
    Table,
    and_,
    cast,
    desc,
    insert,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from cds_service.chain.seals import NO_LINK, instant, link_of, list_hash, row_hash
from cds_service.database.locks import hold
from cds_service.database.metadata import METADATA
from cds_service.database.prepared import Prepared
from cds_service.database.transactions import reading

CHAIN = Table(
    "chain",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", String(8), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("row", String(64), nullable=False),
    Column("content", String(64), nullable=False),
    Column("salt", String(32), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("link", String(64), nullable=False),
    Column("purged_by", Integer, index=True),
    Index(None, "kind", "row"),
)
"""What was written, row by row, each entry linked to the one before it (this module); nothing of a patient.

`kind` and `row` name a row, `content` is its hash with a salt. A purge empties the salt, and `purged_by` is its entry.
"""

ADDED, CHANGED, PURGED = "added", "changed", "purged"
_SALT_BYTES = 16
_PAGE = 1_000
_LAST = Prepared(select(CHAIN.c.number, CHAIN.c.link).order_by(desc(CHAIN.c.number)).limit(1))
_ADD = Prepared(insert(CHAIN))


@dataclass(frozen=True, slots=True)
class Seal:
    """A row that was added or changed: what it holds now, by column."""

    act: str
    table: Table
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the chain: its number (0 for an empty chain), and its link."""

    number: int
    link: str

    def __str__(self) -> str:
        return f"{self.number}:{self.link}"


def key_of(table: Table, values: Mapping[str, Any]) -> str:
    """Return the name of a row in the chain: its key, the parts of which a slash divides."""
    return "/".join(str(values[one.name]) for one in table.primary_key.columns)


def key_column(table: Table) -> ColumnElement[str]:
    """Return the same as an expression; the first column of every key is a text."""
    first, *others = table.primary_key.columns
    key: ColumnElement[str] = first
    for one in others:
        key = key + "/" + cast(one, String)
    return key


def is_one_of(table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    """Whether a row has one of these names; by its index, as the second condition alone would not."""
    first = next(iter(table.primary_key.columns))
    return and_(first.in_({one.partition("/")[0] for one in keys}), key_column(table).in_(keys))


def head(connection: Connection) -> Head:
    """Return the last entry."""
    last = _LAST.first(connection, {})
    return Head(last.number, last.link) if last is not None else Head(0, NO_LINK)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is exported: without the salt, so that it gives nothing away that a purge took."""

    number: int
    act: str
    kind: str
    row: str
    content: str
    at: str
    link: str


def entries(engine: Engine) -> Iterator[Entry]:
    """Yield the entries, the oldest first; raises StoreError."""
    last, page = 0, select(CHAIN).order_by(CHAIN.c.number).limit(_PAGE)
    while True:
        with reading(engine) as connection:
            found = connection.execute(page.where(CHAIN.c.number > last)).all()
        yield from (
            Entry(one.number, one.act, one.kind, one.row, one.content, instant(one.at), one.link) for one in found
        )
        if len(found) < _PAGE:
            return
        last = found[-1].number


def append(connection: Connection, seals: Sequence[Seal], at: datetime) -> None:
    """Add an entry for each row; it is the last thing that a transaction does, since it holds up all others."""
    if not seals:
        return
    hold(connection, "chain")
    last, rows = head(connection), []
    for one in seals:
        kind, salt = one.table.name, secrets.token_hex(_SALT_BYTES)
        about = (one.act, kind, key_of(one.table, one.values), row_hash(salt, kind, one.values))
        rows.append(_entry(last, about, at) | {"salt": salt})
        last = Head(rows[-1]["number"], rows[-1]["link"])
    _ADD.run(connection, *rows)


def forget(connection: Connection, gone: Mapping[Table, Sequence[str]], at: datetime) -> None:
    """Mark the entries of rows that a purge deleted, and take their salts: one entry says which ones they were."""
    if not any(gone.values()):
        return
    hold(connection, "chain")
    numbers: list[int] = []
    last = head(connection)
    for table, keys in gone.items():
        of_rows = (CHAIN.c.kind == table.name, CHAIN.c.row.in_(keys), CHAIN.c.purged_by.is_(None))
        marked = update(CHAIN).where(*of_rows).values(salt="", purged_by=last.number + 1)
        numbers += connection.execute(marked.returning(CHAIN.c.number)).scalars()
    about = (PURGED, "", str(len(numbers)), list_hash(numbers))
    _ADD.run(connection, _entry(last, about, at) | {"salt": ""})


def _entry(last: Head, about: tuple[str, str, str, str], at: datetime) -> dict[str, Any]:
    number = last.number + 1
    act, kind, row, content = about
    link = link_of(last.link, number, about, at)
    return {"number": number, "act": act, "kind": kind, "row": row, "content": content, "at": at, "link": link}
