"""Whether the disease is proven to be advanced, by what, and since when.

Readings 7 and 8 of the payer: stage IV and M1 at any date, a distant secondary neoplasm that nothing else can own.
A stage below IV and an M0 prove nothing against a later metastasis.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fhir_mappings.dates import Span, span
from fhir_mappings.disease import Diagnosis, Tie, diagnoses, primary_of, tie, verification, word
from fhir_mappings.evidence import as_role, dated, shows
from fhir_mappings.matching import find, meanings, shown
from fhir_mappings.observed import results
from fhir_mappings.reading import Reading
from fhir_mappings.resources import CodeableConcept, Resource, references
from fhir_mappings.standing import Standing
from policies.findings import Evidence, Role
from policies.model import Fact
from policies.value_sets import CodeSet

EXTENT = "disease_extent"
_PROOFS = (frozenset({"iv"}), frozenset({"m1"}), frozenset({"iv", "m1"}))
_RECURRENT = frozenset({"recurrence", "relapse"})


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof of metastatic disease and when it was so; None if the record does not say."""

    evidence: Evidence
    since: Span | None


@dataclass(slots=True)
class Extent:
    """What the chart says of the extent: proofs, what may be, and recurrence."""

    metastatic: list[Proof] = field(default_factory=list)
    possible: list[Evidence] = field(default_factory=list)
    recurrent: list[Evidence] = field(default_factory=list)

    @property
    def since(self) -> Span | None:
        """Return the first date on which advanced disease is proven; None if no proof is dated."""
        return min((proof.since for proof in self.metastatic if proof.since), key=lambda one: one.last, default=None)

    def add(self, belongs: Tie, evidence: Evidence, since: Span | None) -> None:
        """File a sign of metastasis as proof, as possible, or (another cancer's) not at all."""
        if belongs is Tie.OWN:
            self.metastatic.append(Proof(evidence, since))
        elif belongs is Tie.OPEN:
            self.possible.extend(as_role((evidence,), Role.POSSIBLE))


def extent(reading: Reading) -> Extent:
    """Work out the extent from stages, secondary neoplasms and recurrence; empty if the policy asks for none."""
    fact = reading.policy.fact_of_kind(EXTENT)
    found = Extent()
    if fact is not None:
        _by_stage_results(reading, fact, found)
        _by_stage_of_conditions(reading, fact, found)
        _by_secondaries(reading, fact, found)
        found.recurrent.extend(_recurrences(reading, fact))
    return found


def _proves(concept: CodeableConcept | None, stages: CodeSet) -> bool:
    return meanings(concept, stages) in _PROOFS


def _by_stage_results(reading: Reading, fact: Fact, found: Extent) -> None:
    stages = reading.codes_of(fact, "stages")
    for result in results(reading, reading.codes_of(fact, "stage_tests")):
        observation = result.observation
        value = observation.value_codeable_concept
        if result.member.means in {"stage", "m"} and _proves(value, stages):
            evidence = shows(observation, reading.say("extent.stage", value=shown(value)), result.coding)
            found.add(tie(reading, references(observation.focus)), evidence, result.when)


def _by_stage_of_conditions(reading: Reading, fact: Fact, found: Extent) -> None:
    stages = reading.codes_of(fact, "stages")
    for diagnosis in reading.once(diagnoses).proven:
        for stage in diagnosis.condition.stage:
            if _proves(stage.summary, stages):
                assessed = [reading.chart.resolve(one) for one in stage.assessment]
                since = next((when for one in assessed if one is not None and (when := dated(one))), None)
                summary = reading.say("extent.stage", value=shown(stage.summary))
                text = since.written if since else ""
                found.add(Tie.OWN, Evidence(diagnosis.condition.reference, summary, text), since)


def _by_secondaries(reading: Reading, fact: Fact, found: Extent) -> None:
    secondary = reading.codes_of(fact, "secondary")
    stage_tests = reading.codes_of(fact, "stage_tests")
    for condition in reading.chart.conditions:
        hit = find(condition.code, secondary)
        means = hit[1].means if hit else "distant" if meanings(condition.code, stage_tests) == {"m1"} else ""
        if not means:
            continue
        evidence = shows(condition, shown(condition.code, hit[1].display if hit else ""), hit[0] if hit else None)
        proven = verification(condition) is Standing.PROVES
        if proven and means == "distant":
            found.add(tie(reading, primary_of(condition)), evidence, _began(condition))
        elif proven or verification(condition) is Standing.HINTS:
            found.add(Tie.OPEN, evidence, None)


def _began(condition: Resource) -> Span | None:
    return span(condition.onset_date_time) or span(condition.recorded_date)


def _recurrences(reading: Reading, fact: Fact) -> Iterator[Evidence]:
    codes = reading.codes_of(fact, "recurrent")
    known: list[Diagnosis] = reading.once(diagnoses).proven
    marked = {id(one.condition) for one in known if word(one.condition.clinical_status) in _RECURRENT}
    for condition in reading.chart.conditions:
        coded = find(condition.code, codes) is not None and verification(condition) is Standing.PROVES
        if coded or id(condition) in marked:
            yield shows(condition, shown(condition.code), role=Role.POSSIBLE)
