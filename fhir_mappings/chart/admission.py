"""Admission: which records of a chart are evidence at the order's date, for every fact alike (readings 6, 20 and 21).

A record that fails here is shown with the reason, and counts for nothing. Reading is fail-closed: what is not
understood proves nothing. Everything that reasons over a chart takes its records from here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from fhir_mappings.chart.chart import GIVINGS, Chart
from fhir_mappings.chart.clinical_records import diagnosis_record, result_record, treatment_record
from fhir_mappings.chart.concept_match import displayed, find, meanings
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.chart.subjects import is_of_another, sites_of_result
from fhir_mappings.clinical.anatomy import plain, sites_in, sites_of
from fhir_mappings.clinical.dates import span
from fhir_mappings.clinical.denials import (
    denies_giving,
    is_no_diagnosis,
    is_no_result,
    names_person,
    retracts,
    speaks_of_another,
    takes_back,
)
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.names import (
    HYBRIDIZED,
    NOT_TISSUE,
    OTHER_MARKER,
    OTHER_SCALE,
    STAINED,
)
from fhir_mappings.clinical.records import (
    ClinicalRecord,
    DiagnosisRecord,
    Link,
    Linked,
    Record,
    ResultRecord,
    Shelves,
    TreatmentRecord,
)
from fhir_mappings.clinical.values import Coding, Concept
from fhir_mappings.r4.annotations import annotations
from fhir_mappings.r4.resources import Period, Resource, concepts, ingredients
from fhir_mappings.r4.status_rules import disagrees, is_unclear, standing_of
from policies.kinds.disease import DIAGNOSIS, DISEASE_EXTENT
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Parameter
from policies.model.policy import Fact
from policies.terminology.drugs import Drugs
from policies.terminology.value_sets import CodeSet

_ICD10 = "icd-10-cm"
_COMPATIBLE = ("C77", "C78", "C79", "C7B", "Z17", "Z19")
"""The categories of ICD-10-CM that say more of a cancer beside its code: where it spread to, receptors, response."""
_BENIGN = ("D0", "D1", "D2", "D3", "D4", "R", "Z03", "Z08", "Z12", "Z80")
"""The categories of ICD-10-CM that are no cancer: benign or in situ, a symptom, a search, a family history."""
_OVERALL = "overall"
_OF_TESTS = "-tests"
"""How the names of value sets of tests end."""
_REMEMBERED = 4096
_NO_PERIODS = (None, None, None)


def admitted(reading: Reading) -> ClinicalRecord:
    """Make the clinical record of a chart: every record with its doubts, and those that are evidence without any."""
    chart = reading.chart
    on_file = Shelves(
        _decided(reading, chart.conditions, diagnosis_record),
        _decided(reading, chart.observations, result_record),
        _decided(reading, chart.treatments, treatment_record),
    )
    every: Iterable[Record] = chain(on_file.diagnoses, on_file.results, on_file.treatments)
    return ClinicalRecord(
        tuple([one for one in on_file.diagnoses if not one.doubts]),
        tuple([one for one in on_file.results if not one.doubts]),
        tuple([one for one in on_file.treatments if not one.doubts]),
        tuple([one for one in every if one.doubts]),
        on_file,
    )


_R = TypeVar("_R", DiagnosisRecord, ResultRecord, TreatmentRecord)


def _decided(reading: Reading, resources: Iterable[Resource], made: Callable[[Chart, Resource], _R]) -> tuple[_R, ...]:
    """Return resources as records, each with what is wrong with it; they are made once for all readings of a chart."""
    chart, found, known = reading.chart, list[_R](), reading.chart.links.made
    for resource in resources:
        record: _R | None = known.get(id(resource))
        if record is None:
            record = known[id(resource)] = made(chart, resource)
        doubts = doubts_of(reading, resource)
        found.append(record._replace(doubts=doubts) if doubts else record)
    return tuple(found)


def linked(reading: Reading, link: Link) -> Linked | None:
    """Return what is told of a record that another one names; None for one that is not on file."""
    return reading.once_for(_linked, link.place) if link.place is not None else None


def _linked(reading: Reading, place: int) -> Linked:
    resource = reading.chart.links.named[place]
    doubts = doubts_of(reading, resource)
    return Linked(resource.resource_type, resource.code, standing_of(resource), resource.when, doubts)


def doubts_of(reading: Reading, record: Resource) -> frozenset[Doubt]:
    """Return why a record is no evidence at the order's date; empty if it is."""
    found = set(reading.chart.marks(record))
    found |= _by_dates(reading, record)
    periods = (record.effective_period, record.performed_period, record.onset_period)
    if periods != _NO_PERIODS:
        found |= _by_periods(*periods)
    if is_of_another(reading.chart, record):
        found.add(Doubt.PERSON)
    if record.note and any(retracts(text) for text in annotations(record.note)):
        found.add(Doubt.CONTRADICTED)
    match record.resource_type:
        case "Condition":
            found.update(_of_condition(reading, record))
        case "Observation":
            found.update(_of_result(reading, record))
        case _:
            found.update(_of_treatment(reading, record))
    return frozenset(found)


