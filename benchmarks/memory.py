"""`make bench-memory`: the memory of a service after many calls over HTTP, and after as many more: it stays the same.

Orders of new patients, signed, judged and stored (SQLite, a file), by a few senders at once. The bound is 3 %, for what
all processes of the service hold (their resident memory, without what they share with the disk).
"""

import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.replicas import SENDERS, SIGN, Replica, about, asked, free_port

MOST = 1.03


def resident(group: int) -> float:
    """Return the megabytes of all processes of a group that are not mapped from a file."""
    kilobytes = 0
    for one in Path("/proc").glob("[0-9]*"):
        try:
            fields = (one / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                lines = (one / "status").read_text().splitlines()
                kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return kilobytes / 1024


def call(replica: Replica, first: int, number: int) -> None:
    """Sign orders of so many new patients."""

    def sign(patient: int) -> None:
        status, _ = asked(replica.port, "POST", SIGN, about(f"memory-{patient}"))
        if status != 200:
            raise SystemExit(f"a call was answered with {status}")

    with ThreadPoolExecutor(SENDERS) as senders:
        for _ in senders.map(sign, range(first, first + number)):
            pass


def held_after(replica: Replica, number: int) -> tuple[float, float]:
    """Return the memory after so many calls of new patients, and after as many more."""
    assert replica.process is not None
    held = []
    for half in range(2):
        call(replica, half * number, number)
        held.append(resident(replica.process.pid))
    return held[0], held[1]


def main() -> int:
    """Print the memory after each half; returns 1 if it grew by more than the bound."""
    number = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        replica = Replica(f"sqlite:///{Path(folder) / 'memory.sqlite'}", free_port())
        replica.start()
        try:
            replica.wait()
            held = held_after(replica, number)
        finally:
            replica.end(signal.SIGTERM)
    grown = held[1] / held[0]
    each = f"after {number} calls {held[0]:.1f} MB, after {2 * number} calls {held[1]:.1f} MB"
    print(f"{each}: {grown:.3f} (at most {MOST})")
    return int(grown > MOST)


if __name__ == "__main__":
    sys.exit(main())
