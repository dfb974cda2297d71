"""The keys of tenants: what a tenant's charts are encrypted with, kept wrapped by a key of the operator.

They are read from the database in the transaction that uses them, once: a process that runs on knows at once of a new
key and of one that was destroyed, and never encrypts under a key that was not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import urandom
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    desc,
    insert,
    select,
    update,
)

from cds_service.database.locks import hold
from cds_service.database.metadata import METADATA
from cds_service.database.transactions import READ_ONCE, StoreError, reading, writing
from cds_service.encryption.operator_keys import KEY_BYTES, EncryptionKeyError, KeyRing

DATA_KEYS = Table(
    "data_keys",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("wrapped_by", String(32), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("destroyed", DateTime(timezone=True)),
)
"""The keys that charts are encrypted with, a tenant each, wrapped by the operator's key of the name `wrapped_by`.

A key that was destroyed leaves its row, with nothing in `wrapped`.
"""

PAYER = ""
"""Whose key it is under which several tenants find the same, as a member of the plan: no tenant is called so."""
_RING = "cds_service_key_ring"
"""The execution option of an engine that holds the operator's keys."""
IS_ALIVE = DATA_KEYS.c.destroyed.is_(None)
_OF_TENANT = (
    select(DATA_KEYS)
    .where(DATA_KEYS.c.tenant == bindparam("of"), IS_ALIVE)
    .order_by(desc(DATA_KEYS.c.made), DATA_KEYS.c.id)
)
_LIVING = _OF_TENANT.with_for_update(read=True)
"""The keys of a tenant, the newest first; nobody destroys them until the transaction that uses them has ended."""
_OF_ID = select(DATA_KEYS).where(DATA_KEYS.c.id == bindparam("sought"))


class UnreadableError(StoreError):
    """What is kept cannot be decrypted: its key is not here, was destroyed, or it is not what was encrypted."""

    def __init__(self, why: str) -> None:
        super().__init__(why, passing=False, lasting=True)


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of a tenant, ready to be used."""

    id: str
    tenant: str
    cipher: AESGCM
    for_hashes: bytes

    @classmethod
    def of(cls, name: str, tenant: str, key: bytes) -> "DataKey":
        """Make a key ready: to encrypt with, and what is hashed under it."""
        return cls(name, tenant, AESGCM(key), HKDF(SHA256(), KEY_BYTES, None, b"hashes").derive(key))


@dataclass(frozen=True, slots=True)
class _Read:
    """The keys that a transaction has read: by tenant those that encrypt and the oldest ones, by id all."""

    of_tenants: dict[str, DataKey] = field(default_factory=dict)
    oldest: dict[str, DataKey] = field(default_factory=dict)
    of_ids: dict[str, DataKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: how many keys were wrapped anew, and how many tenants got a new one."""

    wrapped: int
    renewed: int


def use_keys(engine: Engine, ring: KeyRing | None) -> None:
    """Have an engine encrypt and decrypt; raises EncryptionKeyError if a key on file cannot be unwrapped, StoreError.

    Without keys nothing is encrypted; that is refused where something already is.
    """
    with reading(engine) as connection:
        for row in connection.execute(select(DATA_KEYS).where(IS_ALIVE)):
            if ring is None:
                raise EncryptionKeyError(f"what it holds is encrypted: the encryption key '{row.wrapped_by}' is needed")
            _unwrapped(ring, row)
    engine.update_execution_options(**{_RING: ring})


def is_encrypting(engine: Engine) -> bool:
    """Whether what an engine keeps is encrypted."""
    return engine.get_execution_options().get(_RING) is not None


def ring_of(connection: Connection) -> KeyRing | None:
    """Return the operator's keys; None where nothing is encrypted."""
    ring: KeyRing | None = connection.get_execution_options().get(_RING)
    return ring


def current_key(connection: Connection, ring: KeyRing, tenant: str) -> DataKey:
    """Return the key that encrypts for a tenant, made if there is none; raises UnreadableError."""
    found = _read(connection)
    if tenant not in found.of_tenants:
        _read_living(connection, ring, tenant, found)
    return found.of_tenants[tenant]


def oldest_key(connection: Connection, ring: KeyRing, tenant: str) -> DataKey:
    """Return the key of a tenant that no rotation changes: the oldest that was not destroyed; as `current_key` does."""
    found = _read(connection)
    if tenant not in found.oldest:
        _read_living(connection, ring, tenant, found)
    return found.oldest[tenant]


def known_key(connection: Connection, ring: KeyRing, tenant: str) -> DataKey | None:
    """Return the same key for who only reads; None where there is none yet. Raises UnreadableError."""
    found = _read(connection).oldest
    if tenant not in found:
        rows = connection.execute(_OF_TENANT, {"of": tenant}).all()
        if not rows:
            return None
        found[tenant] = _data_key(ring, rows[-1])
    return found[tenant]