def _by_dates(reading: Reading, record: Resource) -> set[Doubt]:
    """Return what its dates say: nothing dated, begun, recorded or issued after the order is evidence at its date."""
    # A partner may be ordered or begun after the order (reading 15): what was given by then is asked where it matters.
    limit = reading.today if record.resource_type in GIVINGS else reading.as_of
    found: set[Doubt] = set()
    for written in _dates_of(record):
        if written and (when := span(written)) is None:
            found.add(Doubt.DATE)
        elif written and when is not None and when.first > limit:
            found.add(Doubt.AFTER_ORDER)
    for written in (
        record.recorded_date,
        record.asserted_date,
        record.date_asserted,
        record.date_recorded,
        record.issued,
    ):
        if written and (when := span(written)) is None:
            found.add(Doubt.DATE)
        elif written and when is not None and when.first > reading.as_of:
            found.add(Doubt.AFTER_ORDER)
    return found


def _by_periods(*periods: Period | None) -> set[Doubt]:
    """Return what is wrong with a period that surely ends before it begins (FHIR R4, Period, invariant per-1)."""
    spans = [(span(one.start), span(one.end)) for one in periods if one is not None]
    return {Doubt.DATE for start, end in spans if start is not None and end is not None and end.surely_before(start)}


def _dates_of(record: Resource) -> tuple[str | None, ...]:
    """Return when it says that its matter was, as written."""
    effective, performed, onset = record.effective_period, record.performed_period, record.onset_period
    return (
        effective.start if effective is not None else None,
        performed.start if performed is not None else None,
        onset.start if onset is not None else None,
        record.effective_date_time,
        record.effective_instant,
        record.performed_date_time,
        record.when_handed_over,
        record.onset_date_time,
        record.authored_on,
        record.date,
        record.started,
    )


def _of_condition(reading: Reading, condition: Resource) -> Iterator[Doubt]:
    statuses = (condition.clinical_status, condition.verification_status)
    if any(disagrees(one) for one in statuses) or is_unclear(condition.clinical_status):
        yield Doubt.STATUS
    code = condition.code
    if code is None:
        return
    category = (word for one in concepts(condition.category) for word in (*one.words, *one.codes))
    if any(is_no_diagnosis(word.replace("-", " ")) for word in category):
        yield Doubt.CONTRADICTED
    for codes, primary in reading.once(_meant):
        hit = find(code, codes)
        if hit is not None and (_belied(code, hit[1].display, primary) or _torn(reading, code, codes)):
            yield Doubt.CONTRADICTED
        if hit is not None and _is_elsewhere(condition, sites_in(hit[1].display), primary):
            yield Doubt.SITE


def _meant(reading: Reading) -> tuple[tuple[CodeSet, frozenset[str]], ...]:
    """Return the value sets by which a Condition can prove, each with the sites of the disease itself."""
    others = (
        reading.codes_of(fact, name)
        for fact in reading.policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.DIAGNOSES and name in fact.parameters
    )
    return tuple((codes, _primary(reading)) for codes in (reading.disease, *others))


def _primary(reading: Reading) -> frozenset[str]:
    return sites_in(reading.disease.title)


