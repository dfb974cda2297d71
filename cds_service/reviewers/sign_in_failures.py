"""How often wrong passwords came at the reviewer's desk, by what they are counted under, until they are forgotten."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from cds_service.database.locks import hold
from cds_service.database.rows import forget
from cds_service.database.transactions import reading, writing
from cds_service.encryption.payloads import fingerprint, known_as
from cds_service.encryption.tenant_keys import PAYER
from cds_service.storage.secret_hash import hashed
from cds_service.storage.tables import SIGN_IN_FAILURES

_ITS = SIGN_IN_FAILURES.c


@dataclass(frozen=True, slots=True)
class SignInFailures:
    """The failures on file; `now` tells the time. Names are kept as hashes: people type passwords in their place."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def is_over(self, counted: Mapping[str, int]) -> bool:
        """Whether under any of some names there are as many failures as there may be."""
        with reading(self.engine) as connection:
            return any(
                self._count(connection, known_as(connection, PAYER, [hashed(name)])) >= most
                for name, most in counted.items()
            )

    def begin(self, counted: Mapping[str, int], lasts: timedelta) -> bool:
        """Count a try as a failure before it is looked at, which is remembered so long; False if it may not be.

        So however many come at once, no more are looked at than there may be.
        """
        with writing(self.engine) as connection:
            forget(connection, SIGN_IN_FAILURES, self.now())
            most_of = {_kept(connection, name): most for name, most in counted.items()}
            for name in sorted(most_of):
                hold(connection, "sign-in", name)
            before = {name: self._count(connection, {name}) for name in most_of}
            if any(before[name] >= most for name, most in most_of.items()):
                return False
            for name, number in before.items():
                self._put(connection, name, number + 1, self.now() + lasts)
            return True

    def end(self, counted: Iterable[str], forgotten: str) -> None:
        """Take back what was counted for a try that was none, and forget all failures under one name."""
        with writing(self.engine) as connection:
            names = sorted(_kept(connection, name) for name in counted)
            for name in names:
                hold(connection, "sign-in", name)
            its = _ITS.name.in_(names)
            connection.execute(update(SIGN_IN_FAILURES).where(its).values(failures=_ITS.failures - 1))
            is_gone = (_ITS.failures <= 0) | (_ITS.name == _kept(connection, forgotten))
            connection.execute(delete(SIGN_IN_FAILURES).where(its, is_gone))

    def _put(self, connection: Connection, name: str, failures: int, until: datetime) -> None:
        row = {"failures": failures, "until": until}
        if failures == 1:
            connection.execute(delete(SIGN_IN_FAILURES).where(_ITS.name == name))
            connection.execute(insert(SIGN_IN_FAILURES), {"name": name} | row)
        else:
            connection.execute(update(SIGN_IN_FAILURES).where(_ITS.name == name).values(row))

    def _count(self, connection: Connection, names: Iterable[str]) -> int:
        """Return the failures under a name, which can have two hashes, that are still remembered."""
        sought = select(_ITS.failures).where(_ITS.name.in_(names), _ITS.until > self.now())
        return sum(connection.execute(sought).scalars())


def _kept(connection: Connection, name: str) -> str:
    return fingerprint(connection, PAYER, hashed(name))
