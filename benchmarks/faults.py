"""`make faults`: the service and its databases are killed, ended, paused and cut under load, and the history is held.

Every answer that was sent is noted by whoever got it. After each fault the database is asked: is every determination
there that was told, and every authorization; are there two for one holder and day; are the revisions of each in order.
"""

import json
import os
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from subprocess import DEVNULL, Popen
from threading import Event, Thread
from time import monotonic, sleep

from sqlalchemy import Engine, func, select

from cds_service.commands.demo import samples
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import AUTHORIZATIONS, DETERMINATIONS, REVISIONS
from fhir_mappings.coverage.coverage_information import EXTENSION
from tests import databases

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
SENDERS, PATIENTS, DOSES = 4, 5, 3
START_SECONDS, CALL_SECONDS = 300, 20
SIGN = "/cds-services/order-sign-crd"
MET = next(one.body for one in samples() if one.file.startswith("01"))
MARK, MEMBER = "alba-ficticia-01", "MEMBER-01-SYNTHETIC"
WRONG = (
    "told determinations lost",
    "told authorizations lost",
    "authorizations doubled",
    "determinations doubled",
    "revisions out of order",
)


@dataclass
class History:
    """What was told to those who called; `counted` says how their calls ended."""

    ids: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)

    def note(self, reply: bytes) -> None:
        (action,) = json.loads(reply)["systemActions"]
        (ours,) = [one["extension"] for one in action["resource"]["extension"] if one["url"] == EXTENSION]
        parts = {one["url"]: one.get("valueString") for one in ours}
        told = parts.get("coverage-assertion-id")
        self.counted["answered" if told else "technical"] += 1
        self.ids |= {told} if told else set()
        self.numbers |= {parts["satisfied-pa-id"]} if "satisfied-pa-id" in parts else set()


@dataclass
class Replica:
    """One service, as its operator starts it."""

    url: str
    port: int
    process: Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "CDS_DATABASE_URL": self.url,
            "CDS_AUTOMATIC_APPROVAL": "true",
            "CDS_DATABASE_SECONDS": "1",
            "CDS_TODAY": "2026-11-25",
        }
        command = [sys.executable, "-m", "cds_service", "serve", "--port", str(self.port)]
        self.process = Popen(command, env=environment, start_new_session=True, stdout=DEVNULL, stderr=DEVNULL)

    def send(self, what: signal.Signals) -> None:
        """Send a signal to every process of the replica."""
        assert self.process is not None
        os.killpg(self.process.pid, what)

    def end(self, what: signal.Signals) -> None:
        assert self.process is not None
        self.send(what)
        self.process.wait()
        with suppress(ProcessLookupError):  # what it left behind
            self.send(signal.SIGKILL)

    def is_ready(self) -> bool:
        try:
            return asked(self.port, "GET", "/health/ready", b"")[0] == 200
        except (OSError, HTTPException):
            return False

    def wait(self) -> None:
        until = monotonic() + START_SECONDS
        while not self.is_ready():
            if monotonic() > until:
                raise SystemExit(f"the replica on port {self.port} does not come up")
            sleep(0.1)


