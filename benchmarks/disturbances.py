"""What is done to services and databases under load: killed, ended, paused, cut, parted, out of disk."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from random import Random
from sqlite3 import connect
from time import sleep

import psycopg
from sqlalchemy import make_url

from benchmarks.disks import Disk
from benchmarks.networks import Lost, Network
from benchmarks.replicas import Replica
from tests import databases

_LONGEST_PAUSE_SECONDS = 2.5
_MOST_LEFT_BYTES = 1 << 16
_PARTS = 8
"""Of the log so many are begun: more than are kept ready."""
_LONGEST_PARTING_SECONDS = 4.0
"""Longer than a service that waits a second for its database waits for one that does not answer at all."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to be disturbed: services, and what lies between them and what they keep, and PostgreSQL's log."""

    replicas: list[Replica]
    network: Network | None
    disk: Disk | None
    log_disk: Disk | None = None


Disturbance = Callable[[Scene, Random], None]


def pause(random: Random, most: float = 0.6) -> None:
    """Wait for some time, `most` seconds at most."""
    sleep(random.uniform(0.05, most))


def killed(scene: Scene, random: Random) -> None:
    """Kill a service."""
    _again(random.choice(scene.replicas), signal.SIGKILL)


def ended(scene: Scene, random: Random) -> None:
    """Ask a service to end."""
    _again(random.choice(scene.replicas), signal.SIGTERM)


def _again(one: Replica, by: signal.Signals) -> None:
    one.end(by)
    one.start()
    one.wait()


def paused(scene: Scene, random: Random) -> None:
    """Pause one in the middle of whatever it does, longer than others wait for its locks."""
    one = random.choice(scene.replicas)
    one.send(signal.SIGSTOP)
    pause(random, _LONGEST_PAUSE_SECONDS)
    one.send(signal.SIGCONT)


def restarted(_scene: Scene, random: Random) -> None:
    """Stop PostgreSQL, at once or in order, and start it."""
    server = databases.cluster()
    assert server is not None
    server.stop(random.choice(("immediate", "fast")))
    pause(random)
    server.start()


def cut(_scene: Scene, _random: Random) -> None:
    """Have PostgreSQL end every connection of the services."""
    server = databases.cluster()
    assert server is not None
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cds-service'")


def parted(scene: Scene, random: Random) -> None:
    """Drop what services and PostgreSQL send each other, one way or both, and close nothing."""
    assert scene.network is not None
    with scene.network.parted(random.choice(list(Lost))):
        pause(random, _LONGEST_PARTING_SECONDS)


def full(scene: Scene, random: Random) -> None:
    """Leave no room on the disk."""
    assert scene.disk is not None
    with scene.disk.full():
        pause(random, _LONGEST_PAUSE_SECONDS)


def filling(scene: Scene, random: Random) -> None:
    """Leave little room, so that it ends in the middle of a write.

    On SQLite somebody reads all the while, so that its log (WAL) cannot be folded into the database and grows until
    there is no room.
    """
    assert scene.disk is not None
    with _read_throughout(scene.replicas[0].url), scene.disk.full(random.randrange(_MOST_LEFT_BYTES)):
        pause(random, _LONGEST_PAUSE_SECONDS)


def log_full(scene: Scene, random: Random) -> None:
    """Leave no room for PostgreSQL's log (WAL): it ends where it needs a new part of it, and is started afterwards."""
    server = databases.cluster()
    assert scene.log_disk is not None
    assert server is not None
    with scene.log_disk.full(), suppress(psycopg.OperationalError):
        for _ in range(_PARTS):
            server.ask("SELECT pg_switch_wal()")
            pause(random, _LONGEST_PAUSE_SECONDS / _PARTS)
    server.restart()


@contextmanager
def _read_throughout(url: str) -> Iterator[None]:
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database is None:
        yield
        return
    with closing(connect(address.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM calls").fetchone()
        yield