def _belied(code: Concept, title: str, primary: frozenset[str]) -> bool:
    """Return whether the words of a diagnosis take it back, or name something else than its code."""
    words = [word for word in code.words if plain(word) != plain(title)]
    own = sites_in(title)
    return any(takes_back(word) or speaks_of_another(word, own, primary, title) for word in words)


def _torn(reading: Reading, code: Concept, codes: CodeSet) -> bool:
    """Return whether the codings of one diagnosis mean different things: a code beside the disease that denies it."""
    icd10 = [coding.code.upper() for coding in code.coding if coding.code and _ICD10 in (coding.system or "")]
    if codes is not reading.disease:
        named = {member.code.upper() for member in codes.members if _ICD10 in member.system.uri}
        return any(one.startswith(_BENIGN) and one not in named for one in icd10)
    hints = reading.policy.fact_of_kind(DIAGNOSIS)
    if hints is not None and find(code, reading.codes_of(hints, "suggests")) is not None:
        return True
    own = {member.code[:3] for member in codes.members if _ICD10 in member.system.uri}
    return any(one[:3] not in own and not one.startswith(_COMPATIBLE) for one in icd10)


def _is_elsewhere(condition: Resource, own: frozenset[str], primary: frozenset[str]) -> bool:
    named = sites_of(word for one in concepts(condition.body_site) for word in one.words)
    return bool(named) and not named & (own or primary)


def _of_result(reading: Reading, result: Resource) -> Iterator[Doubt]:
    for part in (result, *result.component):
        code = part.code
        if part.data_absent_reason is not None and part.measurement.has_value:
            yield Doubt.CONTRADICTED
        if code is not None and reading.once_for(_is_belied_test, (code.coding, code.text)):
            yield Doubt.CONTRADICTED
    sites = _sites_of(reading.chart, result) if result.body_site or result.specimen else frozenset[str]()
    if sites and not sites <= reading.once(_sites_of_tumour) and not _is_of_no_tumour(reading, result):
        yield Doubt.SITE


def _sites_of(chart: Chart, result: Resource) -> frozenset[str]:
    """Return the sites that a result says it is of; its record, where it is made already, knows them."""
    record: ResultRecord | None = chart.links.made.get(id(result))
    return record.sites if record is not None else sites_of_result(chart, result)


def _is_of_no_tumour(reading: Reading, result: Resource) -> bool:
    """Return whether a result is one of the tests of a policy, and of none that is made of a tumour."""
    facts = [
        fact
        for fact, name in reading.once(_facts_of_tests)
        if any(find(part.code, reading.codes(name)) is not None for part in (result, *result.component))
    ]
    return bool(facts) and all(fact.kind.tests is None for fact in facts)


def _is_belied_test(reading: Reading, code: tuple[tuple[Coding, ...], str | None]) -> bool:
    """Return whether a test's words speak of somebody else or of no result, or name another test than its code."""
    concept = Concept(*code)
    return any(names_person(word) or is_no_result(word) for word in concept.words) or _names_other_test(
        reading, concept
    )


def _names_other_test(reading: Reading, concept: Concept) -> bool:
    """Return whether a test's code means two things, or its words name another test than its code."""
    # One code means one test; only beside another code do the tests of other policies matter.
    tests = reading.once(_tests if len(concept.coding) > 1 else _pinned_tests)
    sets = {name: found for name, codes in tests.items() if (found := meanings(concept, codes))}
    if len(sets) > 1 or any(len(found - {_OVERALL}) > 1 for found in sets.values()):
        return True
    words = " ".join(concept.words)
    if not sets or not words:
        return False
    own = [fact.tests for fact, name in reading.once(_facts_of_tests) if fact.tests is not None and name in sets]
    if any(one.expected is not None and not one.expected.search(words) for one in own):
        return True
    if _is_of_other_method(frozenset().union(*sets.values()), words):
        return True
    named = any(one.named.search(words) for one in own)
    other = OTHER_SCALE if any(one.scale for one in own) else OTHER_MARKER
    karnofsky = any(found == {"karnofsky"} for found in sets.values())
    foreign = any(one.named.search(words) for one in _DISTINCT if one not in own)
    return not named and not karnofsky and (foreign or bool(other.search(words)))


