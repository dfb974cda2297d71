"""What has expired is swept once a while, in a transaction of its own, and by no call's own writing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from sqlalchemy import Engine, Table

from cds_service.database.rows import forget
from cds_service.database.transactions import StoreError, writing
from cds_service.storage.tables import FORM_KEYS, USED_TOKENS

_NEVER = datetime.min.replace(tzinfo=UTC)
_EVERY = timedelta(minutes=1)
_TABLES: Sequence[Table] = (FORM_KEYS, USED_TOKENS)


@dataclass(slots=True)
class Sweep:
    """Deletes links and used tokens that have expired, once a minute at most in a process."""

    last: datetime = _NEVER
    lock: Lock = field(default_factory=Lock)

    def run_if_due(self, engine: Engine, now: datetime) -> None:
        """Sweep, unless that was done a short while ago; if the database fails it is left for the next time."""
        with self.lock:
            if now - self.last < _EVERY:
                return
            self.last = now
        with suppress(StoreError), writing(engine) as connection:
            for table in _TABLES:
                forget(connection, table, now)
