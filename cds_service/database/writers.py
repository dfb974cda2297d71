"""The writers of a database that lets in one at a time (SQLite): in order, and several in one commit.

A commit waits for the disk, and nobody else writes until it ends. So a call that has written leaves the transaction
open for the next one, if that waits already and shares too, and waits itself; the last one commits for all. None is
answered before: what was reported is on the disk as if each had committed by itself.

An error of the database takes all of a transaction back, and the others begin anew. Any other error takes back what its
own call wrote. Another process's lock is waited for by SQLite.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

_MOST = 16
"""How many calls share a commit at most: the first one waits for the last."""
_MARK, _BACK = "SAVEPOINT one_call", "ROLLBACK TO one_call"


class NoTurnError(Exception):
    """The turn to write did not come in time."""


class TakenBackError(SQLAlchemyError):
    """The transaction that a call shared was taken back; the same again, at once, may well succeed."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One who waits for the turn, and whether a transaction of others will do."""

    shares: bool
    called: Event = field(default_factory=Event)


@dataclass(slots=True, eq=False)
class _Open:
    """An open transaction: how many calls have written in it, and how it ended."""

    connection: Connection
    calls: int = 1
    is_kept: bool = False
    ended: Event = field(default_factory=Event)

    def check(self) -> None:
        """Raise TakenBackError if the database has ended the transaction by itself, as SQLite does where it must."""
        driver = self.connection.connection.driver_connection
        if driver is None or not driver.in_transaction:
            raise TakenBackError("the database ended the transaction by itself")

    def close(self) -> None:
        """Let the connection go, and take back what was not committed; one that does not is not used again."""
        driver: Any = self.connection.connection.driver_connection
        if not self.is_kept and driver is not None and driver.in_transaction:
            # After a commit that failed SQLAlchemy takes the transaction for ended.
            try:
                driver.rollback()
            except self.connection.dialect.loaded_dbapi.Error as error:
                self.connection.invalidate(error)
        self.connection.close()

    def take_back_last(self) -> None:
        """Take back what the last call wrote; raises SQLAlchemyError if that cannot be done."""
        self.check()
        self.connection.exec_driver_sql(_BACK)


@dataclass(slots=True)
class Writers:
    """The threads of a process that write; `seconds` is how long one waits for its turn."""

    seconds: float
    _mutex: Lock = field(default_factory=Lock)
    _queue: deque[_Waiting] = field(default_factory=deque)
    _is_busy: bool = False
    _left_open: _Open | None = None

    @contextmanager
    def transaction(self, engine: Engine, options: dict[str, object], *, shares: bool) -> Iterator[Connection]:
        """Begin a transaction, or go on in that of others where this one shares; it ends well, or keeps nothing.

        `options` are those of the connection. Raises NoTurnError, SQLAlchemyError.
        """
        self._take_turn(shares=shares)
        entered: _Open | None = None
        try:
            entered = self._entered(engine, options)
            yield entered.connection
            entered.check()
        except BaseException as error:
            # Whatever ends a call, an end of the process too, gives the turn on: else the others would wait for ever.
            self._failed(entered, error)
            raise
        if not (shares and self._is_left_to_next(entered)):
            self._end(entered)
            return
        entered.ended.wait()
        if not entered.is_kept:
            raise TakenBackError("the transaction was taken back by another call's fault")

    def _take_turn(self, *, shares: bool) -> None:
        with self._mutex:
            if not self._is_busy:
                self._is_busy = True
                return
            waiting = _Waiting(shares)
            self._queue.append(waiting)
        if waiting.called.wait(self.seconds):
            return
        with self._mutex:
            # Who was called at the last moment has the turn, and perhaps a transaction to end.
            if not waiting.called.is_set():
                self._queue.remove(waiting)
                raise NoTurnError

    def _give_turn(self) -> None:
        with self._mutex:
            self._left_open = None
            if self._queue:
                self._queue.popleft().called.set()
            else:
                self._is_busy = False

    def _entered(self, engine: Engine, options: dict[str, object]) -> _Open:
        """Return the transaction that was left open, marked where this call begins; else a new one."""
        found = self._left_open
        if found is None:
            connection = engine.connect()
            try:
                connection.execution_options(**options).begin()
            except BaseException:
                # Nobody else knows the connection yet: whatever comes in between, it goes back to its pool.
                connection.close()
                raise
            return _Open(connection)
        found.check()
        found.connection.execution_options(**options).exec_driver_sql(_MARK)
        return found

    def _is_left_to_next(self, entered: _Open) -> bool:
        """Whether the next one that waits goes on in the transaction; then it has the turn."""
        with self._mutex:
            if not self._queue or not self._queue[0].shares or entered.calls >= _MOST:
                return False
            entered.calls += 1
            self._left_open = entered
            self._queue.popleft().called.set()
            return True

    def _failed(self, entered: _Open | None, error: BaseException) -> None:
        """Take back what a call wrote; of the database's own errors nobody knows what they left of the others'."""
        if entered is None:
            # Not even begun; what others left open cannot be gone on with.
            self._drop(self._left_open) if self._left_open is not None else self._give_turn()
            return
        if entered.calls > 1 and not isinstance(error, SQLAlchemyError):
            with suppress(SQLAlchemyError):
                entered.take_back_last()
                if not self._is_left_to_next(entered):
                    self._end(entered)
                return
        self._drop(entered)

    def _end(self, entered: _Open) -> None:
        """Commit for all, and let the next one write; raises SQLAlchemyError."""
        try:
            entered.connection.commit()
            entered.is_kept = True
        finally:
            self._drop(entered)

    def _drop(self, entered: _Open) -> None:
        """Close the connection, which takes back what was not committed; whoever shared it learns how it ended."""
        if entered.ended.is_set():
            return
        try:
            entered.close()
        finally:
            entered.ended.set()
            self._give_turn()
