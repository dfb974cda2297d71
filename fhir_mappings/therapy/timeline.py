"""The treatment of a patient over time: each drug's courses, the lines that they make, and what was found meanwhile.

It shows what `fhir_mappings.therapy.lines` has drawn and what the findings rest on; nothing is decided here. It is
made when somebody looks, from the chart as it was read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.therapy.line import Line
from fhir_mappings.therapy.line_table import LineTable, line_table
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.treatments import Treatment, is_active, treatments
from policies.kinds.disease import DISEASE_EXTENT
from policies.model.findings import Evidence, Finding
from policies.model.notes import Said

_TREATING = frozenset(
    {
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Procedure",
        "Claim",
        "ExplanationOfBenefit",
    }
)
"""Evidence in these is treatment, which has lanes of its own."""
_OWN = frozenset({"QuestionnaireResponse", "Patient"})
_AT_NO_TIME = Span(date.max, date.max, "")


@dataclass(frozen=True, slots=True)
class Course:
    """A drug on record from one day to another, both as written; `is_certain` tells whether it surely was given.

    `line` is the number of the line that it is of; 0 where it is of none. One that `runs` is on record as active, with
    no end: it is drawn up to the order.
    """

    start: Span
    end: Span
    is_certain: bool
    line: int
    runs: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One drug with its courses, the oldest first; `undated` are its records without a date."""

    drug: str
    courses: tuple[Course, ...]
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """A line of therapy: its number, first and last day, drugs, and why it began."""

    number: int
    start: Span
    end: Span
    drugs: tuple[str, ...]
    why: Said
    setting: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was found on a day, as its record shows it; `reference` is the record."""

    when: Span
    what: Said
    place: str
    reference: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it, up to the order's date; `advanced` is the first dated proof of advanced disease."""

    ordered: date
    bands: tuple[Band, ...]
    lanes: tuple[Lane, ...]
    results: tuple[Result, ...]
    advanced: Span | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on record that has a date."""
        return not (self.results or any(one.courses for one in self.lanes))


def timeline(reading: Reading, findings: Mapping[str, Finding]) -> Timeline:
    """Lay out what a chart holds over time; raises nothing."""
    found = lines(reading)
    table = line_table(reading)
    asks_extent = reading.policy.fact_of_kind(DISEASE_EXTENT) is not None
    return Timeline(
        ordered=reading.as_of,
        bands=tuple(_bands(found.certain, table)),
        lanes=tuple(_lanes(reading, found.certain)),
        results=tuple(_results(findings.values(), reading.as_of)),
        advanced=extent(reading).since if asks_extent else None,
    )


def _bands(certain: Iterable[Line], table: LineTable) -> Iterator[Band]:
    for line, row in zip(certain, table.rows, strict=True):
        yield Band(row.number, line.start, line.last, row.drugs, row.why, row.setting)


def _lanes(reading: Reading, certain: tuple[Line, ...]) -> Iterator[Lane]:
    """Yield the drugs for the policy's disease, by the day on which each began."""
    numbers = {id(one): at for at, line in enumerate(certain, 1) for some in line.drugs.values() for one in some}
    drugs: dict[str, list[Treatment]] = {}
    for one in treatments(reading):
        if one.belongs is not Tie.OTHER:
            drugs.setdefault(one.drug, []).append(one)
    made = (_lane(reading, drug, records, numbers) for drug, records in drugs.items())
    yield from sorted(made, key=lambda lane: (lane.courses[0].start.first if lane.courses else date.max, lane.drug))


def _lane(reading: Reading, drug: str, records: Iterable[Treatment], numbers: Mapping[int, int]) -> Lane:
    dated = sorted((one for one in records if one.start is not None), key=lambda one: one.first_day)
    undated = sum(one.start is None for one in records)
    name = reading.drugs.by_id[drug].name
    made = (_course(reading, one, numbers.get(id(one), 0)) for one in dated)
    return Lane(name, tuple(_joined(made, reading.policy.figures.lines.gap_days)), undated)


def _course(reading: Reading, one: Treatment, line: int) -> Course:
    """Return a record with a date as a course of its own."""
    start, runs = one.start or _AT_NO_TIME, is_active(reading, one)
    end = span(reading.as_of.isoformat()) if runs else one.end
    return Course(start, end or start, one.given and one.belongs is Tie.OWN, line, runs)


def _joined(courses: Iterable[Course], gap_days: int) -> Iterator[Course]:
    """Yield courses that go on without a gap, and are of one line and equally certain, as one course."""
    running: Course | None = None
    for one in courses:
        same = running is not None and running.line == one.line and running.is_certain is one.is_certain
        if running is not None and same and (one.start.first - running.end.last).days <= gap_days:
            end = max(running.end, one.end, key=lambda each: each.last)
            running = Course(running.start, end, one.is_certain, one.line, running.runs or one.runs)
            continue
        if running is not None:
            yield running
        running = one
    if running is not None:
        yield running


def _results(findings: Iterable[Finding], ordered: date) -> Iterator[Result]:
    """Yield what the findings rest on beside treatment, each record's statement once, the oldest first."""
    seen: dict[tuple[str, str, str], Result] = {}
    for one in (item for found in findings for item in (*found.evidence, *found.overruled)):
        when = span(one.date)
        if when is None or when.first > ordered or _kind(one) in _TREATING | _OWN:
            continue
        seen.setdefault(
            (one.date, one.reference, repr(one.summary)), Result(when, one.summary, one.place, one.reference)
        )
    yield from sorted(seen.values(), key=lambda each: (each.when.first, each.reference, repr(each.what)))


def _kind(one: Evidence) -> str:
    return one.reference.partition("/")[0]
