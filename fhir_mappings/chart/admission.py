"""Admission: which records of a chart are evidence at the order's date, for every fact alike (readings 6, 20 and 21).

A record that fails here is shown with the reason, and counts for nothing. Reading is fail-closed: what is not
understood proves nothing. Everything that reasons over a chart takes its records from here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from fhir_mappings.chart.chart import GIVINGS
from fhir_mappings.chart.concept_match import displayed, find, meanings
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.chart.subjects import is_of_another, sites_of_result
from fhir_mappings.clinical.anatomy import plain, sites_in, sites_of
from fhir_mappings.clinical.denials import (
    denies_giving,
    is_no_result,
    names_person,
    retracts,
    speaks_of_another,
    takes_back,
)
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.names import (
    EXPECTED,
    HYBRIDIZED,
    NOT_TISSUE,
    OTHER_MARKER,
    OTHER_SCALE,
    STAINED,
    TEST_NAMES,
)
from fhir_mappings.r4.annotations import annotations
from fhir_mappings.r4.dates import span
from fhir_mappings.r4.resources import CodeableConcept, Resource, concepts, ingredients
from fhir_mappings.r4.status_words import disagrees, is_unclear
from policies.model.fact_kinds import Parameter
from policies.terminology.value_sets import CodeSet

_ICD10 = "icd-10-cm"
_COMPATIBLE = ("C77", "C78", "C79", "C7B", "Z17", "Z19")
"""The categories of ICD-10-CM that say more of a cancer beside its code: where it spread to, receptors, response."""
_BENIGN = ("D0", "D1", "D2", "D3", "D4", "R", "Z03", "Z08", "Z12", "Z80")
"""The categories of ICD-10-CM that are no cancer: benign or in situ, a symptom, a search, a family history."""
_OVERALL = "overall"
_OF_TESTS = "-tests"
"""How the names of value sets of tests end."""
_TESTS = ("tests", "stage_tests", "status_tests")


@dataclass(frozen=True, slots=True)
class Doubted:
    """A record that is no evidence, and why."""

    record: Resource
    doubts: frozenset[Doubt]


@dataclass(slots=True)
class Admitted:
    """The records that are evidence, by use; and those that are not."""

    conditions: list[Resource] = field(default_factory=list)
    observations: list[Resource] = field(default_factory=list)
    treatments: list[Resource] = field(default_factory=list)
    doubted: list[Doubted] = field(default_factory=list)


def admitted(reading: Reading) -> Admitted:
    """Sort the records of a chart by whether they are evidence at the order's date."""
    found, chart = Admitted(), reading.chart
    shelves = (
        (chart.conditions, found.conditions),
        (chart.observations, found.observations),
        (chart.treatments, found.treatments),
    )
    for records, shelf in shelves:
        for record in records:
            doubts = reading.once_for(doubts_of, _Of(record))
            if doubts:
                found.doubted.append(Doubted(record, doubts))
            else:
                shelf.append(record)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Of:
    """A record as a key: by its identity, since its content is long to compare."""

    record: Resource

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Of) and other.record is self.record

    def __hash__(self) -> int:
        return id(self.record)


def is_doubted(reading: Reading, record: Resource) -> bool:
    """Return whether a record, be it contained in another, is no evidence."""
    return bool(reading.once_for(doubts_of, _Of(record)))


def doubts_of(reading: Reading, of: _Of) -> frozenset[Doubt]:
    """Return why a record is no evidence at the order's date; empty if it is."""
    record = of.record
    found = set(reading.chart.marks(record))
    found |= set(_by_dates(reading, record))
    if is_of_another(reading.chart, record):
        found.add(Doubt.PERSON)
    if any(retracts(text) for text in annotations(record.note)):
        found.add(Doubt.CONTRADICTED)
    match record.resource_type:
        case "Condition":
            found |= set(_of_condition(reading, record))
        case "Observation":
            found |= set(_of_result(reading, record))
        case _:
            found |= set(_of_treatment(reading, record))
    return frozenset(found)


