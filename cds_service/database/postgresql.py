"""PostgreSQL: its driver, and how long anything may take there.

The server ends a statement, a wait for a lock, and a transaction in which nothing happens any more. A server that does
not answer at all (paused, cut off) is given up by the driver itself, and its connection is closed.
"""

from math import ceil
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

_DRIVER = "postgresql+psycopg"
_IDLE_TIMES = 10
"""How many times as long as a statement a transaction may do nothing: who is paused in one lets its locks go then."""
_POOL = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for its server no longer than `patience_seconds`; None waits for ever."""

    patience_seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; raises OperationalError, and closes the connection, if it does not answer in time."""
        try:
            return super().wait(gen, interval, timeout if timeout is not None else self.patience_seconds)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not answer in time") from None

    def __del__(self, *_: object) -> None:
        """Close without a word: a pool holds it, so that it may well end with the process."""
        if hasattr(self, "pgconn"):
            self.pgconn.finish()


def postgresql_engine(url: URL, seconds: float, *, only_reads: bool = False) -> Engine:
    """Return an engine on a PostgreSQL database; `seconds` limits a connection, a lock and a statement each."""
    milliseconds = round(seconds * 1000)
    limits: dict[str, int | str] = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds * _IDLE_TIMES,
    }
    if only_reads:
        limits["default_transaction_read_only"] = "on"
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    arguments = {"options": options, "connect_timeout": ceil(seconds), "application_name": "cds-service"}
    engine = create_engine(with_driver(url), pool_timeout=seconds, connect_args=arguments, **_POOL)

    def connect(_dialect: object, _record: object, args: list[Any], named: dict[str, Any]) -> PatientConnection:
        connection = PatientConnection.connect(*args, **named)
        # A second more than the server allows itself: its own word, which says what it waited for, comes first.
        connection.patience_seconds = seconds + 1
        return connection

    event.listen(engine, "do_connect", connect)
    return engine


def with_driver(url: URL) -> URL:
    """Return an address with the driver that comes with this service."""
    return url.set(drivername=_DRIVER)
