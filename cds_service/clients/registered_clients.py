"""The clients that the operator has registered: `[[clients]]` in the settings.

Source of the rules: CDS Hooks 2.0, "Trusting CDS Clients". A key set is named by its address (`jku`), or kept in a file
or in the settings (`jwks`); nothing else is ever fetched, whatever a token names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from cds_service.http.addresses import RefusedError, check_secure, is_origin
from fhir_mappings.wording import languages
from hooks.protocol.client import Caller, CardText, GuideDefect
from hooks.protocol.crd_versions import CRD_VERSIONS
from hooks.protocol.payer import CardDetail, Delivery

ASYMMETRIC = frozenset({"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
"""Algorithms that a client may be registered with: none with a shared secret, and never "none"."""


_INLINE = "{"
"""How a key set begins that stands in the settings themselves."""
_LONGEST_NAME = 64


class ClientError(Exception):
    """A registration cannot be used; the message says which setting, and why."""


class ClientSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[clients]]`: one registered client.

    `dtr` says whether it launches DTR by itself: by default it does, unless it knows our form page (`smart_client_id`).
    """

    name: str
    iss: str
    jku: str = ""
    jwks: str | dict[str, Any] = ""
    fhir_servers: tuple[str, ...] = ()
    crd_version: str = ""
    delivery: Delivery | None = None
    tenant: str = ""
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    explain: bool = False
    card_text: CardText = CardText.MARKDOWN
    card_detail: CardDetail | None = None
    language: str = ""
    dtr: bool | None = None
    smart_client_id: str = ""
    empty_actions: bool = False
    avoids: tuple[GuideDefect, ...] = ()
    origins: tuple[str, ...] = ()
    notification_endpoints: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """Return the tenant whose the client's determinations are: the one that is named, else the client itself."""
        return self.tenant or self.name

    def caller(self) -> Caller:
        """Return what the registration says about answers."""
        dtr = not self.smart_client_id if self.dtr is None else self.dtr
        return Caller(
            self.owner,
            self.crd_version,
            self.delivery,
            self.explain,
            self.fhir_servers,
            card_text=self.card_text,
            dtr=dtr,
            smart_client_id=self.smart_client_id,
            card_detail=self.card_detail,
            language=self.language,
            empty_actions=self.empty_actions,
            avoids=self.avoids,
        )


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

    def key_set(self) -> bytes:
        """Return the key set that is not fetched: as it stands in the settings, or the file; raises OSError."""
        return self.jwks.encode() if self.jwks.startswith(_INLINE) else Path(self.jwks).read_bytes()


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
    if len(one.owner) > _LONGEST_NAME:
        raise ClientError(f"setting {place}: a name, and a tenant, has at most {_LONGEST_NAME} characters")
    if bool(one.jku) == bool(one.jwks):
        raise ClientError(f"setting {place}: give either jku (an address) or jwks (a file, or the key set itself)")
    for name, url in (("jku", one.jku), *_addresses_of(one)):
        _check_address(url, f"{place}.{name}", query=name == "jku")
    unknown = [name for name in one.algorithms if name not in ASYMMETRIC]
    if unknown or not one.algorithms:
        raise ClientError(f"setting {place}.algorithms: choose from {', '.join(sorted(ASYMMETRIC))}")
    _check_origins(one, place)
    if one.crd_version and one.crd_version not in CRD_VERSIONS:
        raise ClientError(f"setting {place}.crd_version: choose from {', '.join(CRD_VERSIONS)}")
    if one.language and one.language not in languages():
        raise ClientError(f"setting {place}.language: choose from {', '.join(languages())}")
    jwks = one.jwks if isinstance(one.jwks, str) else orjson.dumps(one.jwks).decode()
    found = Client(one.name, one.iss, one.jku, jwks, one.fhir_servers, one.algorithms, one.caller())
    _check_key_set(found, place)
    return found


def _addresses_of(one: ClientSettings) -> Iterator[tuple[str, str]]:
    for name in ("fhir_servers", "notification_endpoints"):
        yield from ((name, url) for url in getattr(one, name))


def _check_origins(one: ClientSettings, place: str) -> None:
    for origin in one.origins:
        if not is_origin(origin):
            raise ClientError(f"setting {place}.origins: '{origin}' is no origin such as https://ehr.example.org")


def _check_key_set(client: Client, place: str) -> None:
    """Raise ClientError for a key set file that cannot be read: no call of its client could ever be let in."""
    try:
        if client.jwks:
            client.key_set()
    except OSError as error:
        raise ClientError(f"setting {place}.jwks: the file {client.jwks} cannot be read: {error.strerror}") from None


def _check_address(url: str, place: str, *, query: bool) -> None:
    """Raise ClientError for an address that is not called; a key set's may have a query."""
    try:
        if url:
            check_secure(url, query=query)
    except RefusedError as error:
        raise ClientError(
            f"setting {place}: '{url}' must begin with https://, or http:// on loopback: {error}"
        ) from None