def _by_dates(reading: Reading, record: Resource) -> Iterator[Doubt]:
    """Yield what its dates say: nothing dated, begun, recorded or issued after the order is evidence at its date."""
    periods = (record.effective_period, record.performed_period, record.onset_period)
    happened = (
        *(period.start for period in periods if period is not None),
        record.effective_date_time,
        record.effective_instant,
        record.performed_date_time,
        record.when_handed_over,
        record.onset_date_time,
        record.authored_on,
        record.date,
        record.started,
    )
    noted = (record.recorded_date, record.asserted_date, record.date_asserted, record.date_recorded, record.issued)
    # A partner may be ordered or begun after the order (reading 15): what was given by then is asked where it matters.
    limit = reading.today if record.resource_type in GIVINGS else reading.as_of
    yield from _late(happened, limit)
    yield from _late(noted, reading.as_of)


def _late(written: Iterable[str | None], limit: date) -> Iterator[Doubt]:
    for text in filter(None, written):
        when = span(text)
        if when is None:
            yield Doubt.DATE
        elif when.first > limit:
            yield Doubt.AFTER_ORDER


def _of_condition(reading: Reading, condition: Resource) -> Iterator[Doubt]:
    statuses = (condition.clinical_status, condition.verification_status)
    if any(disagrees(one) for one in statuses) or is_unclear(condition.clinical_status):
        yield Doubt.STATUS
    code = condition.code
    if code is None:
        return
    category = (word for one in concepts(condition.category) for word in (*one.words, *one.codes))
    if any(names_person(word.replace("-", " ")) for word in category):
        yield Doubt.CONTRADICTED
    for codes, primary in reading.once(_meant):
        hit = find(code, codes)
        if hit is not None and (_belied(code, hit[1].display, primary) or _torn(reading, code, codes)):
            yield Doubt.CONTRADICTED
        if hit is not None and _is_elsewhere(condition, sites_in(hit[1].display), primary):
            yield Doubt.SITE


def _meant(reading: Reading) -> tuple[tuple[CodeSet, frozenset[str]], ...]:
    """Return the value sets by which a Condition can prove, each with the sites of the disease itself."""
    facts = (
        (reading.policy.fact_of_kind(kind), parameter)
        for kind, parameter in (("disease_extent", "secondary"), ("disease_extent", "recurrent"), ("relapse", "stated"))
    )
    others = (reading.codes_of(fact, parameter) for fact, parameter in facts if fact is not None)
    return tuple((codes, _primary(reading)) for codes in (reading.disease, *others))


def _primary(reading: Reading) -> frozenset[str]:
    return sites_in(reading.disease.title)


def _belied(code: CodeableConcept, title: str, primary: frozenset[str]) -> bool:
    """Return whether the words of a diagnosis take it back, or name something else than its code."""
    words = [word for word in code.words if plain(word) != plain(title)]
    own = sites_in(title)
    return any(takes_back(word) or speaks_of_another(word, own, primary, title) for word in words)


def _torn(reading: Reading, code: CodeableConcept, codes: CodeSet) -> bool:
    """Return whether the codings of one diagnosis mean different things: a code beside the disease that denies it."""
    icd10 = [coding.code.upper() for coding in code.coding if coding.code and _ICD10 in (coding.system or "")]
    if codes is not reading.disease:
        return any(one.startswith(_BENIGN) for one in icd10)
    hints = reading.policy.fact_of_kind("diagnosis")
    if hints is not None and find(code, reading.codes_of(hints, "suggests")) is not None:
        return True
    own = {member.code[:3] for member in codes.members if _ICD10 in member.system.uri}
    return any(one[:3] not in own and not one.startswith(_COMPATIBLE) for one in icd10)


def _is_elsewhere(condition: Resource, own: frozenset[str], primary: frozenset[str]) -> bool:
    named = sites_of(word for one in concepts(condition.body_site) for word in one.words)
    return bool(named) and not named & (own or primary)


def _of_result(reading: Reading, result: Resource) -> Iterator[Doubt]:
    parts = (result, *result.component)
    for concept in (part.code for part in parts if part.code is not None):
        words = concept.words
        if any(names_person(word) or is_no_result(word) for word in words) or _names_other_test(reading, concept):
            yield Doubt.CONTRADICTED
    sites = sites_of_result(reading.chart, result) if result.body_site or result.specimen else frozenset[str]()
    if sites and not sites <= reading.once(_sites_of_tumour):
        yield Doubt.SITE


