"""The chart: what a call brings of the patient, sorted by what the policies ask for."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import structs

from fhir_mappings.chart.lacks import Lack, Unreadable
from fhir_mappings.chart.site_codes import SiteCode
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.r4.claims import Claim
from fhir_mappings.r4.elements import Reference, ingredients
from fhir_mappings.r4.references import PatientIdentity, local
from fhir_mappings.r4.resources import Resource


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
    vaccinations: list[Resource] = field(default_factory=list)
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

    def is_new(self, item: Located, name: str) -> bool:
        """Whether this very content was not seen under its name before; two contents of one id are both kept."""
        resource = item.resource
        if resource.id is None:
            return True
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

    def index(self, located: Located, name: str) -> None:
        """Make a resource findable by its URL and by its name, Type/id, and keep what is wrong with it."""
        if located.marks:
            self._marks[id(located.resource)] = located.marks
        if located.url:
            self._index.setdefault(located.url, located.resource)
        if located.resource.id:
            self._index.setdefault(name, located.resource)
