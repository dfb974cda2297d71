"""What a call keeps, collected until its reply is known: then it is written, a prepared statement a row.

Until then nothing is written. What was added is written before anything is read that it may change, so that a call sees
its own rows.

Where the database has one writer a call is worked out as a draft, without being it: what it read is read again when it
begins to write, and if anything of it has changed the call begins anew. So nobody waits while a reply is rendered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from cds_service.chain.entries import ADDED, CHANGED, Seal
from cds_service.database.prepared import Prepared
from cds_service.database.transactions import StoreError
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place
from cds_service.encryption.tenant_keys import PAYER
from cds_service.storage import statements
from cds_service.storage.tables import CALLS


class ChangedError(StoreError):
    """What a draft has read was changed by another call: to be begun anew."""

    def __init__(self) -> None:
        super().__init__("what was read has changed", passing=True)


@dataclass(slots=True)
class Work:
    """The rows that a transaction of a tenant adds, and those of them that stand in the chain (`sealed`).

    Of a draft `begin` begins the transaction that writes; None where it has begun.
    """

    connection: Connection
    tenant: str
    begin: Callable[[], Connection] | None = None
    sealed: list[Seal] = field(default_factory=list)
    waiting: list[tuple[Prepared, dict[str, Any]]] = field(default_factory=list)
    _changed: set[str] = field(default_factory=set)
    _read: list[tuple[Prepared, Mapping[str, Any], list[Any]]] = field(default_factory=list)

    def first(self, statement: Prepared, sought: Mapping[str, Any]) -> Any | None:
        """Return the first row of a question to the database; None if there is none. Raises StoreError."""
        return next(iter(self.all(statement, sought)), None)

    def all(self, statement: Prepared, sought: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a question to the database; raises StoreError."""
        if not self._changed.isdisjoint(statement.tables):
            self.write()
        if self.begin is None:
            return statement.all(self.connection, sought)
        for before, asked, found in self._read:
            if before is statement and asked == sought:
                return found  # a draft reads one state of the database throughout
        found = statement.all(self.connection, sought)
        self._read.append((statement, sought, found))
        return found

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
        # Nothing is determined with it yet, so that it is in the answer to no question: nothing read is changed by it.
        self.waiting.append((statements.ADD_CALL, kept))

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

    def member_name(self, plain: str) -> str:
        """Return the hash of a member as it is kept, for all tenants; raises StoreError."""
        return payloads.fingerprint(self.connection, PAYER, plain)

    def begin_writing(self) -> Connection:
        """Return the connection of a transaction that may write; raises ChangedError, StoreError."""
        if self.begin is not None:
            begin, self.begin = self.begin, None
            self.connection = begin()
            if any(statement.all(self.connection, sought) != found for statement, sought, found in self._read):
                raise ChangedError
        return self.connection

    def write(self) -> None:
        """Write what is waiting; raises StoreError."""
        self.begin_writing()
        waiting, self.waiting = self.waiting, []
        self._changed.clear()
        for statement, row in waiting:
            statement.run(self.connection, row)
