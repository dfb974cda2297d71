"""The clients that the operator has registered: `[[clients]]` in the settings.

Source of the rules: CDS Hooks 2.0, "Trusting CDS Clients". A key set is named by its address (`jku`) or kept in a file
(`jwks`); nothing else is ever fetched, whatever a token names.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from hooks.caller import Caller
from hooks.dialects import DIALECTS
from hooks.payer import Delivery

ASYMMETRIC = frozenset({"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
"""Algorithms that a client may be registered with: none with a shared secret, and never "none"."""


class ClientError(Exception):
    """A registration cannot be used; the message says which setting, and why."""


class ClientSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[clients]]`: one registered client."""

    name: str
    iss: str
    jku: str = ""
    jwks: str = ""
    fhir_servers: tuple[str, ...] = ()
    crd_version: str = ""
    delivery: Delivery | None = None
    tenant: str = ""
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    explain: bool = False
    smart_client_id: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client, checked."""

    name: str
    iss: str
    jku: str
    jwks: str
    fhir_servers: tuple[str, ...]
    algorithms: tuple[str, ...]
    caller: Caller


def clients_of(settings: Iterable[ClientSettings]) -> tuple[Client, ...]:
    """Check registrations; raises ClientError."""
    found = tuple(_client(one, f"clients[{index}]") for index, one in enumerate(settings))
    for name in ("name", "iss"):
        values = [getattr(one, name) for one in found]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise ClientError(f"setting clients: {name} '{twice}' stands twice")
    return found


def _client(one: ClientSettings, place: str) -> Client:
    if not one.name or not one.iss:
        raise ClientError(f"setting {place}: name and iss must say something")
    if bool(one.jku) == bool(one.jwks):
        raise ClientError(f"setting {place}: give either jku (an address) or jwks (a file)")
    for name, url in (("jku", one.jku), *(("fhir_servers", url) for url in one.fhir_servers)):
        if url and not is_secure(url):
            raise ClientError(f"setting {place}.{name}: '{url}' must begin with https://, or http:// on loopback")
    unknown = [name for name in one.algorithms if name not in ASYMMETRIC]
    if unknown or not one.algorithms:
        raise ClientError(f"setting {place}.algorithms: choose from {', '.join(sorted(ASYMMETRIC))}")
    if one.crd_version and one.crd_version not in DIALECTS:
        raise ClientError(f"setting {place}.crd_version: choose from {', '.join(DIALECTS)}")
    caller = Caller(
        one.tenant or one.name,
        one.crd_version,
        one.delivery,
        one.explain,
        one.fhir_servers,
        smart_client_id=one.smart_client_id,
    )
    return Client(one.name, one.iss, one.jku, one.jwks, one.fhir_servers, one.algorithms, caller)


def is_secure(url: str) -> bool:
    """Tell whether an address may be called: https, or http on this machine only."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    )


def is_origin(text: str) -> bool:
    """Tell whether a text is the origin of a page: scheme, host and maybe port; http on this machine only."""
    parts = urlsplit(text)
    return is_secure(text) and text == f"{parts.scheme}://{parts.netloc}" and "@" not in text


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address is this machine only."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
