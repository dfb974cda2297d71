"""The database: SQLite unless another URL is set, or PostgreSQL; brought up to date before it is used."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cds_service.database.sqlite import is_in_memory, sqlite_engine
from cds_service.database.transactions import StoreError
from cds_service.storage.schema import SchemaError, Standing, migrate, standing

MEMORY = "sqlite://"
SECONDS = 2.0
"""How long a call waits for the database unless it is set: for a connection, a lock and a statement each."""
_UPGRADE_SECONDS = 600.0
"""How long one process waits for another that brings the tables up to date, or a step of that may take."""


def _on_postgresql(url: URL, seconds: float) -> Engine:
    """Return an engine on PostgreSQL; its driver is loaded where it is used only, since that takes a while."""
    from cds_service.database.postgresql import postgresql_engine  # noqa: PLC0415

    return postgresql_engine(url, seconds)


_MAKERS: Mapping[str, Callable[[URL, float], Engine]] = MappingProxyType(
    {"sqlite": sqlite_engine, "postgresql": _on_postgresql, "postgres": _on_postgresql}
)


class StorageError(Exception):
    """The database cannot be used as it is set up; the message says why, without its password."""


def open_engine(url: str, seconds: float = SECONDS) -> Engine:
    """Return an engine with the newest tables; `seconds` limits every wait for it. Raises StorageError."""
    read = _read(url)
    engine = _engine(read, seconds)
    with _in_words(read):
        if is_in_memory(read):
            migrate(engine)
        elif not standing(engine).is_current:
            _upgrade(read)
    return engine


def upgrade(url: str) -> Standing:
    """Bring the tables of a database up to date; returns at which migration it stood. Raises StorageError."""
    before = status(url)
    read = _read(url)
    with _in_words(read):
        _upgrade(read)
    return before


def status(url: str) -> Standing:
    """Return at which migration a database stands, and change nothing; raises StorageError."""
    read = _read(url)
    engine = _engine(read, SECONDS)
    try:
        with _in_words(read):
            return standing(engine)
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """Return a URL without its password; raises StorageError."""
    return _read(url).render_as_string(hide_password=True)


def _upgrade(url: URL) -> None:
    engine = _engine(url, _UPGRADE_SECONDS)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def _read(url: str) -> URL:
    try:
        read = make_url(url)
    except ArgumentError:
        raise StorageError("setting database_url: this is no database URL") from None
    if read.get_backend_name() not in _MAKERS:
        text = f"setting database_url: a database of the kind '{read.get_backend_name()}' is not known here"
        raise StorageError(f"{text}; write sqlite:///FILE or postgresql://USER@HOST/NAME")
    return read


def _engine(url: URL, seconds: float) -> Engine:
    with _in_words(url):
        return _MAKERS[url.get_backend_name()](url, seconds)


@contextmanager
def _in_words(url: URL) -> Iterator[None]:
    """Raise StorageError, with the database and what is wrong with it, for whatever it fails on."""
    name = url.render_as_string(hide_password=True)
    try:
        yield
    except SchemaError as error:
        raise StorageError(f"the database {name} cannot be used: {error}") from None
    except (SQLAlchemyError, StoreError) as error:
        raise StorageError(f"the database {name} cannot be used: {_cause(error)}") from error
    except OSError as error:
        raise StorageError(f"the database {name} cannot be used: {error.strerror}") from None


def _cause(error: Exception) -> str:
    """Return what the driver said, in one line: it is about the database, and never about a patient at a start."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    words = str(getattr(cause, "orig", None) or cause).strip()
    return words.splitlines()[0] if words else type(error).__name__
