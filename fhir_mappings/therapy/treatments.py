"""Drugs that the patient was given, or probably given, by what each record really proves.

Readings 10 and 11 of the payer. A drug is found by its codes, never by text; a code whose own display names another
drug says nothing.
"""

from datetime import date, timedelta

import msgspec

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import TreatmentRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept
from fhir_mappings.disease.diagnoses import Tie, named_tie, tie_of_reasons
from fhir_mappings.disease.shared_drugs import diseases_of, tie_by_use
from fhir_mappings.therapy.products import Identified, Named, identified
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

_GIVEN = (Standing.PROVES, Standing.WEAKLY)
_COURSES = frozenset({"MedicationRequest", "MedicationStatement"})
_OVER = frozenset({"completed", "stopped"})
"""The records that tell of a whole course, and the statuses under which it is over."""


class Telling(msgspec.Struct, frozen=True):
    """A record that says that something was given, or probably given; and what it was."""

    record: TreatmentRecord
    product: Identified


class Treatment(msgspec.Struct, frozen=True):
    """One record of one drug: what it proves, from when to when, and whether it was for the policy's disease.

    `first_day` is the first day that it can mean; the end of all days without one. `given`: the record proves, strongly
    or weakly, that the drug was given.
    A struct: there are many, and a frozen dataclass takes several times as long to make.
    """

    drug: str
    name: str
    standing: Standing
    start: Span | None
    end: Span | None
    belongs: Tie
    evidence: Evidence
    record: TreatmentRecord
    first_day: date = date.max
    given: bool = False


_Notes = dict[tuple[str, str, str], Note]


@once
def treatments(reading: Reading) -> tuple[Treatment, ...]:
    """Return every record of a known drug that says at least that it was probably given, up to the order's date."""
    found, notes = list[Treatment](), _Notes()
    for one in tellings(reading):
        for named in () if one.record.doubts else one.product.drugs:
            found += _read(reading, one, named, notes)
    return tuple(found)


@once
def tellings(reading: Reading) -> tuple[Telling, ...]:
    """Return every record that says that something was given, evidence or not: lines and hints read the same ones."""
    # A chart names few products, each in many records.
    found, known = list[Telling](), dict[tuple[object, ...], Identified]()
    for one in admitted(reading).on_file.treatments:
        if one.standing not in TELLING or one.is_plan:
            continue
        concept, mixed, *rest = one.product
        named = (concept.coding, concept.text, *rest) if concept is not None and not mixed else ()
        product = known.get(named)
        if product is None:
            product = identified(one.product, reading.drugs)
            if named:
                known[named] = product
        found.append(Telling(one, product))
    return tuple(found)


def _read(reading: Reading, telling: Telling, named: Named, notes: _Notes) -> list[Treatment]:
    """Return what a record of one drug tells: nothing if it is older than its code, else each drug in it.

    `notes` are what was said of other records: of the cycles of a course the same is said.
    """
    record = telling.record
    said, start, end = record.standing, record.start, record.end
    if named.since and _before_its_code(named, start):
        return []
    drug, coding, written = named.drug, named.coding, start.written if start is not None else ""
    strength = Strength.WEAK if said is Standing.WEAKLY else Strength.STRONG
    head = record.kind, drug.name, record.status or ""
    summary = notes.get(head) or notes.setdefault(head, Note(f"treatment.{head[0]}", drug=head[1], status=head[2]))
    coded = coding.system or "", coding.code or ""
    evidence = Evidence(record.reference, summary, written, Role.FOR, *coded, strength)
    is_given_for = record.reason_links or record.reasons
    belongs = belongs_to(reading, record, drug) if is_given_for else tie_by_use(reading, drug.id)
    first, given = start.first if start is not None else date.max, said in _GIVEN
    if not drug.contains:
        return [Treatment(drug.id, drug.name, said, start, end, belongs, evidence, record, first, given)]
    whole = drug.name, said, start, end, belongs, evidence, record, first, given
    return [Treatment(part, *whole) for part in drug.contains]