def _read_living(connection: Connection, ring: KeyRing, tenant: str, found: "_Read") -> None:
    rows = connection.execute(_LIVING, {"of": tenant}).all()
    if not rows:
        hold(connection, "data key", tenant)  # two first calls at once make one key
        rows = connection.execute(_LIVING, {"of": tenant}).all()
    keys = [_data_key(ring, one) for one in (rows[0], rows[-1])] if rows else [_made(connection, ring, tenant)]
    found.of_ids.update({one.id: one for one in keys})
    found.of_tenants[tenant], found.oldest[tenant] = keys[0], keys[-1]


def key_of_id(connection: Connection, ring: KeyRing | None, name: str) -> DataKey:
    """Return the key that something was encrypted with; raises UnreadableError."""
    found = _read(connection).of_ids
    if name not in found:
        row = connection.execute(_OF_ID, {"sought": name}).first()
        if row is None or row.destroyed is not None:
            raise UnreadableError("the key of what is kept was destroyed")
        if ring is None:
            raise UnreadableError("what is kept is encrypted, and no encryption key was given")
        found[name] = _data_key(ring, row)
    return found[name]


def _read(connection: Connection) -> "_Read":
    """Return the keys that a transaction has read; none where the connection was not opened for one."""
    of_transaction: dict[str, _Read] = connection.get_execution_options().get(READ_ONCE, {})
    return of_transaction.setdefault("data keys", _Read())


def data_keys(engine: Engine) -> Sequence[Row[tuple[object, ...]]]:
    """Return all keys on file, the oldest first, as rows; raises StoreError."""
    with reading(engine) as connection:
        return connection.execute(select(DATA_KEYS).order_by(DATA_KEYS.c.made, DATA_KEYS.c.id)).all()


def rotate(engine: Engine, ring: KeyRing) -> Rotated:
    """Wrap all keys by the current key of the operator, and give each tenant a new one; all of it or nothing.

    What older keys encrypted is read as before. Raises EncryptionKeyError, StoreError.
    """
    with writing(engine) as connection:
        rows = connection.execute(select(DATA_KEYS).where(IS_ALIVE).with_for_update()).all()
        for row in rows:
            wrapped = ring.wrap(_unwrapped(ring, row), _whose(row.id, row.tenant))
            its = update(DATA_KEYS).where(DATA_KEYS.c.id == row.id)
            connection.execute(its.values(wrapped=wrapped, wrapped_by=ring.current))
        tenants = sorted({row.tenant for row in rows} - {PAYER})  # it encrypts nothing
        for tenant in tenants:
            _made(connection, ring, tenant)
    return Rotated(len(rows), len(tenants))


def destroy(engine: Engine, tenant: str) -> int:
    """Destroy the keys of a tenant, and return how many; raises StoreError.

    What they encrypted can never be read again, but from a backup of the database that still holds them. The payer's
    own is never destroyed: members of every tenant are found by it.
    """
    if tenant == PAYER:
        return 0
    with writing(engine) as connection:
        held = select(DATA_KEYS.c.id).where(DATA_KEYS.c.tenant == tenant, IS_ALIVE).with_for_update()
        names = connection.execute(held).scalars().all()
        gone = update(DATA_KEYS).where(DATA_KEYS.c.id.in_(names))
        connection.execute(gone.values(wrapped=b"", destroyed=datetime.now(UTC)))
    return len(names)


def _made(connection: Connection, ring: KeyRing, tenant: str) -> DataKey:
    name, key = str(uuid4()), urandom(KEY_BYTES)
    wrapped = ring.wrap(key, _whose(name, tenant))
    row = {"id": name, "tenant": tenant, "wrapped_by": ring.current, "wrapped": wrapped, "made": datetime.now(UTC)}
    connection.execute(insert(DATA_KEYS), row)
    return DataKey.of(name, tenant, key)


def _data_key(ring: KeyRing, row: Row[tuple[object, ...]]) -> DataKey:
    try:
        return DataKey.of(row.id, row.tenant, _unwrapped(ring, row))
    except EncryptionKeyError as error:
        raise UnreadableError(str(error)) from None


def _unwrapped(ring: KeyRing, row: Row[tuple[object, ...]]) -> bytes:
    return ring.unwrap(row.wrapped_by, bytes(row.wrapped), _whose(row.id, row.tenant))


def _whose(name: str, tenant: str) -> bytes:
    """Return what a wrapped key is bound to: none serves under another id or for another tenant."""
    return orjson.dumps(["data key", name, tenant])
