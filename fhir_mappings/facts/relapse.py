"""Whether the disease is relapsed or refractory (reading 9)."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, meanings, shown
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.kept_records import GIVINGS, is_named
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.courses import PROGRESSION, course_in, denies_relapse
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import DiagnosisRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept
from fhir_mappings.disease.diagnoses import Diagnosis, Tie, diagnoses
from fhir_mappings.disease.disease_status import statuses
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.facts.sides import by_role
from fhir_mappings.meanings.of_words import is_relapsed
from fhir_mappings.population import phrases
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.treatments import treatments
from policies.kinds.relapse import RELAPSE
from policies.kinds.treatment import INTOLERANCE, PROGRESSION_ON_THERAPY
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, together
from policies.terminology.value_sets import CodeSet

_BACK = frozenset({"relapse", "recurrence"})
_REMISSION = frozenset({"remission"})
_NO_RESPONSE = "no response"


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign for or against, and when it was written down."""

    evidence: Evidence
    written: Span | None


def relapse(reading: Reading, fact: Fact) -> Finding:
    """Read relapse from the diagnosis code, the clinical status, or progression after an earlier line.

    A code of remission speaks against it without deciding: later than every sign of relapse, or undated, it leaves the
    question open with both sides shown.
    """
    endings = list(_without_response(reading))
    signs = [*_stated(reading, fact, "relapsed", _BACK, Role.FOR), *_progressions(reading, fact)]
    signs += [sign for sign in endings if sign.evidence.role is Role.FOR]
    remission = list(_stated(reading, fact, "remission", _REMISSION, Role.AGAINST))
    if not signs and not remission and (refractory := _by_lines(reading, fact)) is not None:
        return refractory
    if not signs:
        return _open(reading, fact, remission, endings)
    proof = tuple(one.evidence for one in signs)
    if all(_answered(one, signs) for one in remission):
        return Finding.yes(proof)
    both = (*proof, *(one.evidence for one in remission))
    return Finding.conflicting(Note("relapse.conflict", found=both), both)


def _by_lines(reading: Reading, fact: Fact) -> Finding | None:
    """Return the disease as refractory where it is active after the policy's number of certain lines; else None.

    A code that states a course, and was not taken for it, contradicts its own words: such a record proves nothing.
    """
    least, certain = fact.parameters.get("refractory_from_lines"), lines(reading).certain
    courses = reading.codes_of(fact, "stated")
    proven = (one for one in diagnoses(reading).proven if find(one.condition.code, courses) is None)
    active = [one for one in proven if one.condition.clinical_status == "active"]
    if not isinstance(least, int) or len(certain) < least or not active:
        return None
    treated = tuple(one for line in certain for one in line.shown.values())
    evidence = (*(_evidence(one, Role.FOR) for one in active), *treated)
    return Finding.yes(evidence, Note("relapse.by_lines", n=len(certain)))


def _open(reading: Reading, fact: Fact, remission: list[_Sign], endings: list[_Sign]) -> Finding:
    """Show what speaks for or against it without proving anything."""
    found = lines(reading).certain
    several = tuple(one for line in found for one in line.shown.values()) if len(found) > 1 else ()
    seen = (
        ("relapse.remission", as_role((one.evidence for one in remission), Role.POSSIBLE)),
        ("relapse.no_response", tuple(one.evidence for one in endings)),
        ("relapse.lines", as_role(several, Role.POSSIBLE)),
        ("mention.note", tuple(_uncoded_courses(reading, fact))),
    )
    note = together(*[Note(key, found=evidence) for key, evidence in seen if evidence])
    possible = tuple(one for _, evidence in seen for one in evidence)
    stated = reading.codes_of(fact, "stated")
    return confirming(reading, note, possible, Look(kind=RELAPSE.name, codes=stated, conditions=True, listed=stated))


