"""The public keys of the registered clients, kept off the path of a call.

A key set is fetched before it is needed, and again in the background when it has grown old; a call waits for a fetch
only where its key is not there: the first time, or after the client has changed its keys.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any

import jwt
import orjson

from cds_service.clients.registered_clients import Client
from cds_service.http.addresses import RefusedError, connect_to
from cds_service.http.deadline import session_until
from cds_service.http.http_client import OutgoingError, fetch
from cds_service.logs import LOG

_OLD_AFTER_SECONDS = 600.0
_SOONEST_AGAIN_SECONDS = 30.0
_MOST_BYTES = 100_000
_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: its id, its type, the key itself, and the one algorithm that it is for, if its key set says so."""

    kid: str
    kind: str
    value: Any
    algorithm: str

    def serves(self, algorithm: str) -> bool:
        """Whether a signature by this algorithm can be checked with it."""
        kind = "EC" if algorithm.startswith("ES") else "RSA"
        return self.kind == kind and self.algorithm in {"", algorithm}


Keys = Mapping[str, Key]


class KeySetError(Exception):
    """A key set cannot be had, or is none; the message says why."""


@dataclass(slots=True)
class _Held:
    """What is known of one client's keys, and since when."""

    keys: Keys = field(default_factory=lambda: MappingProxyType({}))
    asked_at: float | None = None
    fault: str = ""


@dataclass(slots=True)
class KeySets:
    """The key sets of clients; `now` counts seconds, `fetched` gets the bytes behind an address."""

    fetched: Callable[[str], bytes]
    now: Callable[[], float] = monotonic
    _held: dict[str, _Held] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    """One a client: nobody waits for another's server."""

    def key(self, client: Client, kid: str) -> Key:
        """Return a client's key; raises KeySetError if it has none of that id, or its key set cannot be had."""
        held = self._held.setdefault(client.name, _Held())
        if kid in held.keys:
            if self._age(held) > _OLD_AFTER_SECONDS:
                self._in_background(client)
            return held.keys[kid]
        if self._age(held) > _SOONEST_AGAIN_SECONDS:
            self.refresh(client)
            held = self._held[client.name]
        if kid in held.keys:
            return held.keys[kid]
        raise KeySetError(held.fault or f"the client's key set has no key with the kid {kid!r}")

    def has_keys(self, client: Client) -> bool:
        """Whether any key of a client is known; fetches its key set in the background if none is."""
        if self._held.setdefault(client.name, _Held()).keys:
            return True
        self._in_background(client)
        return False

    def warm(self, clients: Iterable[Client]) -> None:
        """Fetch the key sets of clients in the background."""
        for client in clients:
            self._in_background(client)

    def _in_background(self, client: Client) -> None:
        held = self._held.setdefault(client.name, _Held())
        if self._age(held) > _SOONEST_AGAIN_SECONDS:
            threading.Thread(target=self.refresh, args=(client,), daemon=True).start()

    def _age(self, held: _Held) -> float:
        return self.now() - held.asked_at if held.asked_at is not None else float("inf")

    def refresh(self, client: Client) -> None:
        """Fetch a key set now; if that fails, the keys that are known stay, and the fault is kept and logged."""
        with self._locks.setdefault(client.name, threading.Lock()):
            before = self._held.get(client.name, _Held())
            if before.asked_at is not None and self._age(before) <= _SOONEST_AGAIN_SECONDS:
                return
            try:
                self._held[client.name] = _Held(read(self._text(client)), self.now())
            except KeySetError as error:
                LOG.error("key set", extra={"fields": {"client": client.name, "fault": str(error)}})
                self._held[client.name] = _Held(before.keys, self.now(), str(error))

    def _text(self, client: Client) -> bytes:
        try:
            return client.key_set() if client.jwks else self.fetched(client.jku)
        except OSError as error:
            raise KeySetError(f"the key set file {client.jwks} cannot be read: {error.strerror}") from None
        except OutgoingError as error:
            raise KeySetError(f"the key set cannot be fetched from {client.jku}: {error}") from None


def over_http(url: str) -> bytes:
    """Fetch a key set: no redirect is followed, and a large one is refused; raises OutgoingError."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        addresses = connect_to(url)
    except RefusedError as error:
        raise OutgoingError(str(error)) from None
    until = monotonic() + _TIMEOUT_SECONDS
    with session_until(until, addresses) as http:
        return fetch(http, url, headers, until, _MOST_BYTES).body


def read(text: bytes) -> Keys:
    """Read a JWK Set (RFC 7517): public keys with an id; raises KeySetError if it is none."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise KeySetError("the key set is no JSON") from None
    listed = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise KeySetError('the key set is no JWK Set: an object with a list "keys" is needed')
    found = {key.kid: key for key in map(_public, listed) if key is not None}
    if not found:
        raise KeySetError("the key set has no public EC or RSA key with a kid")
    return MappingProxyType(found)


def _public(entry: object) -> Key | None:
    """Return a public key that signs; None for anything else. A private key in a key set is not used."""
    if not isinstance(entry, dict) or entry.get("kty") not in {"EC", "RSA"} or "d" in entry:
        return None
    kid = entry.get("kid")
    if not isinstance(kid, str) or entry.get("use", "sig") != "sig":
        return None
    try:
        made = jwt.PyJWK.from_dict(entry)
    except jwt.PyJWTError:
        return None
    return Key(kid, entry["kty"], made.key, str(entry.get("alg", "")))
