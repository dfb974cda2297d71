"""Whether the disease is proven to be advanced, by what, and since when.

Readings 7 and 8 of the payer: stage IV and M1 at any date, a distant secondary neoplasm that nothing else can own.
A stage below IV and an M0 prove nothing against a later metastasis.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from fhir_mappings.admission.counted_results import results
from fhir_mappings.admission.evidence import admitted, linked
from fhir_mappings.chart.concept_match import displayed, find, meanings, shown
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import DiagnosisRecord, Stage
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Coding, Concept
from fhir_mappings.disease.diagnoses import Diagnosis, Tie, diagnoses, tie
from fhir_mappings.disease.ruled_out import ruled_out
from policies.kinds.disease import DISEASE_EXTENT
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Role
from policies.model.notes import Note
from policies.terminology.value_sets import CodeSet, Member

_DISTANT, _UNCLEAR, _NONE = "distant", "unclear", "m0"
_PROOFS = (frozenset({"iv"}), frozenset({"m1"}), frozenset({"iv", "m1"}))
_NAMED_STAGE = re.compile(
    r"(?:\bstage\s*(?:group\s*)?|^\s*)(IV|I{1,3}|[0-4])(?:[A-C][0-9]?)?\b|\b[cpy]*(M[01])\b", re.IGNORECASE
)
_FOURTH = frozenset({"IV", "4", "M1"})
_NO_ORGAN = re.compile(
    r"secondary|malignant|neoplas\w+|diseases?|\(?disorder\)?|of|and|the|other|unspecified|sites?|parts?|organs?|right|left|"
    r"bilateral|to|metastatic|specified|multiple|regions?"
)
"""The words of a title of a secondary neoplasm that name no organ."""
_RECURRENCE = "recurrent"
_RECURRENT = frozenset({"recurrence", "relapse"})


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof of metastatic disease and when it was so; None if the record does not say."""

    evidence: Evidence
    since: Span | None


@dataclass(slots=True)
class Extent:
    """What the chart says of the extent: proofs, what may be, recurrence, local advance, other stages.

    `since` is the first date on which advanced disease is proven; None if no proof is dated.
    """

    metastatic: list[Proof] = field(default_factory=list)
    possible: list[Evidence] = field(default_factory=list)
    recurrent: list[Evidence] = field(default_factory=list)
    locally_advanced: list[Evidence] = field(default_factory=list)
    lower: list[Evidence] = field(default_factory=list)
    unread: list[Evidence] = field(default_factory=list)
    since: Span | None = None

    def add(self, belongs: Tie, evidence: Evidence, since: Span | None) -> None:
        """File a sign of metastasis as proof, as possible, or (another cancer's) not at all."""
        if belongs is Tie.OWN:
            self.metastatic.append(Proof(evidence, since))
            known = [one for one in (self.since, since) if one is not None]
            self.since = min(known, key=lambda one: (one.last, one.first), default=None)
        elif belongs is Tie.OPEN:
            self.possible.extend(as_role((evidence,), Role.POSSIBLE))


@once
def extent(reading: Reading) -> Extent:
    """Work out the extent from stages, secondary neoplasms and recurrence; empty if the policy asks for none."""
    fact = reading.policy.fact_of_kind(DISEASE_EXTENT)
    found = Extent()
    if fact is not None:
        _by_stage_results(reading, fact, found)
        _by_stage_of_conditions(reading, fact, found)
        _by_secondaries(reading, fact, found)
        _by_recurrence(reading, fact, found)
    return found


def _proves(concept: Concept | None, stages: CodeSet) -> bool:
    """Whether a stage is IV, or M1, and its own words do not say another."""
    words = concept.words if concept is not None else ()
    return meanings(concept, stages) in _PROOFS and not any(_says_otherwise(text) for text in words)


def _says_otherwise(text: str) -> bool:
    """Whether a text names a stage below IV, or M0, and no stage IV or M1."""
    named = {(match[1] or match[2]).upper() for match in _NAMED_STAGE.finditer(text)}
    return bool(named) and not named & _FOURTH


def _file_lesser(found: Extent, concept: Concept | None, stages: CodeSet, evidence: Evidence) -> None:
    """File a stage that proves nothing: as a lower one, or as one that we do not know or that contradicts itself."""
    known = meanings(concept, stages)
    words = concept.words if concept is not None else ()
    shown_as = as_role((evidence,), Role.POSSIBLE)
    if known == {_NONE} or (not known and words and all(_says_otherwise(text) for text in words)):
        found.lower.extend(shown_as)
    elif not known or known in _PROOFS:
        found.unread.extend(shown_as)


