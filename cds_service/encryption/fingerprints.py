"""The hash by which is known that something was kept before: under a key of its tenant, where the operator gave keys.

What a determination or a form says is one of few texts: whoever has a plain hash of it finds out which by trying. The
key is derived (HKDF, RFC 5869) from the oldest key of the tenant that was not destroyed, so that a rotation changes no
hash, and a destroyed key takes its hashes with it.
"""

from hashlib import sha256
from hmac import new

from sqlalchemy import Connection

from cds_service.encryption.tenant_keys import oldest_key, ring_of

_KEYED = "k"
"""How a hash under a key begins: no plain one does, in hexadecimal."""
_DIGITS = 63


def fingerprint(connection: Connection, tenant: str, plain: str) -> str:
    """Return a hash (SHA-256, in hexadecimal) as it is kept for a tenant; raises StoreError."""
    ring = ring_of(connection)
    if ring is None:
        return plain
    key = oldest_key(connection, ring, tenant).for_hashes
    return _KEYED + new(key, plain.encode(), sha256).hexdigest()[:_DIGITS]


def is_plain(kept: str) -> bool:
    """Whether a hash is kept as it is, or as it begins."""
    return not kept.startswith(_KEYED)
