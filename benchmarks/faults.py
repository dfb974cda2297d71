"""`make faults`: the service and its databases are killed, ended, paused, cut, parted and filled up, under load.

Every answer that was sent is noted by whoever got it. After each fault the database is asked: is every determination
there that was told, and every authorization; are there two for one member and policy; are the revisions in order.
After the number of rounds some faults can be named, instead of all.
"""

import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from benchmarks.disks import Disk, mounted
from benchmarks.disturbances import (
    Disturbance,
    Scene,
    cut,
    ended,
    filling,
    full,
    killed,
    log_full,
    parted,
    pause,
    paused,
    restarted,
)
from benchmarks.history import WRONG, History, faults_of
from benchmarks.networks import Network
from benchmarks.replicas import Replica, free_port, load
from cds_service.storage.engine import open_engine
from tests import databases

ROUNDS = 60
_SAFE = ("fsync", "full_page_writes", "synchronous_commit")
"""What tests switch off for speed, and a database that may be killed needs."""
_PATIENT_SECONDS = 300
"""How long the history may take to be read: a busy machine is no fault of the database."""
_NOT_FULL = "only root can mount a disk that is full: that is left out"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rounds there are of each fault, and of which by name; of all if none is named."""

    rounds: int
    chosen: frozenset[str] = frozenset()

    def of(self, *kinds: Disturbance) -> tuple[Disturbance, ...]:
        return tuple(one for one in kinds if not self.chosen or one.__name__ in self.chosen)


def tried(name: str, urls: tuple[str, str], scene: Scene, plan: Plan, *kinds: Disturbance) -> bool:
    """Run the rounds on one database, and print what came of them; `urls` are the services' way to it, and ours."""
    engine, random, history, worst = open_engine(urls[1], _PATIENT_SECONDS), Random(14), History(), Counter[str]()
    for one in scene.replicas:
        one.start()
    try:
        for one in scene.replicas:
            one.wait()
        for kind in plan.of(*kinds):
            before = Counter(history.counted)
            for count in range(plan.rounds):
                worst |= _round(scene, kind, random, history, count, engine)
            counted = dict(sorted((history.counted - before).items()))
            replicas = f"{len(scene.replicas)} replica(s)"
            print(f"{name:>10}, {replicas}, {kind.__name__:>9} x {plan.rounds}: {counted}", flush=True)
    finally:
        for one in scene.replicas:
            one.end(signal.SIGKILL)
        engine.dispose()
    shown = {one: worst[one] for one in WRONG}
    print(f"{name:>10}: {len(history.ids)} ids and {len(history.numbers)} numbers told; {shown}\n", flush=True)
    return not +worst


def _round(
    scene: Scene, kind: Disturbance, random: Random, history: History, count: int, engine: Engine
) -> Counter[str]:
    """Disturb once under load; returns what is wrong in the database after it."""
    with load(scene.replicas, history, count):
        pause(random)
        kind(scene, random)
        pause(random)
    for one in scene.replicas:
        one.wait()
    return faults_of(engine, history)


def _replicas(url: str, number: int) -> list[Replica]:
    return [Replica(url, free_port()) for _ in range(number)]


def on_sqlite(disk: Disk | None, plan: Plan) -> bool:
    """Try SQLite with one service, and with two on one file."""
    with tempfile.TemporaryDirectory() as folder:
        home = disk.folder if disk is not None else Path(folder)
        one, two = (f"sqlite:///{home / name}.sqlite" for name in ("one", "two"))
        filled = (full, filling) if disk is not None else ()
        held = tried("SQLite", (one, one), Scene(_replicas(one, 1), None, disk), plan, killed, ended, paused, *filled)
        return tried("SQLite", (two, two), Scene(_replicas(two, 2), None, disk), plan, killed, paused, *filled) and held


def on_postgresql(disk: Disk | None, log_disk: Disk | None, plan: Plan) -> bool:
    """Try PostgreSQL with two services, over a network that can be parted, its log on a disk of its own."""
    server = databases.cluster()
    if server is None:
        raise SystemExit("there is no PostgreSQL here: apt-get install postgresql")
    for one in _SAFE:
        server.ask(f"ALTER SYSTEM SET {one} = on")
    server.stop()
    server.start()
    if log_disk is not None:
        server.keep_log_in(log_disk.folder)
    network = Network(server.home / ".s.PGSQL.5432")
    network.start()
    try:
        url = server.new() if disk is None else server.new(server.tablespace(disk.folder))
        address = make_url(url).set(host="127.0.0.1", port=network.port, query={}).render_as_string(hide_password=False)
        filled = (full, filling, log_full) if log_disk is not None else ()
        kinds = (killed, ended, paused, restarted, cut, parted, *filled)
        return tried("PostgreSQL", (address, url), Scene(_replicas(address, 2), network, disk, log_disk), plan, *kinds)
    finally:
        network.end()


def main() -> None:
    plan = Plan(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, frozenset(sys.argv[2:]))
    with mounted() as disk, mounted() as log_disk:
        if disk is None:
            print(_NOT_FULL, flush=True)
        held = on_sqlite(disk, plan)
        with databases.on(databases.POSTGRESQL):
            try:
                held &= on_postgresql(disk, log_disk, plan)
            finally:
                databases.end()
    raise SystemExit(0 if held else "the history does not hold")


if __name__ == "__main__":
    main()
