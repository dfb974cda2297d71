"""What the contexts of several hooks have in common: who is asked about, and bundles of what is asked about.

Sources: CDS Hooks library 1.0, the context of each hook; CRD 2.0.1 and 2.2.1, supported hooks.
"""

import re
from dataclasses import dataclass, field

import msgspec

from fhir_mappings import strict_json
from fhir_mappings.asked import of_another, statuses_of
from fhir_mappings.orders import ORDER_TYPES, Order
from fhir_mappings.resources import Resource
from hooks.body import not_json
from hooks.call import Bundled
from hooks.errors import Issue, UnprocessableError, UnreadableError
from hooks.members import Members

SUPPORTING = frozenset(
    {"Medication", "Substance", "Device", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole"}
)
"""What may stand beside orders in a bundle of the context."""

_REFERENCE = re.compile(r"\w+/[\w.-]+")
_RESOURCE = msgspec.json.Decoder(Resource)


def patient_of_user(context: Members) -> str:
    """Read the user and the patient of a context, which most hooks have; returns the patient's id."""
    context.text("userId")
    return bare_id(context, "patientId")


def encounter(context: Members, *, required: bool = True) -> str:
    """Return the id of the encounter that a context names; where it can be left out, its form is not looked at."""
    return bare_id(context, "encounterId") if required else context.text("encounterId", required=False)


def bare_id(members: Members, name: str) -> str:
    """Return a member that is the id of a resource, without its type; else note the fault."""
    text = members.text(name)
    if "/" in text:
        members.fault(name, "is not a bare id")
    return text


def bundle_entries(context: Members, name: str) -> list[msgspec.Raw]:
    """Return the entries of a bundle in the context; a fault of its shape is noted."""
    bundle = context.inner(name)
    if bundle.raw and bundle.text("resourceType") not in {"", "Bundle"}:
        bundle.fault("resourceType", "is not Bundle")
    return bundle.entries("entry")


def references(context: Members, name: str) -> dict[str, str]:
    """Return the references (Type/id) in a list of the context by their places; what is none is noted."""
    found: dict[str, str] = {}
    for index, raw in enumerate(context.entries(name)):
        member = f"{name}[{index}]"
        try:
            text = msgspec.json.decode(raw, type=str)
        except msgspec.ValidationError:
            text = ""
        check_reference(context, member, text)
        found[context.place(member)] = text
    return found


def check_reference(context: Members, member: str, text: str) -> None:
    """Note a fault if a text is no reference of the form Type/id."""
    if not _REFERENCE.fullmatch(text):
        context.fault(member, "is not a reference of the form Type/id")


@dataclass(slots=True)
class AskedAbout:
    """Reads the resources that a call asks about, and notes what is wrong with them.

    `what` is the word for them in messages, `kinds` are the resource types that they can be of.
    """

    patient: str
    what: str = "order"
    kinds: frozenset[str] = ORDER_TYPES
    beside: frozenset[str] = SUPPORTING
    orders: list[Order] = field(default_factory=list)
    bundled: list[Bundled] = field(default_factory=list)
    _unfit: list[Issue] = field(default_factory=list)
    _unreadable: list[Issue] = field(default_factory=list)

    def read_bundle(self, place: str, entries: list[msgspec.Raw]) -> None:
        """Read the entries of a bundle: what is asked about, and what stands beside it; raises a CallError."""
        for index, raw in enumerate(entries):
            self._entry(f"{place}[{index}].resource", raw)
        if not self.orders and not self._unfit and not self._unreadable:
            self.unfit(place, f"there is no {self.what} in the bundle")
        self.settle()

    def read(self, place: str, raw: msgspec.Raw) -> Order | None:
        """Read one resource that is asked about; a fault is noted, and None if it cannot be read at all."""
        resource = self._decoded(place, raw)
        if resource is None:
            return None
        if resource.resource_type not in self.kinds:
            named = f"'{resource.resource_type}' is no {self.what}" if resource.resource_type else "has no resourceType"
            self.unfit(place, named)
        return self._checked(place, Order(resource, raw))

    def unfit(self, place: str, text: str) -> None:
        """Note what CRD does not allow."""
        self._unfit.append(Issue(f"{place}: {text}", place))

    def settle(self) -> None:
        """Raise UnreadableError or UnprocessableError if faults were noted; each names them all."""
        if self._unreadable:
            raise UnreadableError([*self._unreadable, *self._unfit])
        if self._unfit:
            raise UnprocessableError(self._unfit)

    def _entry(self, place: str, raw: msgspec.Raw) -> None:
        try:
            entry = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except msgspec.ValidationError as error:
            self._broken(place, f"cannot be read: {error}")
            return
        if "resource" not in entry:
            self._broken(place, "is missing")
            return
        resource = self._decoded(place, entry["resource"])
        if resource is not None and resource.resource_type in self.beside:
            self.bundled.append(Bundled(place, entry["resource"], _url(entry)))
        elif resource is not None and (order := self.read(place, entry["resource"])) is not None:
            self.orders.append(order)

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

    def _checked(self, place: str, order: Order) -> Order:
        resource = order.resource
        allowed = statuses_of(resource.resource_type)
        if not resource.id:
            self.unfit(f"{place}.id", f"is missing; an {self.what} needs an id that an answer can refer to")
        if resource.status is not None and allowed and resource.status not in allowed:
            self._broken(f"{place}.status", f"is none of: {', '.join(sorted(allowed))}")
        if member := of_another(order, self.patient):
            self.unfit(f"{place}.{member}", "is not the patient of this call")
        return order

    def _broken(self, place: str, text: str) -> None:
        self._unreadable.append(Issue(f"{place}: {text}", place))


def _url(entry: dict[str, msgspec.Raw]) -> str:
    url = msgspec.json.decode(entry["fullUrl"]) if "fullUrl" in entry else ""
    return url if isinstance(url, str) else ""
