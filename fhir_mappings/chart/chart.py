"""The chart: what a call brings of the patient, sorted by what the policies ask for.

Key names of the prefetch do not matter, nor whether resources come singly, in searchsets, in collections, or twice.
Resources of other patients are never used. One pass over the resources, one dictionary lookup a code.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

import msgspec
from msgspec import structs

from fhir_mappings.chart.site_codes import NO_SITE_CODES, SiteCode, SiteCodes
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.names import GENE
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.claimed_treatments import Billed, records_of
from fhir_mappings.r4.claims import CLAIMS, Claim
from fhir_mappings.r4.references import PatientIdentity, local
from fhir_mappings.r4.resource_versions import older
from fhir_mappings.r4.resources import Reference, Resource, contained_in, ingredients, references
from policies.kinds.registry import ANY_TEST
from policies.model.fact_kinds import named_pattern, words
from policies.terminology.value_sets import Coding

TREATMENTS = frozenset(
    {
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationStatement",
        "MedicationRequest",
        "Procedure",
    }
)
GIVINGS = TREATMENTS | CLAIMS
"""What says that something was given, or done."""
DOCUMENTS = frozenset({"DocumentReference", "DiagnosticReport", "ImagingStudy"})
EVENTS = frozenset({"AdverseEvent"})
_OF_THE_PATIENT = GIVINGS | DOCUMENTS | EVENTS | {"Condition", "Observation"}
KEPT = _OF_THE_PATIENT | {"Patient", "Coverage", "Organization", "Medication", "Substance", "Specimen"}
NAMED = "urn:named"
"""Stands in the place of a code system where a test is not coded, and named in words."""
_FINAL = frozenset({"final", "amended", "corrected", "appended"})
IN_PART = (_OF_THE_PATIENT | {"Patient"}) - DOCUMENTS - EVENTS - CLAIMS
"""The types of which a resource is kept where it cannot be read in full: it may say what nothing else says."""
CLINICAL = _OF_THE_PATIENT | {"Patient", "Medication", "Substance"}
"""What facts are read from; the rest says who pays."""


class Located(msgspec.Struct, frozen=True, gc=False):
    """A resource with the URL that its bundle gives it, what its text says is wrong with it, and what was unreadable.

    `lost` are the names of the members that could not be read; `claim` is there where it is one. `site_codes` are those
    by which codes were put beside its own.
    """

    resource: Resource
    url: str = ""
    marks: frozenset[Doubt] = frozenset()
    lost: frozenset[str] = frozenset()
    claim: Claim | None = None
    site_codes: tuple[SiteCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What could not be read or fetched, or says of nobody whose it is: its name and why.

    `sought` is false for what nobody tried to get: it is unknown whether there is anything.
    """

    reference: str
    reason: str
    sought: bool = True


