"""Drugs that the patient was given, or probably given, by what each record really proves.

Readings 10 and 11 of the payer. A drug is found by its codes, never by text; a code whose own display names another
drug says nothing.
"""

from datetime import date, timedelta

import msgspec

from fhir_mappings.chart.evidence import dated
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.diagnoses import Tie, diagnoses, named_tie, tie_of_reasons
from fhir_mappings.r4.dates import Span, span
from fhir_mappings.r4.resources import CodeableConcept, Coding, Resource, concepts, references
from fhir_mappings.r4.status_rules import NOT_ORDERS, Standing, standing
from policies.model.findings import Evidence, Role, Strength
from policies.terminology.drugs import Drug, Drugs

TAKEN = {
    "MedicationRequest": frozenset({"active"}),
    "MedicationStatement": frozenset({"active"}),
    "MedicationAdministration": frozenset({"in-progress", "completed"}),
}
"""The statuses under which a record says that a drug is ordered and active, or being taken."""
_TELLING = (Standing.PROVES, Standing.WEAKLY, Standing.PROBABLE)
"""What makes a record worth reading: the drug was given, or probably given."""

_COURSES = frozenset({"MedicationRequest", "MedicationStatement"})
_OVER = frozenset({"completed", "stopped"})
"""The records that tell of a whole course, and the statuses under which it is over."""


class Treatment(msgspec.Struct, frozen=True):
    """One record of one drug: what it proves, from when to when, and whether it was for the policy's disease.

    A struct, as the resources are: there are many, and a frozen dataclass takes several times as long to make.
    """

    drug: str
    name: str
    standing: Standing
    start: Span | None
    end: Span | None
    belongs: Tie
    evidence: Evidence
    record: Resource

    @property
    def given(self) -> bool:
        """Tell whether the record proves, strongly or weakly, that the drug was given."""
        return self.standing in (Standing.PROVES, Standing.WEAKLY)


class Named(msgspec.Struct, frozen=True):
    """A drug that a concept names, with the coding that says so, and since when (ISO date) the code means it."""

    drug: Drug
    coding: Coding
    since: str


def drugs_of(concept: CodeableConcept | None, drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs of a concept by its codes; more than one means that the codes contradict each other.

    A code for what a conjugate is derived from, or a combination contains, beside the code of the whole adds nothing.
    """
    if concept is None:
        return ()
    found: dict[str, Named] = {}
    for coding in concept.coding:
        match = drugs.told_by(coding.system or "", coding.code or "", coding.display or "")
        if match is not None and match.drug.id not in found:
            found[match.drug.id] = Named(match.drug, coding, match.code.since)
    if len(found) < 2:
        return tuple(found.values())
    parts = {part for one in found.values() for part in (one.drug.derived_from, *one.drug.contains)}
    return tuple(one for name, one in found.items() if name not in parts)


def product(reading: Reading, record: Resource) -> CodeableConcept | None:
    """Return what a record says was given: its own code, or that of the Medication that it points to."""
    if record.resource_type == "Procedure":
        return record.code
    if record.medication_codeable_concept is not None:
        return record.medication_codeable_concept
    medication = reading.chart.resolve(record.medication_reference, record)
    return medication.code if medication is not None else None


def treatments(reading: Reading) -> tuple[Treatment, ...]:
    """Return every record of a known drug that says at least that it was probably given, up to today."""
    drugs = reading.drugs
    unless_told = Tie.OPEN if reading.once(diagnoses).other_cancers else Tie.OWN
    found: list[Treatment] = []
    for record in reading.chart.treatments:
        said = _standing(record)
        named = drugs_of(product(reading, record), drugs) if said in _TELLING else ()
        if len(named) == 1:
            found += _read(reading, record, said, named[0], unless_told)
    return tuple(found)


def _read(reading: Reading, record: Resource, said: Standing, named: Named, unless_told: Tie) -> list[Treatment]:
    """Return what a record of one drug tells: nothing if it is not of today or before, else each drug in it."""
    start, end = _period(record)
    if (start is not None and start.first > reading.today) or (named.since and _before_its_code(named, start)):
        return []
    drug, coding, written = named.drug, named.coding, start.written if start is not None else ""
    strength = Strength.WEAK if said is Standing.WEAKLY else Strength.STRONG
    summary = reading.say(f"treatment.{record.resource_type}", drug=drug.name, status=record.status)
    coded = coding.system or "", coding.code or ""
    evidence = Evidence(record.reference, summary, written, Role.FOR, *coded, strength)
    belongs = _belongs(reading, record, unless_told)
    parts = drug.contains or (drug.id,)
    return [Treatment(part, drug.name, said, start, end, belongs, evidence, record) for part in parts]


def _standing(record: Resource) -> Standing:
    if record.do_not_perform or (record.intent or "") in NOT_ORDERS:
        return Standing.NOTHING
    return standing(record.resource_type, record.status)


def _period(record: Resource) -> tuple[Span | None, Span | None]:
    period = record.effective_period or record.performed_period
    start = dated(record)
    return start, (span(period.end) if period is not None else None)


def _before_its_code(named: Named, start: Span | None) -> bool:
    """Tell whether a record is older than the meaning of its code (codes are used again for other drugs)."""
    since = span(named.since)
    return since is not None and (start is None or not since.first <= start.first)


def _belongs(reading: Reading, record: Resource, unless_told: Tie) -> Tie:
    """Tell whether a treatment was for the policy's disease: by its reasons, else by there being one cancer on file."""
    if not record.reason_reference and not record.reason_code:
        return unless_told
    named = named_tie(reading, references(record.reason_reference), record)
    told = (named, tie_of_reasons(reading, concepts(record.reason_code)))
    return next((clear for clear in (Tie.OWN, Tie.OTHER, Tie.OPEN) if clear in told), unless_told)


def is_together(reading: Reading, one: Treatment, days: int) -> bool:
    """Tell whether a record shows a drug that runs beside the order: started within so many days, and not over.

    A single giving is part of a course: one that began earlier is the earlier course, and one that another record of
    the drug has ended is over.
    """
    earliest = reading.as_of - timedelta(days=days)
    started = one.start is not None and one.start.first >= earliest
    running = one.record.status in TAKEN.get(one.record.resource_type, frozenset())
    if not started or not running or one.belongs is not Tie.OWN:
        return False
    if one.record.resource_type != "MedicationAdministration":
        return not (one.end is not None and one.end.first < reading.as_of)
    course = [other for other in reading.once(treatments) if other.drug == one.drug and other.start is not None]
    return _course_start(course, one, reading.policy.figures.lines.gap_days) >= earliest and not any(
        _ends(other, one, reading.as_of) for other in course
    )


def _course_start(course: list[Treatment], one: Treatment, gap_days: int) -> date:
    """Return when the course of a giving began: the records before it that lie no further apart than a gap."""
    days = sorted((other.start.first for other in course if other.given and other.start is not None), reverse=True)
    first = one.start.first if one.start is not None else date.max
    for earlier in days:
        if timedelta(0) < first - earlier <= timedelta(days=gap_days):
            first = earlier
    return first


def _ends(other: Treatment, one: Treatment, as_of: date) -> bool:
    """Tell whether a record of a whole course says that it ended between a giving and the order."""
    given = one.start.first if one.start is not None else date.max
    begun = other.start is not None and other.start.first <= given
    over = begun and other.record.resource_type in _COURSES and other.record.status in _OVER
    if other.end is None:
        return over and other.record.status == "stopped"
    return over and given <= other.end.last < as_of
