"""The resources that a call asks about: orders, appointments, encounters, with every fault named by its place.

Sources: CRD 2.0.1 and 2.2.1, supported hooks and HTTP response codes. Lenient where a decision does not rest on it: an
order without a requester is answered.
"""

from dataclasses import dataclass, field

import msgspec

from fhir_mappings.chart.resource_decoder import ENTRY
from fhir_mappings.orders.orders import ORDER_TYPES, Order
from fhir_mappings.orders.requests import missing_of, of_another, statuses_of
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.elements import is_id
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from hooks.protocol.errors import IdError, Issue, UnprocessableError, UnreadableError
from hooks.protocol.json_fields import ID_RULE
from hooks.request.body import not_json
from hooks.request.call import Bundled

SUPPORTING = frozenset(
    {"Medication", "Substance", "Device", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole"}
)
"""What may stand beside orders in a bundle of the context."""

_NONE_OR_A_LIST = (b"", b"[", b"n")
"""How the extensions of a resource begin: not there, a list, or null."""
_RESOURCE = msgspec.json.Decoder(Resource)


@dataclass(slots=True)
class AskedAbout:
    """Reads the resources that a call asks about, and notes what is wrong with them.

    `server` is the patient's, as far as it is known. `what` is the word for them in messages, `kinds` are the resource
    types that they can be of, `beside` those that may stand beside them in a bundle. `placed` are those that were read
    so far, each with its place.
    """

    patient: str
    what: str = "order"
    kinds: frozenset[str] = ORDER_TYPES
    beside: frozenset[str] = SUPPORTING
    server: str = ""
    placed: list[tuple[str, Order]] = field(default_factory=list)
    bundled: list[Bundled] = field(default_factory=list)
    _named: dict[str, Order] = field(default_factory=dict)
    _unfit: list[Issue] = field(default_factory=list)
    _unreadable: list[Issue] = field(default_factory=list)
    _no_ids: list[Issue] = field(default_factory=list)

    @property
    def orders(self) -> tuple[Order, ...]:
        """Return what was read so far, without the places."""
        return tuple(order for _, order in self.placed)

    def read_bundle(self, place: str, entries: list[msgspec.Raw]) -> None:
        """Read the entries of a bundle: what is asked about, and what stands beside it; raises a CallError."""
        for index, raw in enumerate(entries):
            self._entry(f"{place}[{index}].resource", raw)
        if not self.placed and not (self._unfit or self._unreadable or self._no_ids):
            self.unfit(place, f"there is no {self.what} in the bundle")
        self.settle()

    def read(self, place: str, raw: msgspec.Raw) -> Order | None:
        """Read one resource that is asked about; a fault is noted, and None if it cannot be read at all."""
        resource = self._decoded(place, raw)
        return self._taken(place, Order(resource, raw)) if resource is not None else None

    def unfit(self, place: str, text: str) -> None:
        """Note what CRD does not allow."""
        self._unfit.append(Issue(f"{place}: {text}", place))

    def settle(self) -> None:
        """Raise UnreadableError or UnprocessableError if faults were noted; each names them all."""
        if self._no_ids:
            raise IdError(self._no_ids)
        if self._unreadable:
            raise UnreadableError([*self._unreadable, *self._unfit])
        if self._unfit:
            raise UnprocessableError(self._unfit)

    def _entry(self, place: str, raw: msgspec.Raw) -> None:
        try:
            entry = ENTRY.decode(raw)
        except msgspec.ValidationError as error:
            self._broken(place, f"cannot be read: {error}")
            return
        if not entry.resource:
            self._broken(place, "is missing")
            return
        resource = self._decoded(place, entry.resource)
        if resource is not None and resource.resource_type in self.beside:
            self.bundled.append(Bundled(place, entry.resource, entry.url))
        elif resource is not None:
            self._taken(place, Order(resource, entry.resource, entry.url))

    def _decoded(self, place: str, raw: msgspec.Raw) -> Resource | None:
        try:
            resource = _RESOURCE.decode(raw)
            strict_json.check(bytes(raw))
        except msgspec.ValidationError as error:
            self._broken(place, f"cannot be read: {error}")
            return None
        except strict_json.JsonError as error:
            raise not_json(error) from None
        return resource

    def _taken(self, place: str, order: Order) -> Order:
        """Keep what is asked about, and note what is wrong with it."""
        resource = order.resource
        if resource.resource_type not in self.kinds:
            unfit = f"is of a type that is no {self.what}" if resource.resource_type else "has no resourceType"
            self.unfit(place, unfit)
            return order
        allowed = statuses_of(resource.resource_type)
        if not resource.id:
            self.unfit(f"{place}.id", f"is missing; an {self.what} needs an id that an answer can refer to")
        elif not is_id(resource.id):
            self._no_ids.append(Issue(f"{place}.id: is no id ({ID_RULE})", f"{place}.id"))
        if resource.status is not None and resource.status not in allowed:
            self._broken(f"{place}.status", f"is none of: {', '.join(sorted(allowed))}")
        for member in missing_of(resource):
            self.unfit(f"{place}.{member}", f"is missing; FHIR requires it of this {self.what}")
        if bytes(resource.extension).lstrip()[:1] not in _NONE_OR_A_LIST:
            self._broken(f"{place}.extension", "is not a list")
        if member := of_another(order, PatientIdentity(self.patient, self.server)):
            self.unfit(f"{place}.{member}", "is not the patient of this call")
        self._keep(place, order)
        return order

    def _keep(self, place: str, order: Order) -> None:
        """Keep what is asked about. The same twice is one; of two under one id no answer could say which it means."""
        same = self._named.setdefault(order.reference, order) if order.resource.id else order
        if same is order:
            self.placed.append((place, order))
        elif msgspec.json.decode(same.raw) != msgspec.json.decode(order.raw):
            self.unfit(f"{place}.id", f"is the id of another {self.what} of this call")

    def _broken(self, place: str, text: str) -> None:
        self._unreadable.append(Issue(f"{place}: {text}", place))
