"""`make bench-purge-live`: the time of a call beside a purge of many determinations, against the same without a purge.

The service runs as its operator starts it, and so does the purge (`cds-service purge`). Give a number for another store
than of 200,000 determinations, and the URL of an empty database for another than SQLite in a file.
"""

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from signal import SIGTERM
from subprocess import DEVNULL, Popen
from time import monotonic, perf_counter, sleep

from sqlalchemy import Engine, func, select

from benchmarks.history import History
from benchmarks.purge import LARGEST, OF_OLD, filled
from benchmarks.replicas import SENDERS, SIGN, Replica, about, asked, free_port
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import DETERMINATIONS

WITHOUT_SECONDS = 60
MOST = 2.0
"""By how much the time of the slowest of a hundred calls may grow."""
_EACH_SECONDS = 0.25
"""A sender calls so often: what is asked is how a call waits, not how many are answered at most."""


@dataclass
class Timed:
    """How long calls took, and how they ended."""

    history: History = field(default_factory=History)
    seconds: list[float] = field(default_factory=list)

    def of_hundred(self, number: int) -> float:
        """Return the time, in milliseconds, that so many of a hundred calls did not exceed."""
        return 1000 * sorted(self.seconds)[len(self.seconds) * number // 100]

    def failed(self) -> Counter[str]:
        return Counter({name: count for name, count in self.history.counted.items() if name != "answered"})


def called(port: int, goes_on: Callable[[], bool]) -> Timed:
    """Call, as several senders, as long as it goes on, about some patients of each sender in turn."""
    timed = Timed()

    def sender(number: int) -> None:
        count = 0
        while goes_on():
            body, begun = about(f"live-{number}-{count % 50}"), perf_counter()
            try:
                status, reply = asked(port, "POST", SIGN, body)
            except (OSError, HTTPException):
                timed.history.counted["not reached"] += 1
            else:
                timed.seconds.append(perf_counter() - begun)
                if status == 200:
                    timed.history.note(reply)
                else:
                    timed.history.counted[f"HTTP {status}"] += 1
            count += 1
            sleep(max(0.0, _EACH_SECONDS - (perf_counter() - begun)))

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(sender, range(SENDERS)))
    return timed


def compared(replica: Replica, engine: Engine, number: int, seconds: float) -> tuple[Timed, Timed]:
    """Call for so many seconds without a purge, and beside one of so many old determinations; raises SystemExit."""
    called(replica.port, _for(seconds / 12))
    without = called(replica.port, _for(seconds))
    begun = monotonic()
    purge = _purging(replica.url)
    beside = called(replica.port, lambda: purge.poll() is None)
    took = monotonic() - begun
    with engine.connect() as connection:
        left = connection.execute(select(func.count()).where(DETERMINATIONS.c.policy == OF_OLD)).scalar_one()
    print(f"purge of {number} determinations: {took:.0f} s, {number / took:.0f} a second")
    if left or purge.returncode:
        raise SystemExit(f"not all went: {left} are left")
    return without, beside


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else LARGEST
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'x.sqlite'}"
        engine = open_engine(url, 30)
        filled(engine, number)
        replica = Replica(url, free_port())
        replica.start()
        try:
            replica.wait()
            without, beside = compared(replica, engine, number, WITHOUT_SECONDS)
        finally:
            replica.end(SIGTERM)
            engine.dispose()
    told(without, beside)
    if beside.failed() or beside.of_hundred(99) > MOST * without.of_hundred(99):
        raise SystemExit("the purge was noticed")


def _for(seconds: float) -> Callable[[], bool]:
    until = monotonic() + seconds
    return lambda: monotonic() < until


def _purging(url: str) -> Popen[bytes]:
    environment = os.environ | {"CDS_DATABASE_URL": url, "CDS_RETENTION_DAYS": "90"}
    return Popen([sys.executable, "-m", "cds_service", "purge"], env=environment, stdout=DEVNULL)


def told(without: Timed, beside: Timed) -> None:
    for name, one in (("without", without), ("beside", beside)):
        print(
            f"{name:>8}: {len(one.seconds)} calls, "
            + ", ".join(f"p{n} {one.of_hundred(n):.0f} ms" for n in (50, 90, 99))
        )
        print(f"{'':>8}  {json.dumps(one.history.counted)}")


if __name__ == "__main__":
    main()
