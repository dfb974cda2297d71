"""What holds a chart, as it is kept: compressed, and encrypted (AES-256-GCM) where the operator gave keys.

An encrypted payload is bound to its table, column, row and tenant: in any other place it cannot be read. The chain
holds what is kept, so that it verifies without a key, and after one was destroyed.

What is only known again is kept as a hash. What a determination or a form says is one of few texts, and a member's
number one of few: whoever has a plain hash finds out which by trying. So it is under a key, derived (HKDF, RFC 5869)
from the oldest key of the tenant that was not destroyed: a rotation changes no hash, and a destroyed key takes its
hashes with it. What tenants have in common, as members, is under a key of the payer's own.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from hmac import new
from os import urandom
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from isal import isal_zlib
from sqlalchemy import Connection, Table, select

from cds_service.database.prepared import Prepared
from cds_service.encryption.common_texts import BY_CHECKSUM
from cds_service.encryption.operator_keys import NONCE_BYTES
from cds_service.encryption.tenant_keys import (
    DATA_KEYS,
    IS_ALIVE,
    PAYER,
    DataKey,
    UnreadableError,
    current_key,
    key_of_id,
    known_key,
    oldest_key,
    ring_of,
)

_LEVEL = 1
_HEAD, _REFERS = 6, 0x20
"""How long the head of what was compressed with a common text is, and the bit that says so (RFC 1950, 2.2: FDICT)."""
_SEALED = b"\x01"
"""How an encrypted payload begins; what is compressed alone begins with 0x78 (RFC 1950)."""
_ID_BYTES = 16
_A_KEY = Prepared(select(DATA_KEYS.c.id).where(IS_ALIVE).limit(1))
_MARK = "\x01"
_SEALED_TEXT, _CLEAR_TEXT = _MARK + "s", _MARK + "c"
"""How an encrypted text begins, and a clear one that itself begins with the mark."""
_KEYED, _DIGITS = "k", 63
"""How a hash under a key begins, which no plain one does, and how many hexadecimal digits follow."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payload is kept; `row` is the key of the row, its parts divided by a slash."""

    table: Table
    column: str
    row: str


def packed(payload: bytes, common: bytes = b"") -> bytes:
    """Return a payload compressed (RFC 1950, as zlib reads it); it needs no transaction.

    `common` is one of `common_texts`, that the payload has much in common with.
    """
    if not common:
        return bytes(isal_zlib.compress(payload, _LEVEL))
    compressor = isal_zlib.compressobj(_LEVEL, zdict=common)
    return bytes(compressor.compress(payload) + compressor.flush())


def _unpacked(compressed: bytes) -> bytes:
    """Return what was compressed; raises UnreadableError where it refers to a text that is not here."""
    if len(compressed) < _HEAD or not compressed[1] & _REFERS:
        return zlib.decompress(compressed)
    common = BY_CHECKSUM.get(int.from_bytes(compressed[2:_HEAD]))
    if common is None:
        raise UnreadableError("what is kept refers to a text that this release does not have")
    reader = zlib.decompressobj(zdict=common)
    return reader.decompress(compressed) + reader.flush()


def sealed(connection: Connection, place: Place, tenant: str, compressed: bytes) -> bytes:
    """Return what `packed` gave as it is kept in a place; raises StoreError."""
    ring = ring_of(connection)
    if ring is None:
        return compressed
    key, nonce = current_key(connection, ring, tenant), urandom(NONCE_BYTES)
    return _SEALED + UUID(key.id).bytes + nonce + key.cipher.encrypt(nonce, compressed, _bound(place, key))


def opened(connection: Connection, place: Place, kept: bytes, tenant: str | None = None) -> bytes:
    """Return the payload that is kept in a place, of a tenant if it is known; raises UnreadableError, StoreError."""
    compressed = _unsealed(connection, place, bytes(kept), tenant) if kept[:1] == _SEALED else kept
    return _unpacked(compressed)


