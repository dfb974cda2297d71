"""A call of an order hook: the envelope, the draft orders and the prefetch, with every fault named by its place.

Sources: CDS Hooks 2.0, "Calling a CDS Service"; hook order-sign 1.0; CRD 2.0.1, supported hooks. Lenient where clients
are known to differ (a Bundle without a type, entries without fullUrl); strict about what a decision rests on.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from fhir_mappings import strict_json
from fhir_mappings.identity import local
from fhir_mappings.orders import ORDER_TYPES, Order
from fhir_mappings.resources import Resource
from hooks.body import Limits, not_json, taken_apart
from hooks.errors import Issue, UnprocessableError
from hooks.framing import Entries
from hooks.members import Members

_SUPPORTING = frozenset(
    {"Medication", "Substance", "Device", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole"}
)
_ORDER = msgspec.json.Decoder(Resource)
_AUTHORIZATION = "fhirAuthorization"
_BEARER = re.compile(r"[A-Za-z0-9._~+/=:|-]+")
"""The characters of a bearer token (RFC 6750, 2.1), and two more that servers are known to use."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A resource beside the orders in the draft bundle: its place, its text and its URL."""

    place: str
    raw: msgspec.Raw
    url: str


@dataclass(frozen=True, slots=True)
class Prefetch:
    """What the client sent of the patient: values by their key, and the entries of those that are bundles."""

    values: dict[str, msgspec.Raw]
    entries: Entries


@dataclass(frozen=True, slots=True)
class Call:
    """An accepted call.

    `authorization` is the client's fhirAuthorization as it stands in the body, `token` the access token in it. Neither
    is ever logged, kept or sent to anybody but the client's FHIR server.
    """

    hook: str
    hook_instance: str
    fhir_server: str
    patient: str
    orders: tuple[Order, ...]
    bundled: tuple[Bundled, ...]
    prefetch: Prefetch
    extension: dict[str, Any]
    authorization: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)

    @property
    def speaks_crd(self) -> bool:
        """Tell whether the caller shows that it knows CRD, by any of its extension keys."""
        return any(key.startswith("davinci-crd.") for key in self.extension)


def read_call(body: bytes, hook: str, limits: Limits) -> Call:
    """Read the body of a call to a service of a hook; raises a CallError that names every place that is wrong."""
    frame = taken_apart(body, limits)
    members = Members(frame.members)
    prefetch = members.inner("prefetch", required=False)
    named = members.text("hook")
    if named and named != hook:
        members.fault("hook", f"is '{named}', but this service is for {hook}")
    instance = _uuid(members, "hookInstance")
    server = members.text("fhirServer", required=False)
    authorization = _authorization(members)
    context = members.inner("context")
    context.text("userId")
    patient = _bare_id(context, "patientId")
    context.text("encounterId", required=False)
    drafts = context.inner("draftOrders")
    entries = _bundle_entries(drafts)
    extension = members.inner("extension", required=False)
    members.settle()
    orders, bundled = _Drafts(drafts.place("entry"), patient).read(entries)
    prefetched = Prefetch(dict(prefetch.raw), frame.entries)
    extended = extension.plain()
    token = _token(authorization)
    return Call(named, instance, server, patient, orders, bundled, prefetched, extended, authorization, token)


def _authorization(members: Members) -> bytes:
    """Return the text of fhirAuthorization; empty without one, or with null."""
    text = bytes(members.raw.get(_AUTHORIZATION, b""))
    if text in {b"", b"null"}:
        return b""
    members.inner(_AUTHORIZATION)
    return text


def _token(authorization: bytes) -> str:
    """Return the access token; empty where there is none that could be sent (open servers are given an empty one)."""
    token = msgspec.json.decode(authorization).get("access_token") if authorization else ""
    return token if isinstance(token, str) and _BEARER.fullmatch(token) else ""


def _uuid(members: Members, name: str) -> str:
    text = members.text(name)
    try:
        UUID(text)
    except ValueError:
        if text:
            members.fault(name, "is not a UUID")
    return text


def _bare_id(members: Members, name: str) -> str:
    text = members.text(name)
    if "/" in text:
        members.fault(name, "is not a bare id")
    return text


def _bundle_entries(drafts: Members) -> list[msgspec.Raw]:
    if drafts.raw and drafts.text("resourceType") not in {"", "Bundle"}:
        drafts.fault("resourceType", "is not Bundle")
    return drafts.entries("entry")


class _Drafts:
    """Reads the entries of the draft bundle."""

    def __init__(self, path: str, patient: str) -> None:
        self._path = path
        self._patient = patient
        self._issues: list[Issue] = []

    def read(self, entries: list[msgspec.Raw]) -> tuple[tuple[Order, ...], tuple[Bundled, ...]]:
        """Return the orders and what stands beside them; raises UnprocessableError."""
        orders: list[Order] = []
        bundled: list[Bundled] = []
        for index, raw in enumerate(entries):
            self._entry(f"{self._path}[{index}]", raw, orders, bundled)
        if not orders and not self._issues:
            self._fault(self._path, "there is no order in the bundle")
        if self._issues:
            raise UnprocessableError(self._issues)
        return tuple(orders), tuple(bundled)

    def _fault(self, place: str, text: str) -> None:
        self._issues.append(Issue(f"{place}: {text}", place))

    def _entry(self, place: str, raw: msgspec.Raw, orders: list[Order], bundled: list[Bundled]) -> None:
        here = f"{place}.resource"
        try:
            entry = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            resource = _ORDER.decode(entry["resource"])
            strict_json.check(bytes(entry["resource"]))
        except KeyError:
            self._fault(here, "is missing")
        except msgspec.ValidationError as error:
            self._fault(here, f"cannot be read: {error}")
        except strict_json.JsonError as error:
            raise not_json(error) from None
        else:
            if resource.resource_type in ORDER_TYPES:
                self._order(here, Order(resource, entry["resource"]), orders)
            else:
                self._beside(here, resource, entry, bundled)

    def _order(self, place: str, order: Order, orders: list[Order]) -> None:
        subject = order.resource.subject.reference if order.resource.subject else None
        whose = local(subject) if subject else None
        if not order.resource.id:
            self._fault(f"{place}.id", "is missing; an order needs an id that an answer can refer to")
        if whose is not None and whose != ("Patient", self._patient):
            self._fault(f"{place}.subject", "is not the patient of this call")
        orders.append(order)

    def _beside(self, place: str, resource: Resource, entry: dict[str, msgspec.Raw], bundled: list[Bundled]) -> None:
        if resource.resource_type not in _SUPPORTING:
            named = f"'{resource.resource_type}' is no order" if resource.resource_type else "has no resourceType"
            self._fault(place, named)
            return
        bundled.append(Bundled(place, entry["resource"], _url(entry)))


def _url(entry: dict[str, msgspec.Raw]) -> str:
    url = msgspec.json.decode(entry["fullUrl"]) if "fullUrl" in entry else ""
    return url if isinstance(url, str) else ""
