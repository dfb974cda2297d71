"""The operator's keys: they wrap the keys of tenants, and nothing else. They never stand in the database or in a log.

Read from `CDS_ENCRYPTION_KEYS`, or from the file that `encryption_keys_file` names: one key a line or between commas,
`NAME:KEY`, the key 32 bytes in Base64. The first one wraps; the others still unwrap what they wrapped.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from re import fullmatch

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12
_VARIABLE = "CDS_ENCRYPTION_KEYS"
_NAME = r"[A-Za-z0-9._-]{1,32}"


class EncryptionKeyError(Exception):
    """The keys cannot be used; the message says which, and repeats nothing of a key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The operator's keys by name (`ciphers`), and the name of the one that wraps (`current`)."""

    current: str
    ciphers: Mapping[str, AESGCM]

    def wrap(self, key: bytes, whose: bytes) -> bytes:
        """Return a key under the current key; `whose` is bound to it."""
        nonce = urandom(NONCE_BYTES)
        return nonce + self.ciphers[self.current].encrypt(nonce, key, whose)

    def unwrap(self, name: str, wrapped: bytes, whose: bytes) -> bytes:
        """Return a key that a key of that name wrapped; raises EncryptionKeyError if it did not, or is not here."""
        if name not in self.ciphers:
            raise EncryptionKeyError(f"the encryption key '{name}' is needed and was not given")
        try:
            return self.ciphers[name].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], whose)
        except InvalidTag:
            raise EncryptionKeyError(f"the encryption key '{name}' is not the one that was used here") from None


def key_ring(environment: Mapping[str, str], file: str) -> KeyRing | None:
    """Return the keys of the environment, else those of a file; None if neither is set. Raises EncryptionKeyError."""
    text = environment.get(_VARIABLE, "")
    if not text and file:
        try:
            text = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise EncryptionKeyError("setting encryption_keys_file: the file cannot be read") from None
        if not text.strip():
            raise EncryptionKeyError("setting encryption_keys_file: the file holds no key")
    lines = [one.strip() for one in text.replace(",", "\n").splitlines() if one.strip()]
    named = [_named(number, one) for number, one in enumerate(lines, start=1)]
    ciphers = dict(named)
    if len(ciphers) != len(named):
        raise EncryptionKeyError("two encryption keys bear one name")
    return KeyRing(named[0][0], ciphers) if named else None


def _named(number: int, text: str) -> tuple[str, AESGCM]:
    name, _, key = text.partition(":")
    try:
        plain = b64decode(key, validate=True)
    except binascii.Error:
        plain = b""
    if not fullmatch(_NAME, name) or len(plain) != KEY_BYTES:
        text = f"encryption key {number} is not written NAME:KEY, the key {KEY_BYTES} bytes in Base64"
        raise EncryptionKeyError(text)
    return name, AESGCM(plain)
