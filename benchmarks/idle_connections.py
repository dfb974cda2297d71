"""`make bench-connections`: the time of a call beside 300 slow connections of each kind, against its time without them.

A ratio in one run: medians of calls that are signed, judged and stored over HTTP.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.front.serving import CALL, URL, connected, sent, served
from tests.front.test_front_nobody_waits import KINDS, LONG, answered

BOUND = 1.2
CONNECTIONS = 300
_ROUNDS = 31


def main() -> int:
    """Print a line for each kind; returns 1 if one is above the bound."""
    above = 0
    with TemporaryDirectory() as folder, served(Path(folder), read_seconds=LONG) as port:
        for kind, begin in KINDS.items():
            without = _seconds(port)
            with connected(port, CONNECTIONS, begin):
                _settle(port)
                ratio = _seconds(port) / without
            above += ratio > BOUND
            print(f"{CONNECTIONS} connections, {kind}: {ratio:.2f} of {without * 1000:.1f} ms (at most {BOUND})")
    return int(above > 0)


def _settle(port: int) -> None:
    """Wait until whole calls of the slow connections are answered: theirs are calls like any other."""
    for _ in range(CONNECTIONS):
        answered(port)


def _seconds(port: int, rounds: int = _ROUNDS) -> float:
    """Return the time of a call, the median of several."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        status = sent(port, "POST", URL, CALL)[0]
        taken.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"a call was answered with {status}")
    return sorted(taken)[rounds // 2]


if __name__ == "__main__":
    sys.exit(main())
