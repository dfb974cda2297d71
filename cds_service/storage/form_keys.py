"""Keys that expire: random values that nobody can guess, kept as hashes only, each for one purpose.

A link leads to the form of one determination, a visit is one reader's way in after a sign-in, a launch is a SMART
launch under way, a desk is a reviewer's session, a sign-in is one of a reviewer that is under way, a device is a
browser in which one signed in. A key of one kind never serves as another.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, bindparam, delete, insert, select, update

from cds_service.database.prepared import Prepared
from cds_service.database.transactions import reading, writing
from cds_service.storage.secret_hash import hashed
from cds_service.storage.tables import FORM_KEYS

_BYTES = 32
ADD = Prepared(insert(FORM_KEYS))
_FIND = select(FORM_KEYS).where(
    FORM_KEYS.c.key == bindparam("hashed"),
    FORM_KEYS.c.kind == bindparam("of_kind"),
    FORM_KEYS.c.until >= bindparam("now"),
)
_DROP = delete(FORM_KEYS).where(FORM_KEYS.c.key == bindparam("hashed"))


class Kind(Enum):
    """What a key is for."""

    LINK = "link"
    VISIT = "visit"
    LAUNCH = "launch"
    DESK = "desk"
    SIGN_IN = "sign-in"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a key leads to: the determination (empty for none yet), and what was kept with it."""

    determination: str
    until: datetime
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """What a key is to be given for: a determination (None for none yet), and what goes with it."""

    kind: Kind
    determination: str | None
    context: Mapping[str, str] = field(default_factory=dict)


def new(given: Given, now: datetime, minutes: float) -> tuple[str, dict[str, Any]]:
    """Return a key that lasts some minutes, and the row that is added for it."""
    key = secrets.token_urlsafe(_BYTES)
    row = {"key": hashed(key), "kind": given.kind.value, "determination": given.determination}
    return key, row | {"until": now + timedelta(minutes=minutes), "told": _written(given.context)}


def _written(context: Mapping[str, str]) -> str:
    return orjson.dumps(dict(context)).decode()


@dataclass(frozen=True, slots=True)
class FormKeys:
    """The keys on file; `now` tells the time."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def give(self, given: Given, minutes: float) -> str:
        """Make a key that lasts some minutes."""
        key, row = new(given, self.now(), minutes)
        with writing(self.engine) as connection:
            ADD.run(connection, row)
        return key

    def find(self, kind: Kind, key: str) -> Opened | None:
        """Return what a key leads to; None if there is none of that kind, or it has expired."""
        with reading(self.engine) as connection:
            return self._found(connection, kind, key)

    def use(self, kind: Kind, key: str) -> Opened | None:
        """Return what a key leads to, and end it: it serves once, also where two use it at the same time."""
        with writing(self.engine) as connection:
            found = self._found(connection, kind, key)
            if found is None or connection.execute(_DROP, {"hashed": hashed(key)}).rowcount != 1:
                return None
            return found

    def change(self, kind: Kind, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        """Keep something else with a key if what was read of it still stands; whether it did."""
        its = FORM_KEYS.c
        same = its.key == hashed(key), its.kind == kind.value, its.told == _written(before)
        with writing(self.engine) as connection:
            changed = connection.execute(update(FORM_KEYS).where(*same).values(told=_written(after)))
            return changed.rowcount == 1

    def _found(self, connection: Connection, kind: Kind, key: str) -> Opened | None:
        sought = {"hashed": hashed(key), "of_kind": kind.value, "now": self.now()}
        row = connection.execute(_FIND, sought).first()
        return _opened(row) if row is not None else None


def _opened(row: Row[tuple[object, ...]]) -> Opened:
    until: datetime = row.until
    aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return Opened(row.determination or "", aware, orjson.loads(row.told))
