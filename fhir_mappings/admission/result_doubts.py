"""What is wrong with a result: a value that is said to be absent, words against its code, its site (reading 21)."""

import re
from collections.abc import Iterator

import msgspec

from fhir_mappings.admission.diagnosis_doubts import primary_sites
from fhir_mappings.admission.test_words import facts_of_tests, is_belied
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.concept_match import displayed, find
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.chart.subjects import is_of_no_tissue, sites_of_result
from fhir_mappings.clinical.anatomy import sites_of
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.records import ResultRecord
from fhir_mappings.r4.elements import concepts, references
from fhir_mappings.r4.resources import Resource
from fhir_mappings.text_forms.denials import is_no_result, names_person, unsettles_result
from fhir_mappings.written.narratives import remarks
from policies.kinds.disease import DISEASE_EXTENT
from policies.terminology.short_texts import remembered


def of_result(reading: Reading, result: Resource) -> Iterator[Doubt]:
    """Yield what is wrong with an Observation, in the whole or in a component."""
    for part in (result, *result.component):
        code = part.code
        if part.data_absent_reason is not None and part.measurement.states_value:
            yield Doubt.CONTRADICTED
        if code is not None and is_belied(reading, (code.coding, code.text)):
            yield Doubt.CONTRADICTED
    if result.category and _is_of_no_patient(bytes(result.category)):
        yield Doubt.CONTRADICTED
    if result.id is not None and result.reference in _withdrawn(reading):
        yield Doubt.STATUS
    if result.specimen and is_of_no_tissue(reading.chart, result) and not _is_of_no_tumour(reading, result):
        yield Doubt.SITE
    sites = _sites_of(reading.chart, result) if result.body_site or result.specimen else frozenset[str]()
    sites = sites | _sites_remarked(result) if result.note or result.narrative else sites
    if sites and not sites <= _sites_of_tumour(reading) and not _is_of_no_tumour(reading, result):
        yield Doubt.SITE


def _sites_remarked(result: Resource) -> frozenset[str]:
    """Return the organs that short remarks say the sample is of."""
    parts = (part for one in remarks(result) for part in _PART.split(one) if len(part) <= _SHORT)
    return sites_of(part for part in parts if _SAMPLE.search(part))


@remembered()
def _is_of_no_patient(category: bytes) -> bool:
    """Return whether the category of a result, as JSON, says that it is of somebody else, of a control, or in doubt."""
    for one in concepts(msgspec.Raw(category)):
        for kind in (*one.words, *one.codes):
            if names_person(kind) or is_no_result(kind) or unsettles_result(kind):
                return True
    return False


@once
def _withdrawn(reading: Reading) -> frozenset[str]:
    """Return the results that only reports name which were withdrawn: cancelled, or entered in error."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for report in reading.chart.documents:
        results = references(report.result) if report.result else ()
        found = (reading.chart.resolve(one, report) for one in results)
        named[report.status in _WITHDRAWN] |= {one.reference for one in found if one is not None}
    return frozenset(named[True] - named[False])


def _sites_of(chart: Chart, result: Resource) -> frozenset[str]:
    """Return the sites that a result says it is of; its record, where it is made already, knows them."""
    record: ResultRecord | None = chart.links.made.get(id(result))
    return record.sites if record is not None else sites_of_result(chart, result)


def _is_of_no_tumour(reading: Reading, result: Resource) -> bool:
    """Return whether a result is one of the tests of a policy, and of none that is made of a tumour."""
    facts = [
        fact
        for fact, name in facts_of_tests(reading)
        if any(find(part.code, reading.codes(name)) is not None for part in (result, *result.component))
    ]
    return bool(facts) and all(fact.kind.tests is None for fact in facts)


_PART = re.compile(r"[.;]\s+|[\r\n]+")
_SHORT = 60
"""A part of a remark of so many letters at most names the sample; a longer one may tell a history."""
_SAMPLE = re.compile(
    r"\b(?:biops|specimen|tissue|block|resection|primary|muestra|tejido|bloque|primari[oa]\b)", re.IGNORECASE
)
"""What a remark that names an organ calls the sample by."""
_WITHDRAWN = frozenset({"cancelled", "entered-in-error"})


@once
def _sites_of_tumour(reading: Reading) -> frozenset[str]:
    """Return where the disease is on record: its own site, and those of the secondary neoplasms on file."""
    fact = reading.policy.fact_of_kind(DISEASE_EXTENT)
    secondary = reading.codes_of(fact, "secondary") if fact is not None else None
    spread = (
        displayed(one.code, secondary)
        for one in reading.chart.conditions
        if secondary is not None and one.code is not None
    )
    return primary_sites(reading) | sites_of(spread) | _OF_SAMPLE


_OF_SAMPLE = frozenset({"bone", "brain", "liver", "pleura"})
"""Where a sample is mostly of a metastasis, or of the marrow, and seldom of another primary tumour."""
