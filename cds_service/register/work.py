"""What a call keeps, collected until its reply is known: then it is written, a prepared statement a row.

Until then the transaction reads only. What was added is written before anything is read that it may change, so that a
call sees its own rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from cds_service.chain.entries import ADDED, CHANGED, Seal
from cds_service.database.prepared import Prepared
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place
from cds_service.storage import statements
from cds_service.storage.tables import CALLS


@dataclass(slots=True)
class Work:
    """The rows that a transaction of a tenant adds, and those of them that stand in the chain (`sealed`)."""

    connection: Connection
    tenant: str
    sealed: list[Seal] = field(default_factory=list)
    waiting: list[tuple[Prepared, dict[str, Any]]] = field(default_factory=list)
    _changed: set[str] = field(default_factory=set)

    def first(self, statement: Prepared, sought: Mapping[str, Any]) -> Any | None:
        """Return the first row of a question to the database; None if there is none. Raises StoreError."""
        if not self._changed.isdisjoint(statement.tables):
            self.write()
        return statement.first(self.connection, sought)

    def all(self, statement: Prepared, sought: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a question to the database; raises StoreError."""
        if not self._changed.isdisjoint(statement.tables):
            self.write()
        return statement.all(self.connection, sought)

    def add(self, statement: Prepared, *rows: dict[str, Any]) -> None:
        """Add rows, in order: a row comes after those that it refers to."""
        for one in rows:
            self.waiting.append((statement, one))
            self._changed |= statement.tables

    def add_sealed(self, table: Table, row: dict[str, Any]) -> None:
        """Add a row that stands in the chain; its entry is written when the transaction ends."""
        self.add(statements.ADDING[table.name], row)
        self.sealed.append(Seal(ADDED, table, row))

    def change_sealed(self, statement: Prepared, given: dict[str, Any], table: Table, row: Mapping[str, Any]) -> None:
        """Change a row that stands in the chain, by a statement with parameters; `row` is the row after it."""
        self.add(statement, given)
        self.sealed.append(Seal(CHANGED, table, row))

    def begin_call(self, row: dict[str, Any]) -> None:
        """Keep a call; its reply is not known yet, and its body is compressed."""
        kept = row | {"request": self.seal(Place(CALLS, "request", row["id"]), row["request"]), "reply": b""}
        self.add(statements.ADD_CALL, kept)

    def end_call(self, call: str, reply: bytes) -> None:
        """Keep the reply of a call, with the call itself if that is still waiting."""
        sealed = self.seal(Place(CALLS, "reply", call), payloads.packed(reply))
        for statement, row in self.waiting:
            if statement is statements.ADD_CALL:
                row["reply"] = sealed
                return
        self.add(statements.ADD_REPLY, {"of_call": call, "reply": sealed})

    def seal(self, place: Place, compressed: bytes) -> bytes:
        """Return what is compressed as it is kept in its place; raises StoreError."""
        return payloads.sealed(self.connection, place, self.tenant, compressed)

    def fingerprint(self, plain: str) -> str:
        """Return the hash of what is said, as it is kept for the tenant; raises StoreError."""
        return payloads.fingerprint(self.connection, self.tenant, plain)

    def write(self) -> None:
        """Write what is waiting; raises StoreError."""
        waiting, self.waiting = self.waiting, []
        self._changed.clear()
        for statement, row in waiting:
            statement.run(self.connection, row)
