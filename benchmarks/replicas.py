"""Services as their operator starts them, and the calls that load them."""

import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from subprocess import DEVNULL, Popen
from threading import Event, Thread
from time import monotonic, sleep, thread_time

from benchmarks.history import History
from cds_service.commands.demo import samples

SENDERS, PATIENTS, DOSES = 4, 5, 3
START_SECONDS, CALL_SECONDS = 300, 20
_WORK_SECONDS, _PAUSE_SECONDS = 0.005, 0.1
SIGN = "/cds-services/order-sign-crd"
MET = next(one.body for one in samples() if one.file.startswith("01"))
MARK, MEMBER = "alba-ficticia-01", "MEMBER-01-SYNTHETIC"

_PORTS = range(20000, 32000)


@dataclass(slots=True)
class Granted:
    """The seconds that went by, each as much as the machine let us work in it: what others hold up is no fault.

    `clock` tells seconds that never go back, `worked` those of the CPU that we had, and `pause` waits.
    """

    clock: Callable[[], float] = monotonic
    worked: Callable[[], float] = thread_time
    pause: Callable[[float], None] = sleep
    seconds: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Work for a moment, to see how long that takes here, and wait for a longer one."""
        begun, before = self.clock(), self.worked()
        while self.worked() - before < _WORK_SECONDS:
            pass
        share = min(1.0, _WORK_SECONDS / max(self.clock() - begun, _WORK_SECONDS))
        self.pause(_PAUSE_SECONDS)
        self.seconds += (self.clock() - begun) * share


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
        # A group of its own to be killed by, and no session: it has the priority that whoever measures was given.
        self.process = Popen(command, env=environment, process_group=0, stdout=DEVNULL, stderr=DEVNULL)

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
        """Wait until it is ready; raises SystemExit where it has ended, or is not ready though it had the time."""
        granted = Granted()
        while not self.is_ready():
            ended = self.process.poll() if self.process is not None else None
            if ended is not None:
                raise SystemExit(f"the replica on port {self.port} ended by itself, with {ended}")
            if granted.seconds > START_SECONDS:
                raise SystemExit(f"the replica on port {self.port} does not come up in {START_SECONDS} s of its own")
            granted.wait()


def asked(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def free_port() -> int:
    """Return a port below those that the system gives away by itself.

    A replica takes seconds to come up: one of theirs may be another's by then, who answers in its place and ends.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


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
