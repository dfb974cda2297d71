"""The databases that tests run on: SQLite in memory or in a file, and a PostgreSQL of their own.

PostgreSQL is started once a session, in a folder that goes with it, on a socket only; each test gets a database of its
own, copied from one that has all tables. Where its programs are not installed those tests are skipped, unless
DATABASE_TESTS=required says that they must run.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from cds_service.storage.engine import open_engine
from tests import leftovers
from tests.world import migrated, store

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
_PLACES = "/usr/lib/postgresql/*/bin"
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "max_connections=200")
_IN_ITS_FOLDER = "dynamic_shared_memory_type=mmap"
"""Memory that several processes share lies in the server's folder, and goes with it if the server is killed."""
_LONGEST_START_SECONDS = "600"
"""A busy machine starts it late; one that cannot start says so at once."""
_TEMPLATE = "cds_template"
_USER = "cds"
ROOT = 0


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest; None if they are not installed."""
    found = sorted(Path("/").glob(_PLACES.lstrip("/")), key=lambda one: int(one.parent.name))
    if found:
        return found[-1]
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def is_required() -> bool:
    return os.environ.get("DATABASE_TESTS", "") == "required"


@dataclass
class Cluster:
    """A PostgreSQL server of this session; its folder is its socket's too."""

    bin: Path
    home: Path
    numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    def started(cls, bin_: Path, *settings: str) -> "Cluster":
        home = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX, dir=_fast_folder()))
        leftovers.own(home)
        leftovers.remove_leftovers(home.parent, bin_ / "pg_ctl")
        cluster = cls(bin_, home)
        if os.geteuid() == ROOT:
            shutil.chown(home, "postgres")
        cluster.run(
            "initdb", "-D", str(cluster.data), "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        with (cluster.data / "postgresql.conf").open("a") as conf:
            for one in (
                *(settings or _FAST),
                _IN_ITS_FOLDER,
                "listen_addresses=''",
                f"unix_socket_directories='{home}'",
            ):
                conf.write(f"{one}\n")
        cluster.start()
        cluster.ask(f"CREATE DATABASE {_TEMPLATE}")
        open_engine(cluster.url(_TEMPLATE)).dispose()
        return cluster

    @property
    def data(self) -> Path:
        return self.home / "data"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs; PostgreSQL refuses to be root."""
        command = [str(self.bin / program), *arguments]
        if os.geteuid() == ROOT:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        self.run(
            "pg_ctl", "-D", str(self.data), "-l", str(self.home / "log"), "-t", _LONGEST_START_SECONDS, "-w", "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def restart(self) -> None:
        """Have it run, whether it runs, hangs or has ended."""
        with suppress(subprocess.CalledProcessError):
            self.stop()
        self.start()

    def keep_log_in(self, folder: Path) -> None:
        """Put its log (WAL) into another folder, on a disk of its own."""
        self.stop("fast")
        log = self.data / "pg_wal"
        shutil.move(log, folder / "pg_wal")
        if os.geteuid() == ROOT:
            for one in ((folder / "pg_wal"), *(folder / "pg_wal").rglob("*")):
                shutil.chown(one, "postgres")
        log.symlink_to(folder / "pg_wal")
        self.start()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://{_USER}@/{database}?host={self.home}"

    def ask(self, statement: str) -> None:
        with psycopg.connect(f"host={self.home} user={_USER} dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def new(self, tablespace: str = "pg_default") -> str:
        """Make a database that has all tables; return its URL."""
        name = f"cds_{os.getpid()}_{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY TABLESPACE {tablespace}")
        return self.url(name)

    def tablespace(self, folder: Path) -> str:
        """Make a tablespace in a folder; return its name."""
        name, home = f"space_{next(self.numbers)}", folder / "tablespace"
        home.mkdir()
        if os.geteuid() == ROOT:
            shutil.chown(home, "postgres")
        self.ask(f"CREATE TABLESPACE {name} LOCATION '{home}'")
        return name


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@cache
def cluster() -> Cluster | None:
    """Return the server of this session, started when it is first asked for; None if there is none to start."""
    found = programs()
    return Cluster.started(found) if found is not None else None


def end() -> None:
    """Stop the server, if it was started."""
    while _NOW.staying:
        _NOW.staying.pop().dispose()
    if cluster.cache_info().currsize:
        running = cluster()
        if running is not None:
            running.remove()


@dataclass
class _Kind:
    """On which database the test that runs is to run, and the engines that it opened."""

    name: str = SQLITE
    opened: list[Engine] = field(default_factory=list)
    staying: list[Engine] = field(default_factory=list)


_NOW = _Kind()


@contextmanager
def on(kind: str) -> Iterator[None]:
    """Let tests run on a kind of database; their engines are closed at the end."""
    before, _NOW.name = _NOW.name, kind
    try:
        yield
    finally:
        _NOW.name = before


def close() -> None:
    """Close the engines that tests opened, so that no connection outlives its test."""
    while _NOW.opened:
        _NOW.opened.pop().dispose()


def kind() -> str:
    return _NOW.name


def new_url(folder: Path, name: str = "x") -> str:
    """Return the URL of a database that has all tables and nothing in them, in a file of a folder or on the server."""
    return new_file(folder / f"{name}.sqlite") if _NOW.name == SQLITE else _server().new()


def new_file(path: Path) -> str:
    """Write a SQLite database that has all tables and nothing in them; return its URL."""
    path.write_bytes(migrated())
    return f"sqlite:///{path}"


def empty(folder: Path) -> str:
    """Return the URL of a database that has no table, in a file of a folder or on the server."""
    if _NOW.name == SQLITE:
        return f"sqlite:///{folder / 'empty.sqlite'}"
    server = _server()
    name = f"empty_{os.getpid()}_{next(server.numbers)}"
    server.ask(f"CREATE DATABASE {name}")
    return server.url(name)


def new_engine(*, stays: bool = False) -> Engine:
    """Return an engine on an empty database: in memory, or on the server; `stays` keeps it beyond the test."""
    engine = store() if _NOW.name == SQLITE else open_engine(_server().new())
    if _NOW.name != SQLITE:
        (_NOW.staying if stays else _NOW.opened).append(engine)
    return engine


def _server() -> Cluster:
    found = cluster()
    assert found is not None, "there is no PostgreSQL here: apt-get install postgresql"
    return found