def _names_other_test(reading: Reading, concept: CodeableConcept) -> bool:
    """Return whether a test's code means two things, or its words name another test than its code."""
    # One code means one test; only beside another code do the tests of other policies matter.
    tests = reading.once(_tests if len(concept.coding) > 1 else _pinned_tests)
    sets = {name: found for name, codes in tests.items() if (found := meanings(concept, codes))}
    if len(sets) > 1 or any(len(found - {_OVERALL}) > 1 for found in sets.values()):
        return True
    words = " ".join(concept.words)
    if not sets or not words:
        return False
    own = [kind for kind, name in reading.once(_kinds_of_tests) if name in sets]
    if any(kind in EXPECTED and not EXPECTED[kind].search(words) for kind in own):
        return True
    if _is_of_other_method(frozenset().union(*sets.values()), words):
        return True
    named = any(kind in TEST_NAMES and TEST_NAMES[kind].search(words) for kind in own)
    other = OTHER_SCALE if "performance_status" in own else OTHER_MARKER
    karnofsky = any(found == {"karnofsky"} for found in sets.values())
    foreign = any(
        pattern.search(words) for kind, pattern in TEST_NAMES.items() if kind not in own and kind in _DISTINCT
    )
    return not named and not karnofsky and (foreign or bool(other.search(words)))


def _is_of_other_method(means: frozenset[str], words: str) -> bool:
    """Return whether the words of a HER2 test name another method than its code, or another material."""
    if means == {"ihc"}:
        wrong = HYBRIDIZED.search(words) and not STAINED.search(words)
    elif means and means <= {"ish", "ratio", "copies", "cep17", "counts"}:
        wrong = STAINED.search(words) and not HYBRIDIZED.search(words)
    else:
        return False
    return bool(wrong or NOT_TISSUE.search(words))


_DISTINCT = frozenset({"performance_status", "her2_ihc"})


def _kinds_of_tests(reading: Reading) -> tuple[tuple[str, str], ...]:
    return tuple(
        (fact.kind.name, str(fact.parameters[name]))
        for fact in reading.policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.CODES and name in _TESTS
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
    return {name: reading.codes(name) for _, name in reading.once(_kinds_of_tests)}


def _sites_of_tumour(reading: Reading) -> frozenset[str]:
    """Return where the disease is on record: its own site, and those of the secondary neoplasms on file."""
    fact = reading.policy.fact_of_kind("disease_extent")
    secondary = reading.codes_of(fact, "secondary") if fact is not None else None
    spread = (
        displayed(one.code, secondary)
        for one in reading.chart.conditions
        if secondary is not None and one.code is not None
    )
    return _primary(reading) | sites_of(spread) | _OF_SAMPLE


_OF_SAMPLE = frozenset({"bone", "brain", "liver", "pleura"})
"""Where a sample is mostly of a metastasis, or of the marrow, and seldom of another primary tumour."""


def _of_treatment(reading: Reading, record: Resource) -> Iterator[Doubt]:
    medication = reading.chart.resolve(record.medication_reference, record)
    named = [record.code, record.medication_codeable_concept]
    if medication is not None:
        yield from reading.chart.marks(medication)
        if medication.status == "entered-in-error":
            yield Doubt.STATUS
        named.append(medication.code)
        substances = (
            reading.chart.resolve(one.item_reference, medication) for one in ingredients(medication.ingredient)
        )
        for substance in filter(None, substances):
            yield from reading.chart.marks(substance)
    for concept in named:
        if concept is not None and _is_belied_product(reading, concept, record.resource_type):
            yield Doubt.CONTRADICTED


def _is_belied_product(reading: Reading, concept: CodeableConcept, kind: str) -> bool:
    """Return whether the words of a product deny the giving, or name another drug than its codes, or none of ours."""
    words = concept.words
    if not words:
        return False
    matches = [reading.drugs.find(coding.system or "", coding.code or "") for coding in concept.coding]
    coded = [match.drug for match in matches if match is not None]
    if not coded:
        return False
    if any(map(denies_giving, words)):
        return True
    if concept.text and all(reading.drugs.contradicts(drug, concept.text) for drug in coded):
        return True
    known = {part for drug in coded for part in (drug.id, drug.derived_from, *drug.contains)}
    return kind != "Procedure" and not any(reading.drugs.named_in(word) & known for word in words)