class Why(Enum):
    """Why a part of a chart is not at hand."""

    FURTHER_PAGES = "there are further pages"
    FEWER_THAN_TOTAL = "less came than there is"
    OUTCOME = "the sender says that something went wrong"
    NOT_PROVIDED = "the sender could not provide it"
    NOT_HAD = "it was asked for, and not had"
    NOT_ASKED = "it did not come, and could not be asked for"
    UNREADABLE = "it cannot be read"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a chart is known to lack: the type of resource (empty if that is not known), and why."""

    kind: str
    why: Why


@dataclass(slots=True)
class Links:
    """What records of a chart name: each resource once, by its place; `made` are the values made of resources."""

    named: list[Resource] = field(default_factory=list)
    made: dict[int, Any] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)

    def place(self, resource: Resource) -> int:
        """Return the place of a resource."""
        found = self._places.get(id(resource))
        if found is None:
            found = self._places[id(resource)] = len(self.named)
            self.named.append(resource)
        return found


@dataclass(slots=True)
class Chart:
    """The patient's resources by use. Built by `build`; not changed afterwards."""

    identity: PatientIdentity
    patient: Resource | None = None
    conditions: list[Resource] = field(default_factory=list)
    observations: list[Resource] = field(default_factory=list)
    treatments: list[Resource] = field(default_factory=list)
    documents: list[Resource] = field(default_factory=list)
    events: list[Resource] = field(default_factory=list)
    coverages: list[Resource] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    lost_of_patient: frozenset[str] = frozenset()
    lacks: tuple[Lack, ...] = ()
    site_codes: dict[str, tuple[SiteCode, ...]] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    _index: dict[str, Resource] = field(default_factory=dict)
    _seen: dict[str, Resource | set[bytes]] = field(default_factory=dict)
    _marks: dict[int, frozenset[Doubt]] = field(default_factory=dict)
    _marked: dict[str, frozenset[Doubt]] = field(default_factory=dict)

    @property
    def is_deceased(self) -> bool:
        """Whether the patient is recorded as deceased."""
        one = self.patient
        return one is not None and bool(one.deceased_boolean or one.deceased_date_time)

    def is_new(self, item: Located) -> bool:
        """Whether this very content was not seen under its id before; two contents of one id are both kept."""
        resource = item.resource
        if resource.id is None:
            return True
        name = resource.reference
        if item.marks:
            self._marked[name] = self._marked.get(name, frozenset()) | item.marks
        content = structs.replace(resource, meta=None) if resource.meta else resource
        known = self._seen.get(name)
        if known is None:
            self._seen[name] = content
            return True
        written = known if isinstance(known, set) else {msgspec.json.encode(known)}
        self._seen[name] = written
        before = len(written)
        written.add(msgspec.json.encode(content))
        return len(written) > before

    def marks(self, resource: Resource) -> frozenset[Doubt]:
        """Return what the JSON text of a resource, or of another version of it that is on hand, says is wrong."""
        found = self._marks.get(id(resource), frozenset())
        return found | self._marked.get(resource.reference, frozenset()) if self._marked else found

    def resolve(self, reference: Reference | None, within: Resource | None = None) -> Resource | None:
        """Find what a reference points to: contained in `within`, or in the call by URL or Type/id; else None."""
        if reference is None or not reference.reference:
            return None
        text = reference.reference
        if text.startswith("#"):
            inside = within.contained if within else ()
            return next((one for one in inside if one.id == text[1:]), None)
        pair = local(text) if self.identity.is_home(text) else None
        return self._index.get(text) or (self._index.get("/".join(pair)) if pair else None)

    def site_codes_of(self, reference: str) -> tuple[SiteCode, ...]:
        """Return the site codes by which a record, what it stands in, or the product that it points to is read."""
        name = reference.partition("#")[0]
        record = self._index.get(name)
        medication = self.resolve(record.medication_reference, record) if record is not None else None
        parts = ingredients(medication.ingredient) if medication is not None else ()
        substances = (self.resolve(one.item_reference, medication) for one in parts)
        named = (name, *(one.reference for one in (medication, *substances) if one is not None))
        return tuple(dict.fromkeys(one for each in named for one in self.site_codes.get(each, ())))

    def index(self, located: Located) -> None:
        """Make a resource findable by its URL and by Type/id, and keep what is wrong with it."""
        if located.marks:
            self._marks[id(located.resource)] = located.marks
        if located.url:
            self._index.setdefault(located.url, located.resource)
        if located.resource.id:
            self._index.setdefault(located.resource.reference, located.resource)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a chart keeps: of Observations those with a code that a policy looks for; `bare` are the codes alone.

    `names` finds the names of their tests in words. `site_codes` are local codes that mean such codes.
    """

    codes: frozenset[Coding]
    bare: frozenset[str]
    names: re.Pattern[str] = ANY_TEST
    site_codes: SiteCodes = NO_SITE_CODES

    def of_site(self, site_codes: SiteCodes) -> "Wanted":
        """Return what is kept where local codes are known too."""
        return replace(self, bare=self.bare | site_codes.bare, site_codes=site_codes) if site_codes.known else self

    def keeps(self, resource: Resource) -> bool:
        """Whether a resource is kept."""
        if resource.resource_type == "Observation":
            parts = (resource, *resource.component)
            return (
                _wanted(parts, self.codes)
                or is_named(parts, self.names)
                or names_gene(part.value_codeable_concept for part in parts)
            )
        return resource.resource_type in KEPT


@cache
def wanted(observation_codes: frozenset[Coding]) -> Wanted:
    """Return what a chart keeps for these codes of Observations; those of NAMED are words that name a test."""
    codes = frozenset(one for one in observation_codes if one[0] != NAMED)
    own = sorted(word for system, word in observation_codes - codes)
    names = words("|".join((ANY_TEST.pattern, *map(named_pattern, own)))) if own else ANY_TEST
    return Wanted(codes, frozenset(code for _, code in codes), names)


def build(
    located: Iterable[Located],
    identity: PatientIdentity,
    observation_codes: frozenset[Coding],
    unreadable: Iterable[Unreadable] = (),
) -> Chart:
    """Sort resources into a chart; of Observations only those with a wanted code, in the whole or in a component."""
    chart = Chart(identity, unreadable=list(unreadable))
    keeps = wanted(observation_codes).keeps
    kept = [item for item in located if keeps(item.resource)]
    replaced = older([(item.url, item.resource) for item in kept])
    current = [item for item in kept if id(item.resource) not in replaced]
    for item in current:
        _add(chart, item)
        if item.site_codes:
            name = item.resource.reference
            chart.site_codes[name] = tuple(dict.fromkeys((*chart.site_codes.get(name, ()), *item.site_codes)))
    _add_claimed(chart, current)
    return chart


def _add_claimed(chart: Chart, items: list[Located]) -> None:
    """Add what the patient's claims say was given; all of them at once, since one may take back another."""
    own = [one for one in items if one.claim is not None and _is_own(chart, one, _owner(chart, one.resource))]
    marks: dict[str, frozenset[Doubt]] = {}
    for one in own:
        marks[one.resource.reference] = marks.get(one.resource.reference, frozenset()) | one.marks
    for record in records_of(Billed(one.resource, one.claim) for one in own if one.claim is not None):
        chart.index(Located(record, marks=marks[record.reference]))
        chart.treatments.append(record)