def _by_stage_results(reading: Reading, fact: Fact, found: Extent) -> None:
    stages = reading.codes_of(fact, "stages")
    for result in results(reading, reading.codes_of(fact, "stage_tests")):
        if result.member.means not in {"stage", "m"}:
            continue
        value = result.value.concept
        seen = shown(value, displayed(value, stages)) or result.value.text or ""
        evidence = shows(result.observation, Note("extent.stage", value=seen), result.coding)
        if _proves(value, stages):
            found.add(tie(reading, result.observation.focus), evidence, result.when)
        elif seen:
            _file_lesser(found, value, stages, evidence)


def _by_stage_of_conditions(reading: Reading, fact: Fact, found: Extent) -> None:
    for diagnosis in diagnoses(reading).proven:
        for stage in diagnosis.condition.stages:
            _by_stage(reading, fact, diagnosis, stage, found)


def _by_stage(reading: Reading, fact: Fact, diagnosis: Diagnosis, stage: Stage, found: Extent) -> None:
    """Read one stage of a diagnosis, dated by its assessment: the diagnosis itself may be older than its stage."""
    stages = reading.codes_of(fact, "stages")
    assessed = [linked(reading, one) for one in stage.assessment]
    since = next((one.when for one in assessed if one is not None and not one.doubts and one.when), None)
    evidence = Evidence(
        diagnosis.condition.reference,
        Note("extent.stage", value=shown(stage.summary, displayed(stage.summary, stages))),
        since.written if since else "",
    )
    if _proves(stage.summary, stages):
        found.add(Tie.OWN, evidence, since)
    elif stage.summary is not None:
        _file_lesser(found, stage.summary, stages, evidence)


def _by_secondaries(reading: Reading, fact: Fact, found: Extent) -> None:
    refuted = _refuted(reading, fact)
    for condition in admitted(reading).diagnoses:
        means, hit = _site(reading, fact, condition)
        if not means:
            continue
        evidence = shows(condition, shown(condition.code, hit[1].display if hit else ""), hit[0] if hit else None)
        proven, began = condition.standing is Standing.PROVES, _began(condition)
        named = _organs(hit[1].display) if hit is not None else frozenset[str]()
        against = ruled_out(reading, hit[1].display, began) if proven and hit is not None else ()
        found.possible.extend(against)
        if proven and means == _DISTANT and not named & refuted and not against:
            found.add(tie(reading, condition.primary), evidence, began)
        elif proven or condition.standing is Standing.HINTS:
            found.add(Tie.OPEN, evidence, None)


def _site(reading: Reading, fact: Fact, condition: DiagnosisRecord) -> tuple[str, tuple[Coding, Member] | None]:
    """Where a secondary neoplasm sits: distant, or what leaves it open; codings that differ leave it open too."""
    secondary = reading.codes_of(fact, "secondary")
    hit = find(condition.code, secondary)
    if hit is None:
        metastatic = meanings(condition.code, reading.codes_of(fact, "stage_tests")) == {"m1"}
        return (_DISTANT if metastatic else ""), None
    sites = meanings(condition.code, secondary) - {_UNCLEAR}
    return (next(iter(sites)) if len(sites) == 1 else _UNCLEAR), hit


def _refuted(reading: Reading, fact: Fact) -> frozenset[str]:
    """Return the organs whose metastasis was ruled out: one there that is stated elsewhere is no proof."""
    secondary = reading.codes_of(fact, "secondary")
    ruled_out = (one for one in admitted(reading).on_file.diagnoses if one.standing is Standing.REFUTES)
    hits = (hit for one in ruled_out if (hit := find(one.code, secondary)) is not None)
    return frozenset(organ for hit in hits for organ in _organs(hit[1].display))


@lru_cache(maxsize=512)
def _organs(display: str) -> frozenset[str]:
    """Return the words of a title that name a site, so that codes of two systems for one organ are recognized as such.

    Remembered: these are titles of value sets on file.
    """
    words = display.lower().replace(",", " ").split()
    return frozenset(word for word in words if not _NO_ORGAN.fullmatch(word))


def _began(condition: DiagnosisRecord) -> Span | None:
    return condition.onset or span(condition.recorded)


def _by_recurrence(reading: Reading, fact: Fact, found: Extent) -> None:
    codes = reading.codes_of(fact, "recurrent")
    marked = {id(one.condition) for one in diagnoses(reading).proven if _is_marked(one.condition)}
    for condition in admitted(reading).diagnoses:
        coded = meanings(condition.code, codes) if condition.standing is Standing.PROVES else frozenset()
        recurrent = _RECURRENCE in coded or id(condition) in marked
        if recurrent or coded:
            display = displayed(condition.code, codes) or displayed(condition.code, reading.disease)
            evidence = shows(condition, shown(condition.code, display), role=Role.POSSIBLE)
            (found.recurrent if recurrent else found.locally_advanced).append(evidence)


def _is_marked(condition: DiagnosisRecord) -> bool:
    return condition.clinical_status in _RECURRENT
