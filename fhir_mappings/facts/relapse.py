"""Whether the disease is relapsed or refractory (reading 9)."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.dates import Span, span
from fhir_mappings.disease import Diagnosis, Tie, diagnoses, word
from fhir_mappings.evidence import as_role, listed, shows
from fhir_mappings.lines import lines
from fhir_mappings.matching import meanings, shown
from fhir_mappings.reading import Reading
from fhir_mappings.resources import Resource
from fhir_mappings.statuses import PROGRESSION, statuses
from policies.findings import Evidence, Finding, Role
from policies.model import Fact

_BACK = frozenset({"relapse", "recurrence"})
_REMISSION = frozenset({"remission"})


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
    signs = [*_stated(reading, fact, "relapsed", _BACK, Role.FOR), *_progressions(reading, fact)]
    remission = list(_stated(reading, fact, "remission", _REMISSION, Role.AGAINST))
    if not signs:
        possible = as_role((one.evidence for one in remission), Role.POSSIBLE)
        note = reading.say("relapse.remission", found=listed(possible))
        return Finding.unknown(note, possible) if possible else reading.silence()
    proof = tuple(one.evidence for one in signs)
    if all(_answered(one, signs) for one in remission):
        return Finding.yes(proof)
    both = (*proof, *(one.evidence for one in remission))
    return Finding.conflicting(reading.say("relapse.conflict", found=listed(both)), both)


def _answered(remission: _Sign, signs: list[_Sign]) -> bool:
    """Tell whether a relapse was written down after a remission."""
    before = remission.written
    return before is not None and any(one.written is not None and before.surely_before(one.written) for one in signs)


def _stated(reading: Reading, fact: Fact, means: str, course: frozenset[str], role: Role) -> Iterator[_Sign]:
    codes = reading.codes_of(fact, "stated")
    for diagnosis in reading.once(diagnoses).proven:
        condition = diagnosis.condition
        if means in meanings(condition.code, codes) or word(condition.clinical_status) in course:
            yield _Sign(_evidence(reading, diagnosis, role), _written(condition, course))


def _evidence(reading: Reading, diagnosis: Diagnosis, role: Role) -> Evidence:
    condition = diagnosis.condition
    text = shown(condition.code, diagnosis.member.display)
    status = word(condition.clinical_status)
    summary = reading.say("relapse.evidence", diagnosis=text, status=status) if status else text
    return shows(condition, summary, diagnosis.coding, role)


def _written(condition: Resource, course: frozenset[str]) -> Span | None:
    """Return when a diagnosis was written down; its clinical status is newer, and a remission by it holds today."""
    if course == _REMISSION and word(condition.clinical_status) in course:
        return None
    return span(condition.recorded_date) or span(condition.onset_date_time)


def _progressions(reading: Reading, fact: Fact) -> Iterator[_Sign]:
    first = next((line.start for line in reading.once(lines).certain), None)
    for status in statuses(reading, fact):
        after_a_line = first is not None and first.surely_before(status.when)
        if status.means == PROGRESSION and status.belongs is Tie.OWN and after_a_line:
            yield _Sign(status.evidence, status.when)