def sealed_text(connection: Connection, place: Place, tenant: str, text: str) -> str:
    """Return a text as it is kept in a place; raises StoreError."""
    if ring_of(connection) is None:
        return _CLEAR_TEXT + text if text.startswith(_MARK) else text
    return _SEALED_TEXT + b64encode(sealed(connection, place, tenant, packed(text.encode()))).decode()


def opened_text(connection: Connection, place: Place, kept: str, tenant: str | None = None) -> str:
    """Return the text that is kept in a place, of a tenant if it is known; raises UnreadableError, StoreError."""
    if kept.startswith(_SEALED_TEXT):
        return opened(connection, place, b64decode(kept.removeprefix(_SEALED_TEXT)), tenant).decode()
    return kept.removeprefix(_CLEAR_TEXT)


def fingerprint(connection: Connection, tenant: str, plain: str) -> str:
    """Return a hash (SHA-256, in hexadecimal) as it is kept for a tenant: HMAC-SHA-256 of it; raises StoreError."""
    ring = ring_of(connection)
    if ring is None:
        return plain
    return _keyed(oldest_key(connection, ring, tenant), plain)


def known_as(connection: Connection, tenant: str, hashes: Iterable[str]) -> frozenset[str]:
    """Return hashes with those by which the same is kept under a tenant's key; raises StoreError.

    Rows from before the first key hold plain hashes: whoever looks for something asks for both. Nothing is written.
    """
    check_keys(connection)
    found, ring = frozenset(hashes), ring_of(connection)
    key = known_key(connection, ring, tenant) if ring is not None else None
    return found if key is None else found | {_keyed(key, one) for one in found if is_plain(one)}


def check_keys(connection: Connection) -> None:
    """Raise UnreadableError where another process keeps something under a key that this one does not have, StoreError.

    What is kept so is not found here, so that whoever is authorized would seem not to be. A process that was started
    before the operator's first key does not have it. Asked of the database each time: a key may come at any time.
    """
    ring = ring_of(connection)
    if ring is not None:
        known_key(connection, ring, PAYER)
    elif _A_KEY.first(connection, {}) is not None:
        raise UnreadableError("it is encrypted by now, and no encryption key was given")


def _keyed(key: DataKey, plain: str) -> str:
    return _KEYED + new(key.for_hashes, plain.encode(), sha256).hexdigest()[:_DIGITS]


def is_plain(kept: str) -> bool:
    """Whether a hash is kept as it is; its first characters tell. An empty text is none."""
    return bool(kept) and not kept.startswith(_KEYED)


def is_clear(kept: bytes | str | None) -> bool:
    """Whether what is kept, or its first two characters or bytes, holds something that is not encrypted."""
    if kept is None:
        return False
    if isinstance(kept, str):
        return bool(kept) and not kept.startswith(_SEALED_TEXT)
    return bool(kept) and bytes(kept[:1]) != _SEALED


def resealed(connection: Connection, place: Place, tenant: str, kept: bytes | str) -> bytes | str:
    """Return what is kept in the clear as it is kept encrypted; raises StoreError."""
    if isinstance(kept, str):
        return sealed_text(connection, place, tenant, kept.removeprefix(_CLEAR_TEXT))
    return sealed(connection, place, tenant, bytes(kept))


def _unsealed(connection: Connection, place: Place, kept: bytes, tenant: str | None) -> bytes:
    name, rest = kept[1 : 1 + _ID_BYTES], kept[1 + _ID_BYTES :]
    if len(rest) <= NONCE_BYTES:
        raise UnreadableError("what is kept is not what was encrypted")
    key = key_of_id(connection, ring_of(connection), str(UUID(bytes=name)))
    if tenant not in {None, key.tenant}:
        raise UnreadableError("what is kept was encrypted for another tenant")
    try:
        return key.cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound(place, key))
    except InvalidTag:
        raise UnreadableError("what is kept is not what was encrypted for its place") from None


def _bound(place: Place, key: DataKey) -> bytes:
    return orjson.dumps([place.table.name, place.column, place.row, key.tenant, key.id])
