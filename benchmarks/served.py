"""`make bench-served`: signed, stored calls a second over HTTP, against an empty signed Flask reply in the same run.

SQLite in a file, calls of 10 KB, each of a new patient and with a token of its own; one and two processes, by 1, 4 and
16 clients at once. Beside it the same service with a commit for each call, and two services on one file. All of them
run throughout, and are called in turn, a window each. Who calls takes its part of the same cores, from all alike.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import signed_floor
from benchmarks.replicas import SIGN, Replica, free_port
from benchmarks.stored import body_of
from cds_service.clients.client_keys import new_pair, signed

NAME, ISSUER = "bench", "https://bench.example.org"
BASE = "https://cds.example.org"
CLIENTS = (1, 4, 16)
CALLS, WINDOWS = 400, 5
LEAST, SLOWEST = 0.35, 10.0
"""Of the calls that the floor answers; and the time of the slowest of a hundred calls, in medians."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The keys of the client that calls."""

    private: bytes
    public: bytes

    def tokens(self, number: int) -> list[str]:
        return [signed(self.private, NAME, ISSUER, f"{BASE}{SIGN}") for _ in range(number)]


@dataclass(slots=True)
class Served:
    """Something that is called: where, and how long its calls took, by the number of clients at once."""

    title: str
    ports: Sequence[int]
    seconds: dict[int, list[float]] = field(default_factory=dict)
    rates: dict[int, list[float]] = field(default_factory=dict)

    def rate(self, clients: int) -> float:
        """Return calls a second, the median of its windows."""
        return sorted(self.rates[clients])[len(self.rates[clients]) // 2]

    def of_hundred(self, clients: int, number: int) -> float:
        """Return the milliseconds that so many of a hundred calls did not exceed."""
        found = sorted(self.seconds[clients])
        return 1000 * found[min(len(found) - 1, len(found) * number // 100)]


_PATIENTS = count()


def window(served: Served, pair: Pair, clients: int, calls: int) -> None:
    """Call so many times, from so many clients, each of which keeps its connection; raises SystemExit for a failure."""
    work = [(token, body_of(f"served-{next(_PATIENTS)}")) for token in pair.tokens(calls)]

    def client(number: int) -> list[float]:
        connection = HTTPConnection("127.0.0.1", served.ports[number % len(served.ports)], timeout=30)
        taken = []
        for token, body in work[number::clients]:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            begun = perf_counter()
            connection.request("POST", SIGN, body, headers)
            reply = connection.getresponse()
            reply.read()
            taken.append(perf_counter() - begun)
            if reply.status != 200:
                raise SystemExit(f"{served.title}: a call was answered with {reply.status}")
        connection.close()
        return taken

    begun = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = [one for some in pool.map(client, range(clients)) for one in some]
    served.rates.setdefault(clients, []).append(calls / (perf_counter() - begun))
    served.seconds.setdefault(clients, []).extend(taken)


@contextmanager
def running(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends, which begins once it is ready."""
    server = Replica("", port)
    server.process = Popen(
        [sys.executable, "-m", *command], env=os.environ | environment, start_new_session=True,
        stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    try:
        server.wait()
        yield
    finally:
        server.end(signal.SIGTERM)


@contextmanager
def floor(pair: Pair, workers: int) -> Iterator[Served]:
    """Run the floor until the block ends."""
    port = free_port()
    environment = {signed_floor.KEYS: pair.public.decode(), signed_floor.AUDIENCE: f"{BASE}{SIGN}"}
    with running(["benchmarks.signed_floor", str(port), str(workers)], port, environment):
        yield Served(f"empty signed reply, {workers} workers", [port])


@contextmanager
def service(pair: Pair, workers: int, *, module: str = "cds_service", processes: int = 1) -> Iterator[Served]:
    """Run the service, as often as asked on one file, until the block ends."""
    with ExitStack() as until:
        home = Path(until.enter_context(TemporaryDirectory()))
        (home / "keys.json").write_bytes(pair.public)
        config = home / "settings.toml"
        config.write_text(
            f'database_url = "sqlite:///{home / "kept.sqlite"}"\nbase_url = "{BASE}"\n'
            f'[[clients]]\nname = "{NAME}"\niss = "{ISSUER}"\njwks = "{home / "keys.json"}"\n'
        )
        ports = [free_port() for _ in range(processes)]
        for port in ports:
            command = [module, "serve", "--port", str(port), "--workers", str(workers), "--config", str(config)]
            until.enter_context(running(command, port, {"CDS_TODAY": "2026-07-01"}))
        several = f"{processes} services, " if processes > 1 else ""
        alone = "" if module == "cds_service" else ", a commit a call"
        yield Served(f"{several}{workers} worker(s){alone}", ports)


def told(all_: Sequence[Served], clients: Sequence[int]) -> None:
    """Print what each answered."""
    for number in clients:
        print(f"\n{number} client(s) at once: calls a second, of the empty reply's, median ms, and of 99 in a hundred")
        for one in all_:
            share = one.rate(number) / all_[0].rate(number)
            middle, slow = one.of_hundred(number, 50), one.of_hundred(number, 99)
            print(f"    {one.title:<34} {one.rate(number):>7.0f} {share:>6.2f} {middle:>8.1f} {slow:>8.1f}")


def measured(all_: Sequence[Served], pair: Pair, calls: int) -> None:
    """Call all of them in turn, by each number of clients at once, after a window each that warms up."""
    for number in CLIENTS:
        for _ in range(WINDOWS + 1):
            for one in all_:
                window(one, pair, number, calls)
        for one in all_:
            del one.rates[number][0], one.seconds[number][:calls]


def held(floor_: Served, two: Served) -> bool:
    """Print what two workers answer of the floor's calls, and how slow the slowest is; return whether it is enough."""
    best = max(CLIENTS, key=two.rate)
    share, slow = two.rate(best) / floor_.rate(best), two.of_hundred(best, 99) / two.of_hundred(best, 50)
    print(
        f"\n2 workers: {share:.2f} of the empty reply (at least {LEAST}); "
        f"99 in a hundred {slow:.1f} medians (at most {SLOWEST:.0f})"
    )
    return share >= LEAST and slow <= SLOWEST


def main() -> int:
    """Print calls a second of each; returns 1 if two workers answer too few."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    pair = Pair(*new_pair(NAME))
    alone = {"module": "benchmarks.one_commit"}
    with ExitStack() as until:
        empty, two = (until.enter_context(one) for one in (floor(pair, 2), service(pair, 2)))
        others = (
            service(pair, 1),
            service(pair, 1, **alone),
            service(pair, 2, **alone),
            service(pair, 1, processes=2),
        )
        everything = [empty, two, *(until.enter_context(one) for one in others)]
        measured(everything, pair, calls)
        told(everything, CLIENTS)
    return int(not held(empty, two))


if __name__ == "__main__":
    sys.exit(main())
