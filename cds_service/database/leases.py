"""Leases: what only one process may do at a time. One whose process has died ends by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Delete, Engine, Table, delete, insert, or_, select

from cds_service.database.locks import hold
from cds_service.database.transactions import writing


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to a task, for some minutes at a time; `now` tells the time.

    The table has columns for the task, who does it (`holder`), and `until` when.
    """

    engine: Engine
    table: Table
    task: str
    minutes: float
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    holder: str = field(default_factory=lambda: str(uuid4()))

    def take(self) -> bool:
        """Take the lease, or hold it longer; False where another process has it. Raises StoreError."""
        now, its = self.now(), self.table.c
        with writing(self.engine) as connection:
            hold(connection, "lease", self.task)
            anothers = select(its.holder).where(its.task == self.task, its.holder != self.holder, its.until > now)
            if connection.execute(anothers).first() is not None:
                return False
            connection.execute(self._ended(now))
            row = {"task": self.task, "holder": self.holder, "until": now + timedelta(minutes=self.minutes)}
            connection.execute(insert(self.table).values(row))
        return True

    def give_back(self) -> None:
        """End the lease, if it is held; raises StoreError."""
        with writing(self.engine) as connection:
            connection.execute(self._ended(self.now()))

    def _ended(self, now: datetime) -> Delete:
        its = self.table.c
        return delete(self.table).where(its.task == self.task, or_(its.holder == self.holder, its.until <= now))
