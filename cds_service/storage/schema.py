"""The tables of a database: how old they are, and bringing them up to date, one process at a time."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect

from cds_service.database.locks import hold
from cds_service.database.transactions import reading, writing
from cds_service.storage.tables import METADATA

_LOCK = "migrations"


class SchemaError(Exception):
    """The tables are not ours, or of a newer release; the message says so, and what to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """At which migration a database stands (empty: no table yet), and those that are still to be run, oldest first."""

    at: str
    waiting: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether nothing is to be done."""
        return not self.waiting


def standing(engine: Engine) -> Standing:
    """Return at which migration a database stands; raises SchemaError, StoreError."""
    with reading(engine) as connection:
        return _standing(connection, _scripts())


def migrate(engine: Engine) -> None:
    """Bring the tables up to date: the first process does it, the others wait. Raises SchemaError, StoreError."""
    if standing(engine).is_current:
        return
    config = _config()
    with writing(engine) as connection:
        hold(connection, _LOCK)
        if not _standing(connection, _scripts()).is_current:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _standing(connection: Connection, scripts: ScriptDirectory) -> Standing:
    at = MigrationContext.configure(connection).get_current_revision() or ""
    if not at:
        _check_ours(connection)
    try:
        scripts.get_revision(at or "base")
    except CommandError:
        text = f"it stands at migration {at}, which this release does not know: it was written by a newer one"
        raise SchemaError(f"{text}. Start that release, or restore a backup from before its upgrade") from None
    waiting = [one.revision for one in scripts.iterate_revisions("head", at or "base")]
    return Standing(at, tuple(reversed(waiting)))


def _check_ours(connection: Connection) -> None:
    """Raise SchemaError for tables that bear our names and have no migrations: somebody else made them."""
    taken = sorted(set(inspect(connection).get_table_names()) & METADATA.tables.keys())
    if taken:
        text = f"it has tables of our names that this service did not make ({', '.join(taken)})"
        raise SchemaError(f"{text}. Give the service a database, or a schema, of its own")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("cds_service.storage").joinpath("migrations")))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
