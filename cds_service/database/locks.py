"""Locks by a name of our own, held until the end of a transaction: who asks about the same patient takes turns.

SQLite has one writer, so that a transaction that writes holds every lock already. PostgreSQL has advisory locks.
"""

from hashlib import sha256

from sqlalchemy import Connection, bindparam, func, select

_HOLD = select(func.pg_advisory_xact_lock(bindparam("number")))
_TRY = select(func.pg_try_advisory_xact_lock(bindparam("number")))


def hold(connection: Connection, *name: str) -> None:
    """Take a lock, and wait for it if another has it."""
    if connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"number": number_of(name)})


def try_to_hold(connection: Connection, *name: str) -> bool:
    """Take a lock if nobody has it, and tell whether it was taken."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_TRY, {"number": number_of(name)}).scalar())


def number_of(name: tuple[str, ...]) -> int:
    """Return the number (64 bits, signed) under which PostgreSQL knows a lock; each part of a name counts."""
    hashed = sha256("".join(f"{len(part)}:{part}" for part in name).encode()).digest()
    return int.from_bytes(hashed[:8], signed=True)
