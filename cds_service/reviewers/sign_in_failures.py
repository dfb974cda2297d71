"""How often a name was given with a wrong password at the reviewer's desk, until it may be tried again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from cds_service.database.locks import hold
from cds_service.database.rows import forget
from cds_service.database.transactions import reading, writing
from cds_service.storage.secret_hash import hashed
from cds_service.storage.tables import SIGN_IN_FAILURES


@dataclass(frozen=True, slots=True)
class SignInFailures:
    """The failures on file; `now` tells the time."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def count(self, name: str) -> int:
        """Return how often a name failed of late."""
        with reading(self.engine) as connection:
            return self._count(connection, name)

    def add(self, name: str, lasts: timedelta) -> int:
        """Count a failure, which is remembered so long, and return how many there are."""
        its = SIGN_IN_FAILURES.c
        with writing(self.engine) as connection:
            hold(connection, "sign-in", hashed(name))
            forget(connection, SIGN_IN_FAILURES, self.now())
            counted = self._count(connection, name) + 1
            row = {"failures": counted, "until": self.now() + lasts}
            if counted == 1:
                connection.execute(insert(SIGN_IN_FAILURES), {"name": hashed(name)} | row)
            else:
                connection.execute(update(SIGN_IN_FAILURES).where(its.name == hashed(name)).values(row))
            return counted

    def forget(self, name: str) -> None:
        """Forget the failures of a name that was let in."""
        with writing(self.engine) as connection:
            connection.execute(delete(SIGN_IN_FAILURES).where(SIGN_IN_FAILURES.c.name == hashed(name)))

    def _count(self, connection: Connection, name: str) -> int:
        its = SIGN_IN_FAILURES.c
        sought = select(its.failures).where(its.name == hashed(name), its.until > self.now())
        return int(connection.execute(sought).scalar() or 0)