def asked(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def about(patient: str) -> bytes:
    """Return the call about a patient, who is a member of that number."""
    return MET.decode().replace(MARK, patient).replace(MEMBER, patient).encode()


def _call(random: Random) -> bytes:
    """Return a call about one of a few patients, with one of a few doses: many ask about the same."""
    call = json.loads(about(f"patient-{random.randrange(PATIENTS)}"))
    dose = [{"text": f"dose {random.randrange(DOSES)}"}]
    call["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"] = dose
    return json.dumps(call).encode()


@contextmanager
def load(replicas: list[Replica], history: History, seed: int) -> Iterator[None]:
    """Have several senders call the replicas in turn until the end."""
    ended = Event()

    def calling(number: int) -> None:
        random = Random(seed * SENDERS + number)
        while not ended.is_set():
            try:
                status, reply = asked(random.choice(replicas).port, "POST", SIGN, _call(random))
            except (OSError, HTTPException):
                history.counted["not reached"] += 1
                sleep(0.02)
                continue
            if status == 200:
                history.note(reply)
            else:
                history.counted[f"HTTP {status}"] += 1

    senders = [Thread(target=calling, args=(number,)) for number in range(SENDERS)]
    for one in senders:
        one.start()
    try:
        yield
    finally:
        ended.set()
        for one in senders:
            one.join()


def _pause(random: Random, most: float = 0.6) -> None:
    sleep(random.uniform(0.05, most))


def killed(replicas: list[Replica], random: Random) -> None:
    one = random.choice(replicas)
    one.end(signal.SIGKILL)
    one.start()
    one.wait()


def ended(replicas: list[Replica], random: Random) -> None:
    one = random.choice(replicas)
    one.end(signal.SIGTERM)
    one.start()
    one.wait()


def paused(replicas: list[Replica], random: Random) -> None:
    """Pause one in the middle of whatever it does, longer than others wait for its locks."""
    one = random.choice(replicas)
    one.send(signal.SIGSTOP)
    _pause(random, 2.5)
    one.send(signal.SIGCONT)


def restarted(_replicas: list[Replica], random: Random) -> None:
    server = databases.cluster()
    assert server is not None
    server.stop(random.choice(("immediate", "fast")))
    _pause(random)
    server.start()


def cut(_replicas: list[Replica], _random: Random) -> None:
    server = databases.cluster()
    assert server is not None
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cds-service'")


def faults_of(engine: Engine, history: History) -> Counter[str]:
    """Hold the history against the database."""
    with engine.connect() as connection:
        ids = set(connection.execute(select(REVISIONS.c.determination)).scalars())
        keys = connection.execute(select(func.count(), func.count(DETERMINATIONS.c.key.distinct()))).one()
        numbers = connection.execute(select(AUTHORIZATIONS)).all()
        revisions = connection.execute(select(REVISIONS.c.determination, REVISIONS.c.number)).all()
    holders = Counter((one.member, one.policy) for one in numbers)
    found: dict[str, list[int]] = {}
    for one in revisions:
        found.setdefault(one.determination, []).append(one.number)
    return Counter(
        {
            "told determinations lost": len(history.ids - ids),
            "told authorizations lost": len(history.numbers - {one.number for one in numbers}),
            "authorizations doubled": sum(times - 1 for times in holders.values()),
            "determinations doubled": keys[0] - keys[1],
            "revisions out of order": sum(sorted(all_) != list(range(1, len(all_) + 1)) for all_ in found.values()),
        }
    )


def tried(name: str, url: str, number: int, kinds: tuple[Callable[[list[Replica], Random], None], ...]) -> bool:
    """Run the rounds on one database, and print what came of them."""
    replicas = [Replica(url, free_port()) for _ in range(number)]
    engine, random, history, worst = open_engine(url, 30), Random(14), History(), Counter[str]()
    for one in replicas:
        one.start()
    for one in replicas:
        one.wait()
    try:
        for kind in kinds:
            before = Counter(history.counted)
            for count in range(ROUNDS):
                with load(replicas, history, count):
                    _pause(random)
                    kind(replicas, random)
                    _pause(random)
                for one in replicas:
                    one.wait()
                worst |= faults_of(engine, history)
            counted = dict(sorted((history.counted - before).items()))
            print(f"{name:>10}, {number} replica(s), {kind.__name__:>9} x {ROUNDS}: {counted}", flush=True)
    finally:
        for one in replicas:
            one.end(signal.SIGKILL)
        engine.dispose()
    shown = {one: worst[one] for one in WRONG}
    print(f"{name:>10}: {len(history.ids)} ids and {len(history.numbers)} numbers told; {shown}\n", flush=True)
    return not +worst


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        held = tried("SQLite", f"sqlite:///{Path(folder) / 'x.sqlite'}", 1, (killed, ended, paused))
        held &= tried("SQLite", f"sqlite:///{Path(folder) / 'y.sqlite'}", 2, (killed, paused))
    with databases.on(databases.POSTGRESQL):
        server = databases.cluster()
        if server is None:
            raise SystemExit("there is no PostgreSQL here: apt-get install postgresql")
        try:
            for one in ("fsync", "full_page_writes", "synchronous_commit"):
                server.ask(f"ALTER SYSTEM SET {one} = on")
            server.stop()
            server.start()
            held &= tried("PostgreSQL", server.new(), 2, (killed, ended, paused, restarted, cut))
        finally:
            databases.end()
    raise SystemExit(0 if held else "the history does not hold")


if __name__ == "__main__":
    main()