_DISTINCT = tuple(kind.tests for kind in KINDS.values() if kind.tests is not None and kind.tests.distinct)


def _is_of_other_method(means: frozenset[str], words: str) -> bool:
    """Return whether the words of a HER2 test name another method than its code, or another material."""
    if means == {"ihc"}:
        wrong = HYBRIDIZED.search(words) and not STAINED.search(words)
    elif means and means <= {"ish", "ratio", "copies", "cep17", "counts"}:
        wrong = STAINED.search(words) and not HYBRIDIZED.search(words)
    else:
        return False
    return bool(wrong or NOT_TISSUE.search(words))


def _facts_of_tests(reading: Reading) -> tuple[tuple[Fact, str], ...]:
    return tuple(
        (fact, str(fact.parameters[name]))
        for fact in reading.policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.TESTS and name in fact.parameters
    )


def _tests(reading: Reading) -> Mapping[str, CodeSet]:
    """Return the value sets of tests by name: those that the policy pins, and what other policies know."""
    known = {
        name: codes
        for (name, _), codes in sorted(reading.terminology.sets.items(), key=lambda one: one[0])
        if name.endswith(_OF_TESTS)
    }
    tests = {name: codes for name, codes in known.items() if isinstance(codes, CodeSet)}
    return {**tests, **reading.once(_pinned_tests)}


def _pinned_tests(reading: Reading) -> Mapping[str, CodeSet]:
    return {name: reading.codes(name) for _, name in reading.once(_facts_of_tests)}


def _sites_of_tumour(reading: Reading) -> frozenset[str]:
    """Return where the disease is on record: its own site, and those of the secondary neoplasms on file."""
    fact = reading.policy.fact_of_kind(DISEASE_EXTENT)
    secondary = reading.codes_of(fact, "secondary") if fact is not None else None
    spread = (
        displayed(one.code, secondary)
        for one in reading.chart.conditions
        if secondary is not None and one.code is not None
    )
    return _primary(reading) | sites_of(spread) | _OF_SAMPLE


_OF_SAMPLE = frozenset({"bone", "brain", "liver", "pleura"})
"""Where a sample is mostly of a metastasis, or of the marrow, and seldom of another primary tumour."""


def _of_treatment(reading: Reading, record: Resource) -> set[Doubt]:
    found: set[Doubt] = set()
    medication = reading.chart.resolve(record.medication_reference, record) if record.medication_reference else None
    if medication is not None:
        found |= _of_medication(reading.chart, medication)
    named = (record.code, record.medication_codeable_concept, medication.code if medication is not None else None)
    is_procedure = record.resource_type == "Procedure"
    for concept in named:
        if concept is not None and _is_belied(reading.drugs, concept.coding, concept.text, is_procedure):
            found.add(Doubt.CONTRADICTED)
    return found


def _of_medication(chart: Chart, medication: Resource) -> set[Doubt]:
    """Return what is wrong with the Medication that a record points to, or with a substance in it."""
    found = set(chart.marks(medication))
    if medication.status == "entered-in-error":
        found.add(Doubt.STATUS)
    for one in ingredients(medication.ingredient):
        substance = chart.resolve(one.item_reference, medication)
        if substance is not None:
            found |= chart.marks(substance)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _is_belied(drugs: Drugs, codings: tuple[Coding, ...], text: str | None, is_procedure: bool) -> bool:  # noqa: FBT001
    """Return whether the words of a product deny the giving, or name another drug than its codes, or none of ours.

    Remembered: a chart names few products, each in many records.
    """
    words = Concept(codings, text).words
    if not words:
        return False
    matches = [drugs.find(coding.system or "", coding.code or "") for coding in codings]
    coded = [match.drug for match in matches if match is not None]
    if not coded:
        return False
    if any(map(denies_giving, words)):
        return True
    if text and all(drugs.contradicts(drug, text) for drug in coded):
        return True
    known = {part for drug in coded for part in (drug.id, drug.derived_from, *drug.contains)}
    return not is_procedure and not any(drugs.named_in(word) & known for word in words)
