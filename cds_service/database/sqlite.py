"""SQLite: what is set on a connection, who may read the file, and who begins a transaction how.

A transaction that writes takes the write lock at once, so that two calls never both read before one of them writes; one
that only reads never takes it. A commit is on the disk before it is answered (`synchronous=FULL`).
"""

import os
from pathlib import Path
from sqlite3 import Error, OperationalError
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from cds_service.database.driver_errors import as_sqlalchemy
from cds_service.database.writers import Writers

WRITES = "cds_service_writes"
"""The execution option of a connection whose transaction writes."""
WRITERS = "cds_service_writers"
"""The execution option of an engine that holds its writers, where the database lets in one at a time."""
_PAUSE_SECONDS = 0.02
_OWNER_ONLY = 0o600
_FOR_OTHERS = 0o077
_MEMORY = frozenset({None, "", ":memory:"})
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def sqlite_engine(url: URL, seconds: float) -> Engine:
    """Return an engine on a SQLite database; `seconds` is how long a transaction waits for the lock of another."""
    engine = _in_memory(url) if is_in_memory(url) else _on_file(url, seconds)
    milliseconds = round(seconds * 1000)

    def set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun by us, not by the driver: savepoints hold then
        for pragma in (f"busy_timeout={milliseconds}", *_PRAGMAS):
            _patiently(connection, f"PRAGMA {pragma}", seconds)

    engine.update_execution_options(**{WRITERS: Writers(seconds)})
    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _patiently(connection: Any, pragma: str, seconds: float) -> None:
    """Run a pragma; while others open a new file at the same time SQLite refuses its journal mode without waiting."""
    until = monotonic() + seconds
    while True:
        try:
            connection.execute(pragma).close()
        except OperationalError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return


def is_in_memory(url: URL) -> bool:
    """Whether a database lives in memory, and ends with its connection."""
    return url.database in _MEMORY


def file_of(url: URL) -> Path | None:
    """Return the file of a database; None where it is none of SQLite, lives in memory, or is named by a URI."""
    if url.get_backend_name() != "sqlite" or is_in_memory(url) or "uri" in url.query:
        return None
    return Path(str(url.database))


def _in_memory(url: URL) -> Engine:
    """Return an engine on a database that lives in its one connection: calls take turns, and none shares it."""
    return create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )


def _on_file(url: URL, seconds: float) -> Engine:
    path = file_of(url)
    if path is not None:
        _keep_private(path)
    return create_engine(url, pool_timeout=max(seconds, 1), max_overflow=50)


def _keep_private(path: Path) -> None:
    """Make the file one that its owner alone can read; what SQLite lays beside it (-wal, -shm) takes over its mode.

    A file of another owner is left as it is: who may open it was decided by somebody else.
    """
    if not path.exists():
        if path.parent.is_dir():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        return
    for one in (path, *(path.with_name(path.name + beside) for beside in ("-wal", "-shm"))):
        if one.exists() and one.stat().st_uid == os.geteuid() and one.stat().st_mode & _FOR_OTHERS:
            one.chmod(_OWNER_ONLY)


def _begin(connection: Any) -> None:
    """Begin on the driver's own connection: every call begins three, and SQLAlchemy would take longer than SQLite."""
    writes = connection.get_execution_options().get(WRITES, False)
    try:
        connection.connection.driver_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except Error as error:
        raise as_sqlalchemy(connection, error) from error
