"""Transactions that read, and transactions that write; the faults of the database in one error for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from cds_service.database.sqlite import WRITERS, WRITES
from cds_service.database.writers import NoTurnError, TakenBackError, Writers
from cds_service.logs import LOG

READ_ONCE = "cds_service_read_once"
"""The execution option of a connection that holds what is read once in its transaction, and ends with it."""
_SERIALIZATION, _DEADLOCK = "40001", "40P01"
_SHUT_DOWN, _CRASHED, _STARTING, _CUT = "57P01", "57P02", "57P03", "08"
_PASSING = frozenset({_SERIALIZATION, _DEADLOCK, _SHUT_DOWN, _CRASHED, _STARTING})
_NO_SUCH_THING = "SQLITE_ERROR"
_LASTING = (ProgrammingError, DataError)
"""What a statement does to itself: a table or a right that is not there, a value that no column takes (PEP 249)."""


class StoreError(Exception):
    """The database failed: nothing of the transaction was kept. The message names the kind of the fault only.

    `passing`: the same again, at once, may well succeed; nobody has waited long yet. `lasting`: the same will never
    succeed, however long one waits.
    """

    def __init__(self, kind: str, *, passing: bool, lasting: bool = False) -> None:
        super().__init__(kind)
        self.passing = passing
        self.lasting = lasting


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that only reads; it takes no lock that a writer waits for. Raises StoreError."""
    with _as_store_errors(), engine.connect() as connection:
        yield connection.execution_options(**{READ_ONCE: {}})


def has_one_writer(engine: Engine) -> bool:
    """Whether a database lets in one writer at a time, so that everybody waits for whoever writes."""
    return WRITERS in engine.get_execution_options()


@contextmanager
def writing(engine: Engine, *, shares: bool = False) -> Iterator[Connection]:
    """Begin a transaction that writes, and commit it if it ends well; raises StoreError.

    `shares`: it is short, and may be committed together with others that wait, where the database has one writer.
    """
    writers: Writers | None = engine.get_execution_options().get(WRITERS)
    options: dict[str, object] = {WRITES: True, READ_ONCE: {}}
    with _as_store_errors():
        if writers is not None:
            with writers.transaction(engine, options, shares=shares) as connection:
                yield connection
            return
        with engine.connect() as connection, connection.execution_options(**options).begin():
            yield connection


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except NoTurnError:
        raise StoreError("no turn to write came in time", passing=False) from None
    except SQLAlchemyError as error:
        passing = is_passing(error)
        fields = {"error": type(error).__name__, "state": _state(error), "passing": passing}
        LOG.warning("the database failed", extra={"fields": fields})
        raise StoreError(type(error).__name__, passing=passing, lasting=_is_lasting(error)) from error


def _state(error: SQLAlchemyError) -> str:
    """Return the code of what happened, without its text, which can repeat a row: that of SQL, or SQLite's name."""
    original = getattr(error, "orig", None)
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def _is_lasting(error: SQLAlchemyError) -> bool:
    """Whether a statement fails by itself; SQLite's driver calls that what it calls a lock, but for its name."""
    return isinstance(error, _LASTING) or _state(error) == _NO_SUCH_THING


def is_passing(error: SQLAlchemyError) -> bool:
    """Whether the same transaction may succeed if it is tried again at once.

    Another was first with a row that can be there once; two waited for each other; the connection was cut; a shared
    transaction was taken back. A lock that
    was waited for in vain is none of these: the time for it is used up.
    """
    if isinstance(error, IntegrityError | TakenBackError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    is_lost = isinstance(error, OperationalError) and error.connection_invalidated
    return state in _PASSING or state.startswith(_CUT) or bool(is_lost and "in time" not in str(error.orig))
