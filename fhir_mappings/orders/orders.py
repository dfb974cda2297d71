"""A draft order: as it is read, as it was sent, what of it matters whatever it is for, and the date it is judged by.

Source: FHIR R4, the resources' own pages: status, intent, doNotPerform; the date by reading 17 of the payer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import Any

import msgspec

from fhir_mappings.chart.site_codes import SiteCode, SiteCodes
from fhir_mappings.clinical.dates import day
from fhir_mappings.r4.elements import Reference
from fhir_mappings.r4.raw_marks import marks_of
from fhir_mappings.r4.references import local
from fhir_mappings.r4.references import named as named_by_reference
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import NOT_ORDERS
from policies.model.dates import CallDay, OrderDate

ORDER_TYPES = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
"""The resources that CRD counts as orders (CRD 2.0.1 and 2.2.1, order-sign context)."""

_NO_LONGER_WANTED = frozenset({"entered-in-error", "cancelled", "stopped", "revoked", "noshow"})
_PLANNED = frozenset({"draft", "active"})
_RESOURCE = msgspec.json.Decoder(Resource)


class _Insured(msgspec.Struct, frozen=True, gc=False):
    insurance: tuple[Reference, ...] = ()


class _Words(msgspec.Struct, frozen=True, gc=False):
    text: str | None = None


class _Remarked(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    note: tuple[_Words, ...] = ()
    dosage_instruction: tuple[_Words, ...] = ()


_TEXT: Callable[[_Words], str | None] = attrgetter("text")
_REMARKED = msgspec.json.Decoder(_Remarked)
_INSURED = msgspec.json.Decoder(_Insured)


@dataclass(frozen=True)
class Order:
    """One draft order: as it is read, as sent, and the URL that its bundle gives it.

    `site_codes` are those by which it is read; one that `is_torn` bears another code that says something else. Without
    slots: what was read of its text is kept on it.
    """

    resource: Resource
    raw: msgspec.Raw
    url: str = ""
    site_codes: tuple[SiteCode, ...] = ()
    is_torn: bool = False

    def of_site(self, site_codes: SiteCodes) -> "Order":
        """Return it as it is read with the codes that a site's own mean; what was sent stays as it is."""
        mapped = site_codes.mapped(self.raw)
        if not mapped.used:
            return self
        return replace(self, resource=_RESOURCE.decode(mapped.raw), site_codes=mapped.used, is_torn=mapped.is_torn)

    @cached_property
    def reference(self) -> str:
        """Return Type/id."""
        return self.resource.reference

    @cached_property
    def content(self) -> dict[str, Any]:
        """Return what was sent, as plain values."""
        found: dict[str, Any] = msgspec.json.decode(self.raw)
        return found

    @property
    def kind(self) -> str:
        """Return its resource type."""
        return self.resource.resource_type

    @property
    def status(self) -> str:
        """Return its status; that of a draft where it gives none."""
        return self.resource.status or "draft"

    @property
    def written(self) -> str:
        """Return when it was written, as it says; empty where it does not."""
        return self.resource.authored_on or ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what is written in it in words: its notes, and the texts of its dosage; none where they are torn."""
        try:
            remarked = _REMARKED.decode(self.raw)
        except msgspec.ValidationError:
            return ()
        return tuple(filter(None, map(_TEXT, (*remarked.note, *remarked.dosage_instruction))))

    @property
    def medication(self) -> str:
        """Return Type/id of the Medication that it points to; empty if it points to none."""
        return "/".join(named_by_reference(self.resource.medication_reference) or ())

    @property
    def is_refusal(self) -> bool:
        """Whether the order says that something is not to be done, or is wanted no longer."""
        return self.resource.do_not_perform or self.resource.status in _NO_LONGER_WANTED

    @property
    def is_meant(self) -> bool:
        """Whether it really asks that something be given: no plan, no refusal, and nothing in it turns it round."""
        planned = self.status in _PLANNED and (self.resource.intent or "order") not in NOT_ORDERS
        return planned and not self.is_refusal and not marks_of(self.raw)

    @property
    def insurances(self) -> frozenset[str]:
        """Return Type/id of the Coverages that it names as its insurance; none of one that cannot be read."""
        try:
            named = {local(one.reference or "") for one in _INSURED.decode(self.raw).insurance}
        except msgspec.ValidationError:
            return frozenset()
        return frozenset("/".join(pair) for pair in named if pair is not None and pair[0] == "Coverage")


@dataclass(frozen=True, slots=True)
class AsOf:
    """The date that an order is judged by; `future` and `unread` hold an authoredOn that could not be used."""

    day: OrderDate
    future: str = ""
    unread: str = ""


def as_of(order: Order, signed: CallDay) -> AsOf:
    """Return the order's own date, else the day of its call; one to come, or not given to the day, counts as that."""
    written, without = order.written, OrderDate(signed)
    if not written:
        return AsOf(without)
    found = day(written)
    if found is None:
        return AsOf(without, unread=written)
    return AsOf(without, future=written) if found > signed else AsOf(OrderDate(found))
