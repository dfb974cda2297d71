"""Drugs that the patient was given, or probably given, by what each record really proves.

Readings 10 and 11 of the payer. A drug is found by its codes, never by text; a code whose own display names another
drug says nothing.
"""

from datetime import date, timedelta

import msgspec

from fhir_mappings.chart.admission import admitted
from fhir_mappings.chart.evidence import dated
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.standing import Standing
from fhir_mappings.disease.diagnoses import Tie, named_tie, tie_of_reasons
from fhir_mappings.disease.shared_drugs import tie_by_use
from fhir_mappings.r4.claims import CLAIMS
from fhir_mappings.r4.resources import Resource, concepts, references
from fhir_mappings.r4.status_rules import NOT_ORDERS, STANDING
from fhir_mappings.therapy.products import Named, drugs_in
from policies.model.findings import Evidence, Role, Strength
from policies.model.notes import Note
from policies.terminology.drugs import Drug

TAKEN = {
    "MedicationRequest": frozenset({"active"}),
    "MedicationStatement": frozenset({"active"}),
    "MedicationAdministration": frozenset({"in-progress", "completed"}),
}
"""The statuses under which a record says that a drug is ordered and active, or being taken."""
TELLING = (Standing.PROVES, Standing.WEAKLY, Standing.PROBABLE)
"""What makes a record worth reading: the drug was given, or probably given."""

_COURSES = frozenset({"MedicationRequest", "MedicationStatement"})
_OVER = frozenset({"completed", "stopped"})
"""The records that tell of a whole course, and the statuses under which it is over."""


class Telling(msgspec.Struct, frozen=True):
    """A record of the chart that says that something was given, or probably given; and the drugs that it names."""

    record: Resource
    standing: Standing
    drugs: tuple[Named, ...]


class Treatment(msgspec.Struct, frozen=True):
    """One record of one drug: what it proves, from when to when, and whether it was for the policy's disease.

    `first_day` is the first day that it can mean; the end of all days without one.
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
    first_day: date = date.max

    @property
    def given(self) -> bool:
        """Whether the record proves, strongly or weakly, that the drug was given."""
        return self.standing in (Standing.PROVES, Standing.WEAKLY)


_Notes = dict[tuple[str, str, str], Note]


def treatments(reading: Reading) -> tuple[Treatment, ...]:
    """Return every record of a known drug that says at least that it was probably given, up to the order's date."""
    doubts, found, notes = reading.once(admitted).known, list[Treatment](), _Notes()
    for one in reading.once(tellings):
        for named in () if doubts[id(one.record)] else one.drugs:
            found += _read(reading, one, named, notes)
    return tuple(found)


def tellings(reading: Reading) -> tuple[Telling, ...]:
    """Return every record that says that something was given, evidence or not: lines and hints read the same ones."""
    chart, drugs, found = reading.chart, reading.drugs, list[Telling]()
    for record in chart.treatments:
        said = standing_of(record)
        if said in TELLING:
            found.append(Telling(record, said, drugs_in(chart, record, drugs)))
    return tuple(found)


def _read(reading: Reading, telling: Telling, named: Named, notes: _Notes) -> list[Treatment]:
    """Return what a record of one drug tells: nothing if it is older than its code, else each drug in it.

    `notes` are what was said of other records: of the cycles of a course the same is said.
    """
    record, said = telling.record, telling.standing
    start, end = _period(record)
    if named.since and _before_its_code(named, start):
        return []
    drug, coding, written = named.drug, named.coding, start.written if start is not None else ""
    strength = Strength.WEAK if said is Standing.WEAKLY else Strength.STRONG
    told = record.resource_type, drug.name, record.status or ""
    summary = notes.get(told) or notes.setdefault(told, Note(f"treatment.{told[0]}", drug=told[1], status=told[2]))
    coded = coding.system or "", coding.code or ""
    evidence = Evidence(record.reference, summary, written, Role.FOR, *coded, strength)
    belongs = belongs_to(reading, record, drug)
    first = start.first if start is not None else date.max
    if not drug.contains:
        return [Treatment(drug.id, drug.name, said, start, end, belongs, evidence, record, first)]
    return [Treatment(part, drug.name, said, start, end, belongs, evidence, record, first) for part in drug.contains]


def standing_of(record: Resource) -> Standing:
    """Return what a record proves of a giving, by its status and intent."""
    if record.do_not_perform or (record.intent or "") in NOT_ORDERS:
        return Standing.NOTHING
    return STANDING.get((record.resource_type, record.status or ""), Standing.NOTHING)


def _period(record: Resource) -> tuple[Span | None, Span | None]:
    period = record.effective_period or record.performed_period
    start, end = dated(record), span(period.end) if period is not None else None
    if record.resource_type not in CLAIMS or start is None or end is None:
        return start, end
    # A claim says that something was given within its period, and not on which day of it.
    return Span(start.first, max(start.last, end.last), start.written), None


def _before_its_code(named: Named, start: Span | None) -> bool:
    """Whether a record is older than the meaning of its code (codes are used again for other drugs)."""
    since = span(named.since)
    return since is not None and (start is None or not since.first <= start.first)


def belongs_to(reading: Reading, record: Resource, drug: Drug) -> Tie:
    """Return whether a treatment was for the policy's disease: by its reasons, else by what its drug is used for."""
    if not record.reason_reference and not record.reason_code:
        return reading.once_for(tie_by_use, drug.id)
    if record.resource_type in CLAIMS and (billed := _tie_of_claim(reading, record, drug)) is not None:
        return billed
    named = named_tie(reading, references(record.reason_reference), record)
    told = (named, tie_of_reasons(reading, concepts(record.reason_code)))
    return next((clear for clear in (Tie.OWN, Tie.OTHER, Tie.OPEN) if clear in told), None) or reading.once_for(
        tie_by_use, drug.id
    )


def _tie_of_claim(reading: Reading, record: Resource, drug: Drug) -> Tie | None:
    """Return whose a claimed drug is if its claim names the disease and another: a claim lists all that was treated."""
    ties = {tie_of_reasons(reading, (one,)) for one in concepts(record.reason_code)}
    if Tie.OWN not in ties or ties.isdisjoint({Tie.OTHER, Tie.OPEN}):
        return None
    return Tie.OWN if drug.used_for == (reading.policy.disease,) else Tie.OPEN


def is_together(reading: Reading, one: Treatment, days: int) -> bool:
    """Whether a record shows a drug that runs beside the order: started within so many days, and not over.

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
    """Whether a record of a whole course says that it ended between a giving and the order."""
    given = one.start.first if one.start is not None else date.max
    begun = other.start is not None and other.start.first <= given
    over = begun and other.record.resource_type in _COURSES and other.record.status in _OVER
    if other.end is None:
        return over and other.record.status == "stopped"
    return over and given <= other.end.last < as_of