class _Coded(Protocol):
    @property
    def code(self) -> Concept | None: ...


def _wanted(parts: Iterable[_Coded], codes: frozenset[Coding]) -> bool:
    return any(_has_code(part.code, codes) for part in parts)


def is_named(parts: Iterable[_Coded], names: re.Pattern[str] = ANY_TEST) -> bool:
    """Whether the words of a result's code, or of a component's, name a test that a fact may rest on."""
    for part in parts:
        if part.code is not None:
            for word in (*part.code.words, *part.code.codes):
                if names.search(word):
                    return True
    return False


def names_gene(values: Iterable[Concept | None]) -> bool:
    """Return whether a result names ERBB2 as the gene that was studied: as its value, or in a component."""
    return any(GENE.search(word) for one in values if one is not None for word in (*one.words, *one.codes))


def _has_code(concept: Concept | None, codes: frozenset[Coding]) -> bool:
    if concept is not None:
        for coding in concept.coding:
            if (coding.system, coding.code) in codes:
                return True
    return False


def _add(chart: Chart, item: Located) -> None:
    resource = item.resource
    kind = resource.resource_type
    if kind == "Patient":
        if resource.id == chart.identity.id:
            chart.patient = resource
            chart.lost_of_patient |= item.lost
            chart.index(item)
        return
    if kind == "Coverage":
        _add_own(chart, chart.coverages, item, resource.beneficiary)
    elif kind in _SHELVES:
        _add_own(chart, getattr(chart, _SHELVES[kind]), item, _owner(chart, resource))
        if resource.contained:
            _add_results(chart, item)
    else:
        chart.index(item)


def is_named_result(report: Resource, inner: Resource) -> bool:
    """Return whether a report that is final names a contained Observation as one of its results."""
    named = {one.reference for one in references(report.result)}
    return report.resource_type == "DiagnosticReport" and report.status in _FINAL and f"#{inner.id}" in named


def _add_results(chart: Chart, item: Located) -> None:
    """Take the results that stand inside a final report for what they are (laboratories send them so)."""
    report = item.resource
    is_taken = bool(chart.documents) and chart.documents[-1] is report
    for inner in report.contained if is_taken else ():
        if inner.resource_type == "Observation" and is_named_result(report, inner):
            one = Located(contained_in(report, inner), "", item.marks)
            _add_own(chart, chart.observations, one, _owner(chart, one.resource))


def _owner(chart: Chart, resource: Resource) -> Reference | None:
    """Return whose a resource is: where subject and patient (of older versions) differ, the one that is not ours."""
    if resource.patient is None:
        return resource.subject
    named = [one for one in (resource.subject, resource.patient) if one is not None and one.reference]
    foreign = (one for one in named if not chart.identity.is_patient(one.reference))
    return next(foreign, next(iter(named), None))


_SHELVES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(TREATMENTS, "treatments"),
        **dict.fromkeys(DOCUMENTS, "documents"),
        **dict.fromkeys(EVENTS, "events"),
        "Condition": "conditions",
        "Observation": "observations",
    }
)
"""Where a chart keeps the resources of each type."""


def _add_own(chart: Chart, shelf: list[Resource], item: Located, owner: Reference | None) -> None:
    if _is_own(chart, item, owner) and chart.is_new(item):
        chart.index(item)
        shelf.append(item.resource)


def _is_own(chart: Chart, item: Located, owner: Reference | None) -> bool:
    """Return whether a resource is the patient's; one that is not, or does not say whose it is, is noted."""
    if owner is None or not owner.reference:
        chart.unreadable.append(Unreadable(item.resource.reference, "it does not say whose it is"))
        return False
    if not chart.identity.is_patient(owner.reference):
        chart.foreign.append(item.resource.reference)
        return False
    return True
