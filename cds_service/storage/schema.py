"""The tables of a database: how old they are, and bringing them up to date, one process at a time."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, inspect, select, table

from cds_service.database.locks import hold
from cds_service.database.transactions import reading, writing
from cds_service.storage.tables import METADATA

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_LOCK = "migrations"
_MIGRATIONS = Path(str(files("cds_service.storage").joinpath("migrations")))
_VERSION = table("alembic_version", column("version_num"))
"""Where Alembic keeps at which migration a database stands."""


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
    """Return at which migration a database stands; raises SchemaError, StoreError.

    Alembic is loaded only where there is something to do: it takes as long as the policies.
    """
    with reading(engine) as connection:
        is_made = inspect(connection).has_table(_VERSION.name)
        at = connection.execute(select(_VERSION.c.version_num)).scalars().all() if is_made else []
        return Standing(_newest(), ()) if at == [_newest()] else _standing(connection, _scripts())


def migrate(engine: Engine) -> None:
    """Bring the tables up to date: the first process does it, the others wait. Raises SchemaError, StoreError."""
    if standing(engine).is_current:
        return
    from alembic import command  # noqa: PLC0415

    config = _config()
    with writing(engine) as connection:
        hold(connection, _LOCK)
        if not _standing(connection, _scripts()).is_current:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@cache
def _newest() -> str:
    """Return the newest migration of this release, by the names of their files."""
    return max(file.name[1:5] for file in _MIGRATIONS.glob("versions/m[0-9]*.py"))


def _standing(connection: Connection, scripts: "ScriptDirectory") -> Standing:
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

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


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@cache
def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())
