"""`make bench-connections`: the time of a call beside 300 slow connections of each kind, against its time without them.

Two services run, and each call to the one that holds the connections is followed by one to the other; then they change
places. What else the machine does meets both alike. A call is signed, judged and stored over HTTP; medians.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.front.serving import CALL, URL, connected, sent, served
from tests.front.test_front_nobody_waits import KINDS, LONG, answered

BOUND = 1.2
CONNECTIONS = 300
CALLS = 150
"""To each of the two services, while one of them holds the connections."""


def main() -> int:
    """Print a line for each kind; returns 1 if one is above the bound."""
    above = 0
    with two_services() as ports:
        for kind in KINDS:
            without, ratio = compared(ports, kind, CONNECTIONS, CALLS)
            above += ratio > BOUND
            shown = f"{ratio:.2f} of {without * 1000:.1f} ms (at most {BOUND})"
            print(f"{CONNECTIONS} connections, {kind}: {shown}", flush=True)
    return int(above > 0)


@contextmanager
def two_services() -> Iterator[tuple[int, int]]:
    """Run two services until the block ends; yields their ports."""
    with ExitStack() as until:
        folders = [Path(until.enter_context(TemporaryDirectory())) for _ in range(2)]
        one, other = (until.enter_context(served(folder, read_seconds=LONG)) for folder in folders)
        yield one, other


def compared(ports: tuple[int, int], kind: str, connections: int, calls: int) -> tuple[float, float]:
    """Return the seconds of a call without connections of a kind, and by how much it takes longer beside them."""
    without: list[float] = []
    beside: list[float] = []
    for held, free in (ports, ports[::-1]):
        with connected(held, connections, KINDS[kind]):
            # Whole calls of the slow connections are answered like any other: that is waited for.
            for _ in range(connections):
                answered(held)
            for _ in range(calls):
                beside.append(_seconds(held))
                without.append(_seconds(free))
    return median(without), median(beside) / median(without)


def _seconds(port: int) -> float:
    begun = time.perf_counter()
    status = sent(port, "POST", URL, CALL)[0]
    taken = time.perf_counter() - begun
    if status != 200:
        raise SystemExit(f"a call was answered with {status}")
    return taken


if __name__ == "__main__":
    sys.exit(main())