def _uncoded_courses(reading: Reading, fact: Fact) -> Iterator[Evidence]:
    """Yield the results that are a course of the disease by the name of their test alone, and say that it is worse."""
    tests = PROGRESSION_ON_THERAPY.tests
    known = reading.codes_of(fact, "status_tests")
    for one in admitted(reading).results if tests is not None else ():
        words = (one.whole.text or "", *(one.whole.concept.words if one.whole.concept is not None else ()))
        is_named_only = tests is not None and find(one.code, known) is None and is_named((one.whole,), tests.named)
        worse = next((word for word in words if PROGRESSION in course_in(word)), "")
        if is_named_only and worse and one.standing is Standing.PROVES:
            yield shows(one, Note("mention.evidence", words=f"{shown(one.code)}: {worse}"), role=Role.POSSIBLE)


def _without_response(reading: Reading) -> Iterator[_Sign]:
    """Yield the drugs of the disease that ended for "no response", which is the payer's word for refractory.

    The reason must be coded. A drug that is not proven to be given is possible evidence.
    """
    ending = reading.policy.fact_of_kind(INTOLERANCE)
    if ending is None:
        return
    reasons = reading.codes_of(ending, "reasons")
    roles = reading.drug_set(reading.policy.figures.lines.drugs).roles
    for one in treatments(reading):
        unresponsive = any(_NO_RESPONSE in meanings(reason, reasons) for reason in one.record.status_reasons)
        if unresponsive and one.drug in roles and one.belongs is Tie.OWN:
            summary = Note("relapse.stopped", drug=one.name, status=one.record.status or "")
            role = Role.FOR if one.given else Role.POSSIBLE
            yield _Sign(shows(one.record, summary, None, role, one.evidence.strength), one.end or one.start)


def _answered(remission: _Sign, signs: list[_Sign]) -> bool:
    """Whether a relapse was written down after a remission."""
    before = remission.written
    return before is not None and any(one.written is not None and before.surely_before(one.written) for one in signs)


def _stated(reading: Reading, fact: Fact, means: str, course: frozenset[str], role: Role) -> Iterator[_Sign]:
    codes = reading.codes_of(fact, "stated")
    for diagnosis in diagnoses(reading).proven:
        condition = diagnosis.condition
        coded = means in meanings(condition.code, codes) and not (
            role is Role.FOR and _is_belied(reading, condition, codes)
        )
        if coded or condition.clinical_status in course:
            yield _Sign(_evidence(diagnosis, role), _written(condition, course))


def _is_belied(reading: Reading, condition: DiagnosisRecord, codes: CodeSet) -> bool:
    """Return whether words or another coding of a diagnosis speak against the relapse that its code states."""
    code = condition.code or Concept()
    stated = {
        (coding.system, meanings(Concept((coding,)), codes))
        for coding in code.coding
        if find(Concept((coding,)), reading.disease) is not None
    }
    return len(stated) > len({system for system, _ in stated}) or any(denies_relapse(one) for one in code.words)


def _evidence(diagnosis: Diagnosis, role: Role) -> Evidence:
    condition = diagnosis.condition
    text = shown(condition.code, diagnosis.member.display)
    status = condition.clinical_status
    summary = Note("relapse.evidence", diagnosis=text, status=status) if status else text
    return shows(condition, summary, diagnosis.coding, role)


def _written(condition: DiagnosisRecord, course: frozenset[str]) -> Span | None:
    """Return when a diagnosis was written down; its clinical status is newer, and a remission by it holds today."""
    if course == _REMISSION and condition.clinical_status in course:
        return None
    return span(condition.recorded) or condition.onset


def _progressions(reading: Reading, fact: Fact) -> Iterator[_Sign]:
    first = next((line.start for line in lines(reading).certain), None)
    for status in statuses(reading, fact):
        after_a_line = first is not None and first.surely_before(status.when)
        if status.means == PROGRESSION and status.belongs is Tie.OWN and after_a_line:
            yield _Sign(status.evidence, status.when)


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    return {name: phrases.listed(codes.members(fact, "stated", name)) for name in ("relapsed", "remission")}


RECORDS = (
    FhirKind(
        RELAPSE,
        relapse,
        GIVINGS | {"Medication", "Condition", "Observation"},
        newest=Newest.DIAGNOSIS,
        means=is_relapsed,
        stands=by_role,
        logic=PopulationLogic(_values, reads_tests=False),
    ),
)
