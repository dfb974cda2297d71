"""Of whom and of what a result is: its focus, its specimen, its body site (reading 21)."""

from collections.abc import Iterator

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.anatomy import sites_of
from fhir_mappings.clinical.names import NOT_TISSUE
from fhir_mappings.r4.elements import CodeableConcept, Reference, concepts, decoded, references
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Resource
from fhir_mappings.text_forms.denials import names_person

_UNKNOWN_SITE = frozenset({"?"})
_NOBODY_ELSE = frozenset({"Condition", "Specimen", "BodyStructure"})
"""What a focus may name that is not here, without naming somebody else."""
_BODY_SITES = {
    "76752008": "breast",
    "80248007": "breast",
    "73056007": "breast",
    "63762007": "breast",
    "69695003": "stomach",
    "10200004": "liver",
    "39607008": "lung",
    "14016003": "bone",
    "272673000": "bone",
    "12738006": "brain",
    "71854001": "colon",
    "41216001": "prostate",
}
"""SNOMED CT body structures by code, for a body site that bears no words."""


class _Collection(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    body_site: CodeableConcept | None = None


def is_of_another(chart: Chart, record: Resource) -> bool:
    """Return whether a record is about somebody else than the patient: by its focus, its subject, its specimen."""
    for owner in (record.subject, record.patient):
        if owner is not None and (owner.type or owner.display) and _is_of_other_type(owner):
            return True
    if not record.focus and not record.specimen:
        return False
    focus = references(record.focus)
    if record.focus and not focus:
        return True
    return any(not _is_patient_or_condition(chart, one, record) for one in focus) or any(
        _is_of_other_specimen(chart, one, record) for one in _specimens(record)
    )


def _is_of_other_type(owner: Reference) -> bool:
    """Return whether a reference to the patient says of itself that it is to something else, or to a relative."""
    return (owner.type is not None and not owner.type.endswith("Patient")) or names_person(owner.display or "")


def _is_patient_or_condition(chart: Chart, focus: Reference, record: Resource) -> bool:
    """Return whether a focus is the patient, a specimen, or a Condition: which cancer a result belongs to."""
    if names_person(focus.display or ""):
        return False
    if not focus.reference:
        return False
    if chart.identity.is_patient(focus.reference):
        return True
    target = chart.resolve(focus, record)
    if target is not None and target.resource_type == "Specimen":
        return not _is_of_other_specimen(chart, focus, record)
    if target is not None:
        return target.resource_type == "Condition" and _is_own(chart, target)
    pair = local(focus.reference)
    return pair is not None and pair[0] in _NOBODY_ELSE and "/".join(pair) not in chart.foreign


def _is_own(chart: Chart, target: Resource) -> bool:
    owner = target.subject or target.patient
    return owner is None or not owner.reference or chart.identity.is_patient(owner.reference)


def _specimens(record: Resource) -> tuple[Reference, ...]:
    return references(record.specimen)


def _is_of_other_specimen(chart: Chart, specimen: Reference, record: Resource) -> bool:
    if names_person(specimen.display or ""):
        return True
    target = chart.resolve(specimen, record)
    if target is None or target.resource_type != "Specimen":
        return False
    owner = target.subject
    foreign = owner is not None and owner.reference and not chart.identity.is_patient(owner.reference)
    named = (word for one in _concepts_of_specimen(target) for word in one.words)
    unfit = target.status in {"entered-in-error", "unsatisfactory"}
    return bool(foreign) or unfit or bool(chart.marks(target)) or any(names_person(word) for word in named)


def _concepts_of_specimen(specimen: Resource) -> Iterator[CodeableConcept]:
    yield from concepts(specimen.type)
    yield from (one.body_site for one in decoded(specimen.collection, _Collection) if one.body_site is not None)


def sites_of_result(chart: Chart, result: Resource) -> frozenset[str]:
    """Return the sites that a result says it is of; '?' among them for a body site that cannot be read."""
    named = list(concepts(result.body_site))
    found = frozenset().union(*(_sites(one) for one in named)) if named else frozenset[str]()
    if result.body_site and not named:
        found |= _UNKNOWN_SITE
    return found | sites_of(_words_of_specimens(chart, result))


def is_of_no_tissue(chart: Chart, result: Resource) -> bool:
    """Return whether the words of a result's specimen name blood, or what is made of it, and no tissue."""
    return any(NOT_TISSUE.search(word) for word in _words_of_specimens(chart, result))


def _words_of_specimens(chart: Chart, result: Resource) -> Iterator[str]:
    for one in _specimens(result):
        target = chart.resolve(one, result)
        if one.display:
            yield one.display
        if target is not None and target.resource_type == "Specimen":
            yield from (word for concept in _concepts_of_specimen(target) for word in concept.words)


def _sites(site: CodeableConcept) -> frozenset[str]:
    """Return the sites of a body site: by its words, else by its code; '?' where neither is known."""
    if site.words:
        return sites_of(site.words)
    known = frozenset(_BODY_SITES[code] for code in site.codes if code in _BODY_SITES)
    return known or _UNKNOWN_SITE