def _before_its_code(named: Named, start: Span | None) -> bool:
    """Whether a record is older than the meaning of its code (codes are used again for other drugs)."""
    since = span(named.since)
    return since is not None and (start is None or not since.first <= start.first)


def belongs_to(reading: Reading, record: TreatmentRecord, drug: Drug) -> Tie:
    """Return whether a treatment was for the policy's disease: by its reasons, else by what its drug is used for."""
    if not record.reason_links and not record.reasons:
        return tie_by_use(reading, drug.id)
    if record.is_billed and (billed := _tie_of_claim(reading, record, drug)) is not None:
        return billed
    named = named_tie(reading, record.reason_links)
    ties = (named, tie_of_reasons(reading, record.reasons) or _tie_of_words(reading, record.reasons))
    return next((clear for clear in (Tie.OWN, Tie.OTHER, Tie.OPEN) if clear in ties), None) or tie_by_use(
        reading, drug.id
    )


def _tie_of_words(reading: Reading, reasons: tuple[Concept, ...]) -> Tie | None:
    """Return that it is open where reasons name another disease of the drug table, by code or in words."""
    named = {disease for one in reasons for disease in diseases_of(reading, one)}
    return Tie.OPEN if named - {reading.policy.disease} else None


def _tie_of_claim(reading: Reading, record: TreatmentRecord, drug: Drug) -> Tie | None:
    """Return whose a claimed drug is if its claim names the disease and another: a claim lists all that was treated."""
    ties = {tie_of_reasons(reading, (one,)) for one in record.reasons}
    if Tie.OWN not in ties or ties.isdisjoint({Tie.OTHER, Tie.OPEN}):
        return None
    return Tie.OWN if drug.used_for == (reading.policy.disease,) else Tie.OPEN


def is_together(reading: Reading, one: Treatment, days: int) -> bool:
    """Whether a record shows a drug that runs beside the order: started within so many days, and not over.

    A single giving is part of a course: one that began earlier is the earlier course, and one that another record of
    the drug has ended is over.
    """
    earliest = reading.as_of - timedelta(days=days)
    running = one.record.status in TAKEN.get(one.record.kind, frozenset())
    if one.start is None or one.first_day < earliest or not running or one.belongs is not Tie.OWN:
        return False
    if one.record.kind != "MedicationAdministration":
        return not (one.end is not None and one.end.first < reading.as_of)
    course = [other for other in treatments(reading) if other.drug == one.drug and other.start is not None]
    return _course_start(course, one, reading.policy.figures.lines.gap_days) >= earliest and not any(
        _ends(other, one, reading.as_of) for other in course
    )


def is_active(reading: Reading, one: Treatment) -> bool:
    """Whether a record of a whole course says that it runs, with no end, and no other record of the drug ended it."""
    active = one.record.kind in _COURSES and one.record.status in TAKEN[one.record.kind] and one.end is None
    if not active or one.start is None or one.first_day > reading.as_of:
        return False
    return not any(_ends(other, one, reading.as_of) for other in treatments(reading) if other.drug == one.drug)


def _course_start(course: list[Treatment], one: Treatment, gap_days: int) -> date:
    """Return when the course of a giving began: the records before it that lie no further apart than a gap."""
    days = sorted([other.first_day for other in course if other.given and other.start is not None], reverse=True)
    first = one.start.first if one.start is not None else date.max
    for earlier in days:
        if timedelta(0) < first - earlier <= timedelta(days=gap_days):
            first = earlier
    return first


def _ends(other: Treatment, one: Treatment, as_of: date) -> bool:
    """Whether a record of a whole course says that it ended between a giving and the order."""
    given = one.start.first if one.start is not None else date.max
    begun = other.start is not None and other.start.first <= given
    over = begun and other.record.kind in _COURSES and other.record.status in _OVER
    if other.end is None:
        return over and other.record.status == "stopped"
    return over and given <= other.end.last < as_of
