"""`make bench-store`: a store with many determinations: time of a call, of a read and of a purge, and its size.

A few orders are signed by the service itself; their rows are then kept again and again under other patients and ids, as
they stand, in the chain too. On SQLite (a file), and on PostgreSQL where its programs are. STORED is how many.
"""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, Table, func, select, text

from benchmarks.bodies import call
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.chain import entries as chain
from cds_service.chain.entries import ADDED, Seal
from cds_service.database.prepared import Prepared
from cds_service.database.transactions import writing
from cds_service.retention.purge import Purging
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    FORM_KEYS,
    REVISIONS,
    SEALED,
    SENT_CARDS,
    SHOWN_CARDS,
)
from hooks.protocol.client import ANYONE
from policies import catalogue
from tests import databases

TODAY = date(2026, 7, 1)
BODY = 10_000
TRIES = 60
AT_ONCE = 500
GOES = 0.02
"""Which part of the determinations is old enough to be purged."""
TABLES = (CALLS, DETERMINATIONS, REVISIONS, AUTHORIZATIONS, SENT_CARDS, SHOWN_CARDS, FORM_KEYS)
_ADD = {one: Prepared(one.insert()) for one in TABLES}
_IDS = ("id", "call", "determination", "uuid", "number", "key", "hook_instance")
Row = dict[str, Any]


def body_of(patient: str) -> bytes:
    body = call(BODY).replace(b"Patient/bench", f"Patient/{patient}".encode())
    return body.replace(b'"bench"', f'"{patient}"'.encode())


def sign(container: Container, patient: str) -> float:
    """Sign an order, and return the seconds that the service took."""
    body, begun = body_of(patient), perf_counter()
    if not container.order_sign.answer(body, ANYONE).stored:
        raise SystemExit("a call was not stored")
    return perf_counter() - begun


def copies(
    rows: dict[Table, list[Row]], now: datetime, is_old: Callable[[int], bool]
) -> Iterator[dict[Table, list[Row]]]:
    """Yield the rows of one patient again for ever, with ids of their own: of today, and some that are old."""
    number = 0
    while True:
        number += 1
        others: dict[object, str] = {}
        made = {table: [_copy(table, one, others, number) for one in some] for table, some in rows.items()}
        at = now - timedelta(days=400 if is_old(number) else 0)
        for one in made[CALLS]:
            one |= {"received": at, "today": at.date()}
        for one in made[REVISIONS]:
            one["day"] = at.date()
        for one in made[DETERMINATIONS]:
            one["told_again"] = None
        yield made


def _copy(table: Table, row: Row, others: dict[object, str], number: int) -> Row:
    copied = dict(row)
    for name in _IDS:
        value = row.get(name)
        if isinstance(value, str):
            length = table.c[name].type.length or 36
            copied[name] = others.setdefault(value, (uuid4().hex + uuid4().hex)[: min(length, max(36, len(value)))])
    if "patient" in copied:
        copied["patient"] = f"copy-{number}"
    return copied


def on_file(engine: Engine) -> dict[Table, list[Row]]:
    """Return all rows of a store."""
    with engine.connect() as connection:
        return {one: [dict(row) for row in connection.execute(select(one)).mappings()] for one in TABLES}


def fill(engine: Engine, rows: dict[Table, list[Row]], number: int, now: datetime) -> None:
    """Keep the determination of one patient so many times over."""
    some, every = copies(rows, now, lambda one: one % round(1 / GOES) == 0), 0
    while every < number:
        taken = list(islice(some, min(AT_ONCE, number - every)))
        every += len(taken)
        with writing(engine) as connection:
            for table in TABLES:
                _ADD[table].run(connection, *(row for one in taken for row in one[table]))
            sealed = [one for one in SEALED if one in TABLES]
            seals = [Seal(ADDED, table, row) for one in taken for table in sealed for row in one[table]]
            chain.append(connection, seals, now)
    with engine.begin() as connection:  # as the server does by itself after a while
        connection.execute(text("ANALYZE"))


def medians(container: Container, label: str, tries: int) -> tuple[float, float, float]:
    """Return the milliseconds of a first call, of the same again, and of a read."""
    names = [f"{label}-{number}" for number in range(tries)]
    first = [sign(container, one) for one in names]
    again = [sign(container, one) for one in names]
    archive, reads = container.archive, []
    assert archive is not None
    for one in names:
        (found, *_) = archive.of_patient(one, ANYONE.tenant)
        begun = perf_counter()
        archive.find(found, ANYONE.tenant)
        reads.append(perf_counter() - begun)
    return median(first) * 1000, median(again) * 1000, median(reads) * 1000


def size_of(engine: Engine) -> int:
    """Return the bytes of a database with its indices."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages, each = (
                connection.execute(text(f"PRAGMA {one}")).scalar_one() for one in ("page_count", "page_size")
            )
            return int(pages * each)
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def calls_bytes(engine: Engine) -> float:
    """Return how many bytes a call has, its body and its reply."""
    with engine.connect() as connection:
        long = func.avg(func.length(CALLS.c.request) + func.length(CALLS.c.reply))
        return float(connection.execute(select(long)).scalar_one())


def measure(kind: str, url: str, number: int, tries: int = TRIES) -> None:
    """Fill a store, and print what it takes; `tries` are the calls that a median is of."""
    now, engine = datetime.now(UTC), open_engine(url, 30)
    container = compose(Settings(), catalogue.load(), TODAY, engine)
    sign(container, "first")
    rows = on_file(engine)
    empty, before = size_of(engine), medians(container, "before", tries)
    size, begun = size_of(engine), perf_counter()
    fill(engine, rows, number, now)
    filled = perf_counter() - begun
    after = medians(container, "after", tries)
    each, body = (size_of(engine) - size) / number / 1000, calls_bytes(engine) / 1000
    print(
        f"{kind}: {number} determinations kept in {filled:.0f} s, {(size_of(engine) - empty) / 1e6:.0f} MB", flush=True
    )
    print(f"    a determination: {each:.1f} KB; the call takes {body:.1f} KB of them, all else {each - body:.1f}")
    for name, one, other in zip(("first call", "the same again", "a read"), before, after, strict=True):
        print(f"    {name}: {one:.2f} ms over the empty store, {other:.2f} over the full one ({other / one:.2f} times)")
    begun, cpu = perf_counter(), process_time()
    gone = Purging(engine, 90, between=lambda _: None).purge(now, now.date())
    taken, used, many = perf_counter() - begun, process_time() - cpu, gone["determinations"]
    print(f"    purge of {many}: {taken:.1f} s, CPU {used / many * 1000:.2f} ms each", flush=True)
    engine.dispose()


@contextmanager
def _postgresql() -> Iterator[str | None]:
    with databases.on(databases.POSTGRESQL):
        server = databases.cluster()
        try:
            yield server.new() if server is not None else None
        finally:
            databases.end()


def main() -> None:
    number = int(sys.argv[1])
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'store.sqlite'}", number)
    with _postgresql() as url:
        if url is None:
            print("PostgreSQL: its programs are not installed, so that it was not measured")
        else:
            measure("PostgreSQL", url, number)


if __name__ == "__main__":
    main()
