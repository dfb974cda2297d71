"""What is hashed of a row, and of an entry of the chain. It is frozen: it can never be hashed in another way.

A column that holds nothing is left out, so that one that comes later, and may be empty, changes no older hash.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256

import orjson

NO_LINK = ""
"""What the first entry of a chain follows."""


def row_hash(salt: str, kind: str, values: Mapping[str, object]) -> str:
    """Return the hash of a row of a table; without its salt, which a purge takes, nobody can try out what it was."""
    plain = {str(name): _plain(value) for name, value in values.items() if value is not None}
    return _hashed([salt, kind, plain])


def link_of(previous: str, number: int, about: tuple[str, str, str, str], at: datetime) -> str:
    """Return the link of an entry; `about` are its act, the table and the row that it is about, and the row's hash."""
    return _hashed([previous, number, *about, instant(at)])


def list_hash(numbers: list[int]) -> str:
    """Return the hash of which entries were purged together."""
    return _hashed(sorted(numbers))


def instant(at: datetime) -> str:
    """Return an instant in UTC; SQLite gives it back without its zone."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


def _hashed(value: object) -> str:
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return sha256(value).hexdigest()
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value
