"""A chart is built of the resources that came along.

Key names of the prefetch do not matter, nor whether resources come singly, in searchsets, in collections, or twice.
Resources of other patients are never used. One pass over the resources, one dictionary lookup a code.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fhir_mappings.chart.chart import Chart, Located
from fhir_mappings.chart.kept_records import DOCUMENTS, EVENTS, EVER_KEPT, PLANS, TREATMENTS, Wanted
from fhir_mappings.chart.lacks import Unreadable
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.r4.claimed_treatments import Billed, records_of
from fhir_mappings.r4.elements import Reference, references
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resource_versions import older
from fhir_mappings.r4.resources import Resource, contained_in

_FINAL = frozenset({"final", "amended", "corrected", "appended"})
_SHELVES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(TREATMENTS, "treatments"),
        **dict.fromkeys(DOCUMENTS | PLANS, "documents"),
        **dict.fromkeys(EVENTS, "events"),
        "Condition": "conditions",
        "Coverage": "coverages",
        "Immunization": "vaccinations",
        "Observation": "observations",
    }
)
"""Where a chart keeps the resources of each type."""


def build(
    located: Iterable[Located],
    identity: PatientIdentity,
    looked_for: Wanted,
    unreadable: Iterable[Unreadable] = (),
) -> Chart:
    """Sort resources into a chart; of Observations only those that are looked for, in the whole or in a component."""
    chart = Chart(identity, unreadable=list(unreadable))
    kept = [item for item in located if item.resource.resource_type in EVER_KEPT or looked_for.keeps(item.resource)]
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
    claims = [one for one in items if one.claim is not None]
    if not claims:
        return
    own = [one for one in claims if _is_own(chart, one.resource.reference, _owner(chart, one.resource))]
    marks: dict[str, frozenset[Doubt]] = {}
    for one in own:
        marks[one.resource.reference] = marks.get(one.resource.reference, frozenset()) | one.marks
    for record in records_of(Billed(one.resource, one.claim) for one in own if one.claim is not None):
        chart.index(Located(record, marks=marks[record.reference]), record.reference)
        chart.treatments.append(record)


def _add(chart: Chart, item: Located) -> None:
    resource = item.resource
    kind = resource.resource_type
    if kind == "Patient":
        if resource.id == chart.identity.id:
            chart.patient = resource
            chart.lost_of_patient |= item.lost
            chart.index(item, resource.reference)
        return
    name, shelf = resource.reference, _SHELVES.get(kind)
    if shelf is None:
        chart.index(item, name)
        return
    owner = resource.subject if resource.patient is None else _owner(chart, resource)
    if _is_own(chart, name, resource.beneficiary if kind == "Coverage" else owner) and chart.is_new(item, name):
        chart.index(item, name)
        getattr(chart, shelf).append(resource)
    if resource.contained:
        _add_results(chart, item)


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
            _add(chart, Located(contained_in(report, inner), "", item.marks))


def _owner(chart: Chart, resource: Resource) -> Reference | None:
    """Return whose a resource is: where subject and patient (of older versions) differ, the one that is not ours."""
    if resource.patient is None:
        return resource.subject
    named = [one for one in (resource.subject, resource.patient) if one is not None and one.reference]
    foreign = (one for one in named if not chart.identity.is_patient(one.reference))
    return next(foreign, next(iter(named), None))


def _is_own(chart: Chart, name: str, owner: Reference | None) -> bool:
    """Return whether a resource is the patient's; one that is not, or does not say whose it is, is noted."""
    if owner is None or not owner.reference:
        chart.unreadable.append(Unreadable(name, "it does not say whose it is"))
        return False
    if not chart.identity.is_patient(owner.reference):
        chart.foreign.append(name)
        return False
    return True
