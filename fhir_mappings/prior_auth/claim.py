"""A Claim for a prior authorization: what is asked for, for whom, of whom; read as far as its profile demands.

Source: PAS 2.2.1, PASClaim, PASClaimUpdate, PASClaimInquiry. What those profiles make mandatory for X12 alone (category
and place of an item, its request and certification types) decides nothing here, and may be missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.prior_auth.bundles import BundleError, Entry, Fault, PasBundle, references
from fhir_mappings.prior_auth.json_values import coded, codes, extensions, inner, objects, pairs, text
from fhir_mappings.prior_auth.pas_urls import CANCELLED_TYPE, CERTIFICATION_TYPES, LEVELS_OF_SERVICE, NO_CODE, NPI

Json = dict[str, Any]
_EXPEDITED = frozenset({"stat", "urgent"})
_EXPEDITED_LEVELS = frozenset({"U", "03"})
"""Levels of service (X12 1338) that cannot wait: urgent, emergency."""
_NEEDED = ("type", "patient", "created", "insurer", "provider", "priority")
_OBJECTS = frozenset({"type", "patient", "insurer", "provider", "priority"})
_PARTIES = ("patient", "insurer", "provider")


@dataclass(frozen=True, slots=True)
class ClaimItem:
    """One line of a request: what stands in it, and the order that it is for (its entry, if one was named).

    `change` is added or changed where an update says so.
    """

    sequence: int
    raw: Json
    service: Entry | None
    change: str = ""

    @property
    def product(self) -> Json:
        """Return the product or service as it is coded."""
        return inner(self.raw.get("productOrService"))

    @property
    def has_code(self) -> bool:
        """Whether its code names a product; "not-applicable" says that none is meant (spec-43)."""
        return bool(codes(self.product) - {NO_CODE, ""})

    @property
    def quantity(self) -> Json:
        """Return the quantity that is asked for; empty if none is named."""
        return inner(self.raw.get("quantity"))

    @property
    def is_cancelled(self) -> bool:
        """Whether it is asked for no longer (spec-69, spec-70)."""
        flagged = any(one.get("valueBoolean") is True for one in extensions(self.raw, "infoCancelled", modifier=True))
        return flagged or CANCELLED_TYPE in coded(self.raw, "certificationType", CERTIFICATION_TYPES)

    @property
    def days(self) -> tuple[str, str]:
        """Return the first and the last day of the service as written; empty where nothing says."""
        on = text(self.raw.get("servicedDate"))
        period = inner(self.raw.get("servicedPeriod"))
        return (on, on) if on else (text(period.get("start")), text(period.get("end")))


@dataclass(frozen=True, slots=True)
class PasClaim:
    """A Claim with what it refers to; `lost` tells how many references of the Bundle lead nowhere in it."""

    entry: Entry
    patient: Entry | None
    insurer: Entry | None
    provider: Entry | None
    coverages: tuple[Entry, ...]
    items: tuple[ClaimItem, ...]
    prior: Entry | None
    is_update: bool
    lost: int

    @property
    def resource(self) -> Json:
        """Return the Claim as it came."""
        return self.entry.resource

    @property
    def identifiers(self) -> frozenset[tuple[str, str]]:
        """Return its identifiers as system and value."""
        return pairs(self.resource.get("identifier"))

    @property
    def is_expedited(self) -> bool:
        """Whether it must be decided in the shorter time: by its priority, or its level of service."""
        level = coded(self.resource, "levelOfServiceCode", LEVELS_OF_SERVICE)
        return bool(codes(self.resource.get("priority")) & _EXPEDITED or level & _EXPEDITED_LEVELS)

    @property
    def is_cancelled(self) -> bool:
        """Whether an update takes the whole request back: it says so itself, or has no items."""
        return self.is_update and (
            not self.items or CANCELLED_TYPE in coded(self.resource, "certificationType", CERTIFICATION_TYPES)
        )

    @property
    def last_day(self) -> str:
        """Return the last day of all services as written; empty where nothing says."""
        return max((one.days[1][:10] for one in self.items), default="")


def read_claim(bundle: PasBundle, *, is_inquiry: bool = False) -> PasClaim:
    """Read the Claim of a Bundle; raises BundleError that names every place that is wrong.

    Whom an inquiry is about need not be in its Bundle by more than its profile asks: patient, insurer, provider.
    """
    faults = list(_of_claim(bundle, is_inquiry=is_inquiry))
    if faults:
        raise BundleError(faults)
    entry, claim = bundle.claim, bundle.claim.resource
    party: Mapping[str, Entry | None] = {name: bundle.resolve(claim[name], entry) for name in _PARTIES}
    insured = (bundle.resolve(one.get("coverage"), entry) for one in objects(claim.get("insurance")))
    related = [inner(one.get("claim")) for one in objects(claim.get("related"))]
    return PasClaim(
        entry=entry,
        patient=party["patient"],
        insurer=party["insurer"],
        provider=party["provider"],
        coverages=tuple(one for one in insured if one is not None),
        items=tuple(_item(one, bundle) for one in objects(claim.get("item"))),
        prior=next((found for one in related if (found := bundle.resolve(one, entry)) is not None), None),
        is_update=bool(related),
        lost=len(set(_lost(bundle))),
    )


def _item(raw: Json, bundle: PasBundle) -> ClaimItem:
    named = next((one.get("valueReference") for one in extensions(raw, "requestedService")), None)
    change = next((text(one.get("valueCode")) for one in extensions(raw, "infoChanged")), "")
    return ClaimItem(int(raw["sequence"]), raw, bundle.resolve(named, bundle.claim), change)


def _lost(bundle: PasBundle) -> Iterator[str]:
    """Yield the references that the Claim makes to what supports it, or is ordered by it, and that lead nowhere."""
    claim = bundle.claim.resource
    for part in (claim.get("supportingInfo"), claim.get("item")):
        for one in references(part):
            if not one["reference"].startswith("#") and bundle.resolve(one, bundle.claim) is None:
                yield one["reference"]


def _of_claim(bundle: PasBundle, *, is_inquiry: bool) -> Iterator[Fault]:
    place, claim = "Bundle.entry[0].resource", bundle.claim.resource
    yield from _of_head(claim, place)
    for name in _PARTIES:
        if isinstance(claim.get(name), dict) and bundle.resolve(claim[name], bundle.claim) is None:
            yield Fault("refers to nothing in the Bundle", f"{place}.{name}")
    yield from _of_insurance(bundle, place)
    yield from _of_sequences(claim, place)
    yield from _of_items(claim, place, is_inquiry=is_inquiry)


def _of_head(claim: Json, place: str) -> Iterator[Fault]:
    if not pairs(claim.get("identifier")):
        yield Fault("is missing", f"{place}.identifier")
    for name, value in (("status", "active"), ("use", "preauthorization")):
        if claim.get(name) != value:
            yield Fault(f"is not {value}", f"{place}.{name}")
    for name in _NEEDED:
        is_there = bool(inner(claim.get(name)) if name in _OBJECTS else text(claim.get(name)))
        if not is_there:
            yield Fault("is missing", f"{place}.{name}")


def _of_insurance(bundle: PasBundle, place: str) -> Iterator[Fault]:
    found = bundle.claim.resource.get("insurance")
    if not objects(found):
        yield Fault("is missing", f"{place}.insurance")
    for index, one in enumerate(objects(found)):
        covered = bundle.resolve(one.get("coverage"), bundle.claim)
        if covered is None or covered.kind != "Coverage":
            yield Fault("refers to no Coverage in the Bundle", f"{place}.insurance[{index}].coverage")


def _of_sequences(claim: Json, place: str) -> Iterator[Fault]:
    for name in ("item", "supportingInfo", "insurance", "careTeam", "diagnosis"):
        value = claim.get(name)
        if value is not None and (not isinstance(value, list) or len(objects(value)) < len(value)):
            yield Fault("is no list of elements", f"{place}.{name}")
            continue
        seen: set[int] = set()
        for index, one in enumerate(objects(value)):
            number = one.get("sequence")
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                yield Fault("is missing, or no positive number", f"{place}.{name}[{index}].sequence")
            elif number in seen:
                yield Fault("stands in another element too", f"{place}.{name}[{index}].sequence")
            else:
                seen.add(number)


def _of_items(claim: Json, place: str, *, is_inquiry: bool) -> Iterator[Fault]:
    items = objects(claim.get("item"))
    if not items and not is_inquiry and not objects(claim.get("related")):
        yield Fault("is missing", f"{place}.item")
    for index, one in enumerate(items):
        if not inner(one.get("productOrService")):
            yield Fault("is missing", f"{place}.item[{index}].productOrService")
    for index, one in enumerate(objects(claim.get("supportingInfo"))):
        if not inner(one.get("category")):
            yield Fault("is missing", f"{place}.supportingInfo[{index}].category")


def npis(bundle: PasBundle, claim: PasClaim) -> frozenset[str]:
    """Return the NPI of each provider of a request: who asks, orders or renders, and whom those stand for."""
    seen: dict[str, Entry] = {}
    team = objects(claim.resource.get("careTeam"))
    named = [claim.provider, *(bundle.resolve(one.get("provider"), claim.entry) for one in team)]
    ordered = (one.service for one in claim.items if one.service is not None)
    named += [
        bundle.resolve(order.resource.get(name), order) for order in ordered for name in ("requester", "performer")
    ]
    while named:
        one = named.pop()
        if one is None or one.url in seen:
            continue
        seen[one.url] = one
        if one.kind == "PractitionerRole":
            named += [bundle.resolve(one.resource.get(name), one) for name in ("practitioner", "organization")]
    found = (pair for one in seen.values() for pair in pairs(one.resource.get("identifier")))
    return frozenset(value for system, value in found if system == NPI)


def organization_of(bundle: PasBundle, provider: Entry | None) -> frozenset[tuple[str, str]]:
    """Return the identifiers of the organization that sends: the provider, or whom a PractitionerRole works for."""
    if provider is None:
        return frozenset()
    worked_for = bundle.resolve(provider.resource.get("organization"), provider)
    found = [provider, *([worked_for] if worked_for is not None else [])]
    return frozenset(pair for one in found for pair in pairs(one.resource.get("identifier")))
