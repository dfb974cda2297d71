"""Random values by which somebody is let in are never kept as they are: whoever reads the database cannot use them."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """Return the hash under which a random value is kept; it needs no salt, since nobody can guess such a value."""
    return sha256(secret.encode()).hexdigest()
