"""Checking the chain: each entry against the one before it, each row against its entry, and heads that were noted.

It reads one state of the database, a page at a time, beside live calls.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, exists, select

from cds_service.chain.entries import PURGED, Head, head, is_one_of, key_column, key_of
from cds_service.chain.seals import NO_LINK, link_of, list_hash, row_hash
from cds_service.database.transactions import reading
from cds_service.storage.tables import CHAIN, SEALED

_PAGE = 500
_TABLES = {one.name: one for one in SEALED}
_LATER = CHAIN.alias()
_IS_LAST = ~exists().where(_LATER.c.kind == CHAIN.c.kind, _LATER.c.row == CHAIN.c.row, _LATER.c.number > CHAIN.c.number)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: the table (`chain` for an entry itself), its key, and what was done to it."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


@dataclass(slots=True)
class Checked:
    """What was found: the head, how many entries there are, how many of them are of purged rows, and all faults."""

    head: Head
    entries: int = 0
    purged: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class ChainCheck:
    """One check of a database, against heads that were noted before."""

    engine: Engine
    noted: Sequence[Head] = ()

    def run(self) -> Checked:
        """Look at everything; raises StoreError."""
        with _one_state(self.engine) as connection:
            found = Checked(head(connection))
            last = Head(0, NO_LINK)
            for page in _pages(connection):
                for entry in page:
                    found.faults += _of_entry(entry, last)
                    last = Head(entry.number, entry.link)
                    found.entries += 1
                    found.purged += entry.purged_by is not None
                found.faults += _of_purges(connection, page)
                found.faults += _of_rows(connection, page)
            found.faults += _of_marks(connection)
            found.faults += _added(connection)
            found.faults += (fault for one in self.noted for fault in _of_noted(connection, one))
        return found


@contextmanager
def _one_state(engine: Engine) -> Iterator[Connection]:
    """Read what holds at one moment, however long it takes."""
    with reading(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _pages(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    page = select(CHAIN, _IS_LAST.label("is_last")).order_by(CHAIN.c.number).limit(_PAGE)
    last = 0
    while found := connection.execute(page.where(CHAIN.c.number > last)).all():
        yield found
        last = found[-1].number


def _of_entry(entry: Row[Any], last: Head) -> Iterator[Fault]:
    """Yield what is wrong with an entry, after the one before it as it stands."""
    if entry.number != last.number + 1:
        yield Fault("chain", f"{last.number + 1} to {entry.number - 1}", "deleted")
        return
    about = (entry.act, entry.kind, entry.row, entry.content)
    if link_of(last.link, entry.number, about, entry.at) != entry.link:
        yield Fault("chain", str(entry.number), f"edited, or one before it ({entry.kind} {entry.row})")


def _of_purges(connection: Connection, page: Sequence[Row[Any]]) -> Iterator[Fault]:
    """Yield the purges of which other entries are marked than they said."""
    for entry in page:
        if entry.act == PURGED:
            marked = select(CHAIN.c.number).where(CHAIN.c.purged_by == entry.number)
            if list_hash(list(connection.execute(marked).scalars())) != entry.content:
                yield Fault("chain", str(entry.number), "other rows are marked as purged than this purge deleted")


def _of_rows(connection: Connection, page: Sequence[Row[Any]]) -> Iterator[Fault]:
    """Yield the rows of a page that are gone, or are not what their last entry says."""
    for name, table in _TABLES.items():
        entries = [one for one in page if one.kind == name and one.is_last and one.purged_by is None]
        keys = [one.row for one in entries]
        rows = connection.execute(select(table).where(is_one_of(table, keys))).mappings() if keys else ()
        found = {key_of(table, dict(one)): dict(one) for one in rows}
        for entry in entries:
            row = found.get(entry.row)
            if row is None:
                yield Fault(name, entry.row, "deleted")
            elif row_hash(entry.salt, name, row) != entry.content:
                yield Fault(name, entry.row, "edited")


def _of_marks(connection: Connection) -> Iterator[Fault]:
    """Yield the rows that are marked as purged by an entry that is no purge."""
    purge = CHAIN.alias()
    stray = ~exists().where(purge.c.number == CHAIN.c.purged_by, purge.c.act == PURGED)
    marked = select(CHAIN.c.kind, CHAIN.c.row).where(CHAIN.c.purged_by.is_not(None), stray)
    yield from (
        Fault(one.kind, one.row, "marked as purged, and no purge says so") for one in connection.execute(marked)
    )


def _added(connection: Connection) -> Iterator[Fault]:
    """Yield the rows that no entry stands for."""
    for table in SEALED:
        key = key_column(table)
        known = exists().where(CHAIN.c.kind == table.name, CHAIN.c.row == key, CHAIN.c.purged_by.is_(None))
        for one in connection.execute(select(key).where(~known)).scalars():
            yield Fault(table.name, str(one), "added")


def _of_noted(connection: Connection, noted: Head) -> Iterator[Fault]:
    """Yield whether a head that was noted stands in the chain no more: it was cut off, or written anew."""
    link = connection.execute(select(CHAIN.c.link).where(CHAIN.c.number == noted.number)).scalar()
    if noted.number and link != noted.link:
        yield Fault("chain", str(noted.number), "is not what the noted head says" if link else "cut off before it")
