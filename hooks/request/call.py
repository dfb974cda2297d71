"""A call of a hook: the envelope, what it asks about and the prefetch, with every fault named by its place.

Sources: CDS Hooks 2.0, "Calling a CDS Service"; CRD 2.0.1 and 2.2.1, supported hooks. What stands in the context is
read by the hook's own reader (`hooks.descriptions`). Lenient where clients are known to differ (a Bundle without a
type, entries without fullUrl); strict about what a decision rests on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from fhir_mappings.chart.site_codes import NO_SITE_CODES, SiteCodes
from fhir_mappings.orders.orders import Order
from hooks.protocol.errors import Issue, TooLargeError, WrongHookError, reported_in
from hooks.protocol.json_fields import Members
from hooks.protocol.requested_version import requested_version
from hooks.request.body import Limits, taken_apart
from hooks.request.bundle_split import Entries

_NOTHING: Mapping[str, bytes] = MappingProxyType({})
_AUTHORIZATION = "fhirAuthorization"
_LONGEST_UUID = 64
_BEARER = re.compile(r"[A-Za-z0-9._~+/=:|-]+")
"""The characters of a bearer token (RFC 6750, 2.1), and two more that servers are known to use."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A resource beside the orders in a bundle of the context: its place, its text and its URL."""

    place: str
    raw: msgspec.Raw
    url: str


@dataclass(frozen=True, slots=True)
class Prefetch:
    """What the client sent of the patient: values by their key, and the entries of those that are bundles."""

    values: dict[str, msgspec.Raw]
    entries: Entries


@dataclass(frozen=True, slots=True)
class Brought:
    """What comes with a context: the prefetch, and the server that relative references are to (empty if unknown)."""

    prefetch: Prefetch
    server: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asks about, in the order of the call.

    `orders` are all that are judged together. Of these only `selected` are answered, if it is given. `appointments` are
    the appointments for an order, by its reference. `prefetched` are the orders that were taken from the prefetch, and
    `absent` those that the context names and nobody sent: the place of each in the context, by its reference. `sought`
    are named there too, and asked for; without them the call is answered all the same.
    """

    patient: str
    orders: tuple[Order, ...]
    bundled: tuple[Bundled, ...] = ()
    selected: frozenset[str] | None = None
    appointments: Mapping[str, tuple[Order, ...]] = field(default_factory=dict)
    prefetched: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    sought: frozenset[str] = frozenset()

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the references of what the context names and nobody sent."""
        return (*self.absent, *sorted(self.sought))

    def answers(self, order: Order) -> bool:
        """Whether an order is one of those that are answered."""
        return self.selected is None or order.reference in self.selected


ContextReader = Callable[[Members, Brought], Asked]
"""Reads the context of a hook; raises a CallError that names every place that is wrong."""


@dataclass(frozen=True, slots=True)
class Call:
    """An accepted call.

    `hook_instance` is a UUID: the client's, or one that stands for what it sent in its place (`is_odd_instance`).
    `user` is who uses the client, as Type/id; empty where the context of the hook has none.
    `authorization` is the client's fhirAuthorization as it stands in the body, `token` the access token in it. Neither
    is ever logged, kept or sent to anybody but the client's FHIR server. `site_codes` are those of
    its client on its day.
    """

    hook: str
    hook_instance: str
    fhir_server: str
    asked: Asked
    prefetch: Prefetch
    extension: dict[str, Any]
    user: str = ""
    authorization: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    site_codes: SiteCodes = NO_SITE_CODES
    is_odd_instance: bool = False

    def of_site(self, site_codes: SiteCodes) -> "Call":
        """Return the call with the site codes of its client on its day, by which its orders are read too."""
        if not site_codes.known:
            return self
        orders = tuple(order.of_site(site_codes) for order in self.asked.orders)
        return replace(self, site_codes=site_codes, asked=replace(self.asked, orders=orders))

    @property
    def patient(self) -> str:
        """Return the id of the patient."""
        return self.asked.patient

    @property
    def orders(self) -> tuple[Order, ...]:
        """Return the orders that are judged together."""
        return self.asked.orders

    @property
    def bundled(self) -> tuple[Bundled, ...]:
        """Return what stands beside the orders in the context."""
        return self.asked.bundled

    @property
    def speaks_crd(self) -> bool:
        """Whether the caller shows that it knows CRD, by any of its extension keys."""
        return any(key.startswith("davinci-crd.") for key in self.extension)


def read_call(
    body: bytes,
    hook: str,
    read: ContextReader,
    limits: Limits,
    version: str = "",
    fetched: Mapping[str, bytes] = _NOTHING,
) -> Call:
    """Read the body of a call to a service of a hook; raises a CallError that names every place that is wrong.

    `version` is the version of CRD that its client is registered with; errors are written in the one that the call asks
    for. `fetched` are resources that the context refers to and that were had elsewhere, by their references.
    """
    frame = taken_apart(body, limits)
    members = Members(frame.members)
    extension = members.inner("extension", required=False).plain()
    with reported_in(requested_version(extension, version).name):
        return _read(_Envelope(members, frame.entries, extension), hook, read, limits, fetched)


@dataclass(frozen=True, slots=True)
class _Envelope:
    """The members of a call, the entries that were cut out of its prefetch, and its extension."""

    members: Members
    entries: Entries
    extension: dict[str, Any]


def _read(envelope: _Envelope, hook: str, read: ContextReader, limits: Limits, fetched: Mapping[str, bytes]) -> Call:
    members = envelope.members
    prefetch = members.inner("prefetch", required=False)
    named, (instance, is_odd) = _hook(members, hook), _instance(members)
    server = members.text("fhirServer", required=False).rstrip("/")
    authorization = _authorization(members)
    values = dict(prefetch.raw) | {name: msgspec.Raw(one) for name, one in fetched.items()}
    brought, context = Brought(Prefetch(values, envelope.entries), server), members.inner("context")
    asked = read(context, brought)
    _check_size(asked, envelope.entries, limits)
    user, token = context.text("userId", required=False), _token(authorization)
    whole = named, instance, server, asked, brought.prefetch, envelope.extension, user, authorization, token
    return Call(*whole, is_odd_instance=is_odd)


def _check_size(asked: Asked, entries: Entries, limits: Limits) -> None:
    """Raise TooLargeError for more orders, or more resources in the prefetch, than a call may bring."""
    if len(asked.orders) > limits.max_orders:
        raise TooLargeError([Issue(f"the call holds more than {limits.max_orders} orders")])
    if sum(map(len, entries.values())) > limits.max_entries:
        raise TooLargeError([Issue(f"the prefetch holds more than {limits.max_entries} entries")])


def _hook(members: Members, hook: str) -> str:
    """Return the hook that a call names; another one than the service's has another context, and is not read on."""
    named = members.text("hook")
    if named and named != hook:
        raise WrongHookError([Issue(f"hook: this service is for {hook}, and not for what the call names", "hook")])
    return named


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


def _instance(members: Members) -> tuple[str, bool]:
    """Return hookInstance, and whether it is no UUID.

    CDS Hooks wants one, and kits and clients send other names all the same. It is logged and kept, so that a UUID
    stands for what is none: whatever it says, a patient's name too, goes no further.
    """
    text = members.text("hookInstance", longest=_LONGEST_UUID)
    try:
        UUID(text)
    except ValueError:
        return (str(uuid5(NAMESPACE_OID, text)), True) if text else ("", False)
    return text, False
