"""The database: SQLite with a write-ahead log unless another URL is set, brought up to date before it is used."""

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

MEMORY = "sqlite://"


class StorageError(Exception):
    """The database cannot be used as it is set up; the message says why, without its password."""


def open_engine(url: str) -> Engine:
    """Return an engine with the newest tables; raises StorageError."""
    try:
        engine = _engine(url)
        migrate(engine)
    except ArgumentError:
        raise StorageError("setting database_url: this is no database URL") from None
    except SQLAlchemyError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        raise StorageError(f"the database {shown} cannot be used: {type(error).__name__}") from error
    return engine


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = _in_memory(url) if make_url(url).database in {None, "", ":memory:"} else create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _in_memory(url: str) -> Engine:
    """Return an engine on a database that lives in its one connection: calls take turns, and none shares it."""
    return create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Let readers and one writer work side by side; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediately(connection: Any) -> None:
    """Take the write lock at once, so that two calls never both read before one of them writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date."""
    config = Config()
    config.set_main_option("script_location", str(files("cds_service.storage").joinpath("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
