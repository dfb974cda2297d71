"""`make bench-purge`: CPU of a purge in this process, by the number of determinations: it grows as they do.

SQLite in a file; a figure above 1.5 for twice the rows, after the first, would mean that it does not. Give a number for
another largest store.
"""

import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any

from sqlalchemy import Engine, insert

from cds_service.retention.purge import Purging
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import CALLS, DETERMINATIONS, REVISIONS

LARGEST = 200_000
NOW = datetime(2026, 11, 25, tzinfo=UTC)
OLD = NOW - timedelta(days=400)
AT_ONCE = 5_000
OF_OLD = "x"
"""The policy of what is old."""


def filled(engine: Engine, number: int) -> None:
    """Keep so many old determinations, each after the one before it, with a revision and a call of a few kilobytes."""
    names = (f"{one:012d}" for one in range(number))
    before: str | None = None
    while some := list(islice(names, AT_ONCE)):
        calls, heads, revisions = [], [], []
        for name in some:
            calls.append(_call(name))
            heads.append(_head(name, before))
            revisions.append(_revision(name))
            before = name
        with engine.begin() as connection:
            connection.execute(insert(CALLS), calls)
            connection.execute(insert(DETERMINATIONS), heads)
            connection.execute(insert(REVISIONS), revisions)


def _call(name: str) -> dict[str, Any]:
    told = {"hook": "order-sign", "hook_instance": name, "received": OLD, "today": OLD.date()}
    return {"id": name, "request": b"x" * 2000, "reply": b"x" * 500} | told


def _head(name: str, before: str | None) -> dict[str, Any]:
    whose = {"tenant": "open", "fhir_server": "https://ehr.example.org", "patient": f"p{name}", "coverage": "c"}
    return {
        "id": name,
        "key": name,
        "policy": OF_OLD,
        "request": "initial",
        "product": "x",
        "supersedes": before,
    } | whose


def _revision(name: str) -> dict[str, Any]:
    texts = dict.fromkeys(("order", "value_sets", "findings", "report", "content", "cause"), "x")
    days = {"day": OLD.date(), "as_of": OLD.date()}
    return {"determination": name, "number": 1, "call": name, "policy_version": "2026-01-01"} | texts | days


def main() -> None:
    measured(int(sys.argv[1]) if len(sys.argv) > 1 else LARGEST)


def measured(largest: int) -> None:
    """Purge a quarter of so many determinations, half of them, and all, and print what it took."""
    print(f"{'determinations':>15} {'CPU s':>8} {'us each':>8}  ratio to the one before, each")
    last = 0.0
    for number in (largest // 4, largest // 2, largest):
        with tempfile.TemporaryDirectory() as folder:
            engine = open_engine(f"sqlite:///{Path(folder) / 'x.sqlite'}")
            filled(engine, number)
            begun = process_time()
            gone = Purging(engine, 90, between=lambda _: None).purge(NOW, date(2026, 11, 25))
            each = (process_time() - begun) / number * 1e6
            engine.dispose()
        if gone["determinations"] != number:
            raise SystemExit(f"not all went: {gone}")
        ratio = f"{each / last:.2f}" if last else ""
        print(f"{number:>15} {each * number / 1e6:>8.1f} {each:>8.0f}  {ratio}", flush=True)
        last = each


if __name__ == "__main__":
    main()
