"""Statements of a call, run on the driver's own connection: compiled once a database, and prepared by the driver.

SQLAlchemy writes them and knows the types of their columns; at a run it would take ten times as long as SQLite itself
(a SELECT by key: 25 us against 2.5). Its transactions, its pool and its errors stay: what a driver raises is raised as
SQLAlchemy would.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import Executable, Select, UpdateBase

from cds_service.database.driver_errors import as_sqlalchemy
from cds_service.database.transactions import READ_ONCE

_DRIVER = "driver"
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in the language of one database.

    `names` are those of its parameters, in their order where the driver takes them so; `fixed` are those with a value
    of their own. `binds` and `reads` convert what goes in and what comes out, by parameter and by column.
    """

    text: str
    names: tuple[str, ...]
    is_positional: bool
    fixed: Mapping[str, Any]
    binds: Mapping[str, Convert]
    row: type[Any]
    reads: tuple[tuple[str, Convert], ...]

    def bound(self, given: Mapping[str, Any]) -> Any:
        """Return parameters as the driver takes them; one that is not given is NULL, as an empty column is."""
        values = {**self.fixed, **given}
        for name, convert in self.binds.items():
            if values.get(name) is not None:
                values[name] = convert(values[name])
        if self.is_positional:
            return tuple(map(values.get, self.names))
        return dict(zip(self.names, map(values.get, self.names), strict=True))

    def read(self, found: Sequence[Any]) -> Any:
        """Return a row, its columns by name."""
        row = self.row._make(found)
        return (
            row._replace(**{name: convert(getattr(row, name)) for name, convert in self.reads}) if self.reads else row
        )


@dataclass(frozen=True)
class Prepared:
    """A statement of SQLAlchemy that runs on the driver's own connection, within a transaction of SQLAlchemy."""

    statement: Executable
    _made: dict[str, _Compiled] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def tables(self) -> frozenset[str]:
        """Return the names of the tables that it reads or writes."""
        written = {self.statement.table} if isinstance(self.statement, UpdateBase) else set()
        read = {one.table for one in visitors.iterate(self.statement) if isinstance(one, Column)}  # type: ignore[arg-type]
        return frozenset(one.name for one in written | read if isinstance(one, Table))

    def all(self, connection: Connection, given: Mapping[str, Any]) -> list[Any]:
        """Return all rows; raises what SQLAlchemy would."""
        made, cursor = self._run(connection, given)
        return list(map(made.read, cursor.fetchall()))

    def first(self, connection: Connection, given: Mapping[str, Any]) -> Any | None:
        """Return the first row; None if there is none. Raises what SQLAlchemy would."""
        made, cursor = self._run(connection, given)
        found = cursor.fetchone()
        return made.read(found) if found is not None else None

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Run it for each of some rows; raises what SQLAlchemy would."""
        for one in rows:
            self._run(connection, one)

    def _run(self, connection: Connection, given: Mapping[str, Any]) -> tuple[_Compiled, Any]:
        made = self._made.get(connection.dialect.name)
        if made is None:
            made = self._made[connection.dialect.name] = _compiled(self.statement, connection.dialect)
        try:
            return made, _driver_of(connection).execute(made.text, made.bound(given))
        except connection.dialect.loaded_dbapi.Error as error:
            raise as_sqlalchemy(connection, error) from error


def _driver_of(connection: Connection) -> Any:
    """Return the driver's own connection, in a transaction: looked up once in it, since that takes as long as a row."""
    once = connection.get_execution_options().get(READ_ONCE, {})
    if _DRIVER not in once:
        if not connection.in_transaction():
            connection.begin()
        once[_DRIVER] = connection.connection.driver_connection
    return once[_DRIVER]


def _compiled(statement: Executable, dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
    binds = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
    columns = list(statement.exported_columns) if isinstance(statement, Select | UpdateBase) else []
    names = [str(one.key) if getattr(one, "key", None) else f"c{place}" for place, one in enumerate(columns)]
    reads = zip(names, (one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns), strict=True)
    return _Compiled(
        text=compiled.string,
        names=tuple(compiled.positiontup if compiled.positional else compiled.binds),
        is_positional=compiled.positional,
        fixed={
            name: bind.value for name, bind in compiled.binds.items() if not bind.required and bind.value is not None
        },
        binds={name: convert for name, convert in binds.items() if convert is not None},
        row=namedtuple("Row", names),
        reads=tuple((name, convert) for name, convert in reads if convert is not None),
    )
