"""Noting reads: a line in the log at once, a row in the database soon after, by a thread of its own.

The reader does not wait: what is noted while one transaction is on its way goes together with the next. Where the
database fails it is tried again with the next read; of more than some thousands the oldest are in the log only.
"""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from uuid import uuid4

from sqlalchemy import Engine, insert

from cds_service.database.transactions import StoreError, writing
from cds_service.logs import LOG
from cds_service.storage.tables import READS

ADMINISTRATOR = "administrator"
COMMAND_LINE = "command line"
_WAITING = 5_000
_ADD = insert(READS)


@dataclass(frozen=True, slots=True)
class Read:
    """A read of something that holds what a chart holds: by whom, from where, of which kind and id.

    `kind` is Determination, Questionnaire (a form that is filled in), QuestionnaireResponse or Patient (a record).
    """

    reader: str
    kind: str
    name: str
    refused: bool = False
    address: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def row(self) -> dict[str, object]:
        """Return it as it is kept."""
        row = {"reader": self.reader[:64], "kind": self.kind, "name": self.name, "address": self.address[:64]}
        return row | {"id": self.id, "at": self.at, "refused": self.refused}


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Notes reads; one a process."""

    engine: Engine
    _waiting: deque[Read] = field(default_factory=lambda: deque(maxlen=_WAITING))
    _lock: Lock = field(default_factory=Lock)
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "reads"))
    _under_way: list[Future[None]] = field(default_factory=list)

    def note(self, read: Read) -> None:
        """Note a read; it returns at once."""
        fields = {name: value for name, value in read.row.items() if name not in {"at", "id"}}
        LOG.info("read", extra={"fields": fields})
        with self._lock:
            self._waiting.append(read)
            if not self._under_way or self._under_way[0].done():
                self._under_way[:] = [self._writer.submit(self._write)]

    def settle(self) -> None:
        """Wait until what was noted is in the database, or has failed to get there."""
        with self._lock:
            under_way = list(self._under_way)
        for one in under_way:
            one.result()

    def keep(self, read: Read) -> None:
        """Note a read, and wait for it; raises StoreError: what cannot be noted is not to be read."""
        with writing(self.engine) as connection:
            connection.execute(_ADD, read.row)

    def _write(self) -> None:
        """Write what waits, until nothing does; what fails waits for the next read."""
        while taken := self._taken():
            try:
                with writing(self.engine) as connection:
                    connection.execute(_ADD, [one.row for one in taken])
            except StoreError:
                LOG.warning("reads are in the log only for now", extra={"fields": {"reads": len(taken)}})
                self._put_back(taken)
                return

    def _taken(self) -> list[Read]:
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
            if not taken:
                self._under_way.clear()
        return taken

    def _put_back(self, taken: list[Read]) -> None:
        with self._lock:
            later = list(self._waiting)
            self._waiting.clear()
            self._waiting.extend(taken + later)
            self._under_way.clear()
