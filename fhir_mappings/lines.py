"""Lines of therapy: which earlier regimens are new beyond doubt, and what may be a further one.

Readings 10 to 13 of the payer; the algorithm is told in docs/lines-of-therapy.md, its figures stand in the policy file.
The number of certain lines is a lower bound: missing records never make two therapies out of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from fhir_mappings.dates import Span
from fhir_mappings.disease import Tie
from fhir_mappings.reading import Reading
from fhir_mappings.standing import Standing
from fhir_mappings.statuses import PROGRESSION, statuses
from fhir_mappings.treatments import Treatment, is_together, treatments
from policies.findings import Evidence
from policies.tables import LineRules

MAIN, LEAD_IN, CONDITIONING, MAINTENANCE = "main", "lead-in", "conditioning", "maintenance"
_STATUS_KINDS = ("relapse", "progression_on_therapy")


@dataclass(slots=True)
class Line:
    """One line: when it began, where its window begins, and the records of each of its drugs, the oldest first."""

    start: Span
    window: Span
    drugs: dict[str, list[Treatment]] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)

    @property
    def sure(self) -> tuple[str, ...]:
        """Return the drugs that are of this line beyond doubt."""
        return tuple(drug for drug in self.drugs if drug not in self.doubted)

    def join(self, treatment: Treatment) -> None:
        """Take a record in."""
        self.drugs.setdefault(treatment.drug, []).append(treatment)

    def yield_since(self, treatment: Treatment) -> list[Treatment]:
        """Give up the records of a drug from this one on, with the drug itself if it was not there before."""
        records = self.drugs.pop(treatment.drug)
        at = records.index(treatment)
        if at:
            self.drugs[treatment.drug] = records[:at]
        return records[at:]

    def evidence(self, drugs: Iterable[str]) -> tuple[Evidence, ...]:
        """Return the first record of each of these drugs in the line; one that proves goes before a weak one."""
        sure = set(self.sure)
        return tuple(_best(self.drugs[drug]).evidence for drug in drugs if drug in sure)


def _best(records: list[Treatment]) -> Treatment:
    return next((one for one in records if one.standing is Standing.PROVES), records[0])


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines that are certain, oldest first, and the records that may be further ones."""

    certain: tuple[Line, ...]
    possible: tuple[Treatment, ...]


def lines(reading: Reading) -> Lines:
    """Draw the lines of therapy for the policy's disease before the order; the ordered drug itself is left out."""
    roles = reading.drug_set(reading.policy.figures.lines.drugs).roles
    own = reading.policy.figures.product.drug
    earlier = [
        one for one in reading.once(treatments) if one.drug in roles and one.drug != own and _earlier(reading, one)
    ]
    drawing = _Drawing(reading.policy.figures.lines, dict(roles), _progressions(reading))
    dated = sorted((one for one in earlier if _is_certain(one, reading.as_of)), key=_by_date)
    for _, records in groupby(dated, key=_first_day):
        drawing.take(list(records))
    known = {drug for line in drawing.lines for drug in line.drugs}
    rest = (one for one in earlier if not _is_certain(one, reading.as_of) and one.belongs is not Tie.OTHER)
    doubtful = {one.drug: one for one in sorted(rest, key=_by_date, reverse=True) if one.drug not in known}
    return Lines(tuple(drawing.lines), (*drawing.possible, *doubtful.values()))


def _is_certain(one: Treatment, day: date) -> bool:
    """Tell whether a record proves a giving for the policy's disease, surely before a day."""
    return one.given and one.belongs is Tie.OWN and one.start is not None and one.start.last < day


def _earlier(reading: Reading, one: Treatment) -> bool:
    """Tell whether a record lies before the order and is not the partner that the drug is to be combined with."""
    if one.start is not None and one.start.first >= reading.as_of:
        return False
    partner = reading.policy.fact_of_kind("combination_partner")
    if partner is None or one.drug not in reading.drug_set(str(partner.parameters["drugs"])):
        return True
    return not is_together(reading, one, reading.days_of(partner, "within_days"))


def _first_day(one: Treatment) -> date:
    return one.start.first if one.start else date.max


def _by_date(one: Treatment) -> tuple[date, str, str]:
    return _first_day(one), one.drug, one.record.reference


def _progressions(reading: Reading) -> list[Span]:
    """Return when a disease status recorded progression. A first proof of advanced disease says no such thing."""
    facts = (reading.policy.fact_of_kind(kind) for kind in _STATUS_KINDS)
    fact = next((one for one in facts if one is not None), None)
    known = () if fact is None else statuses(reading, fact)
    return [one.when for one in known if one.means == PROGRESSION and one.belongs is Tie.OWN]


@dataclass(slots=True)
class _Drawing:
    """The lines drawn so far, fed with the records of one day at a time."""

    rules: LineRules
    roles: dict[str, str]
    progressions: list[Span]
    lines: list[Line] = field(default_factory=list)
    possible: list[Treatment] = field(default_factory=list)
    _seen: dict[str, date] = field(default_factory=dict)
    _pending: list[Treatment] = field(default_factory=list)

    def take(self, day: list[Treatment]) -> None:
        """Add the records that begin on one day: if one of them opens a line, all of them are in it."""
        opening = next((one for one in day if self._opens(one)), None)
        if opening is not None:
            self._open(opening)
        else:
            self._after_lead_in(day)
            doubtful = {one.drug: one for one in reversed(day) if self._doubtful(one)}
            self.possible += doubtful.values()
            self._pending += doubtful.values()
        for one in day:
            if opening is None and self._comes_back(one):
                self.lines[-1].doubted.add(one.drug)
            self.lines[-1].join(one)
            last = one.end.last if one.end is not None else _first_day(one)
            self._seen[one.drug] = max(last, self._seen.get(one.drug, last))

    def _comes_back(self, one: Treatment) -> bool:
        """Tell whether a drug of an earlier line appears after the window: that it is of this line is not certain."""
        line = self.lines[-1]
        known = one.drug in self._seen and one.drug not in line.drugs
        return known and self._is_late(line, one) and not self._runs_on(one)

    def _is_late(self, line: Line, one: Treatment) -> bool:
        """Tell whether a record may lie after the window of a line."""
        return not _start(one).surely_within(self.rules.window_days, line.window)

    def _open(self, opening: Treatment) -> None:
        """Begin a line; what was begun, or begun again, shortly before belongs to it (lymphodepletion, say)."""
        line = Line(_start(opening), _start(opening))
        for one in self._pending:
            if line.window.surely_within(self.rules.window_days, _start(one)):
                line.start = min(line.start, _start(one), key=lambda start: start.first)
                for record in self.lines[-1].yield_since(one):
                    line.join(record)
                self.possible.remove(one)
        self._pending.clear()
        self.lines.append(line)

    def _after_lead_in(self, day: list[Treatment]) -> None:
        """Let the window of a line that had only its lead-in begin with the first main drug that follows in time."""
        line = self.lines[-1]
        first = next((_start(one) for one in day if self.roles[one.drug] == MAIN), None)
        if first is not None and self._is_lead_in(line) and first.surely_within(self.rules.lead_in_days, line.start):
            line.window = first

    def _is_lead_in(self, line: Line) -> bool:
        return all(self.roles[drug] == LEAD_IN for drug in line.drugs)

    def _opens(self, one: Treatment) -> bool:
        """Tell whether a record begins a line beyond doubt."""
        if not self.lines:
            return True
        line = self.lines[-1]
        if one.drug in line.drugs or self._runs_on(one):
            return False
        if self._progressed_between(line, one):
            return True
        return one.drug not in self._seen and self._is_main(line, one) and not self._stays_in_line(line, one)

    def _runs_on(self, one: Treatment) -> bool:
        last = self._seen.get(one.drug)
        return last is not None and (_first_day(one) - last).days <= self.rules.gap_days

    def _progressed_between(self, line: Line, one: Treatment) -> bool:
        """Tell whether progression was recorded after the line's window and before the record."""
        late = (event for event in self.progressions if event.surely_after(self.rules.window_days, line.window))
        return any(event.last <= _start(one).first for event in late)

    def _is_main(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug changes a line by being started after the window; lead-in drugs need longer."""
        role = self.roles[one.drug]
        if role == MAIN:
            return _start(one).surely_after(self.rules.window_days, line.window)
        return role == LEAD_IN and _start(one).surely_after(self.rules.lead_in_days, line.start)

    def _stays_in_line(self, line: Line, one: Treatment) -> bool:
        """Tell whether a new main drug may still be part of the plan: after a lead-in, or as a known substitution."""
        planned = self._is_lead_in(line) and not _start(one).surely_after(self.rules.lead_in_days, line.start)
        return planned or any((drug, one.drug) in self.rules.same_line for drug in line.drugs)

    def _doubtful(self, one: Treatment) -> bool:
        """Tell whether a record that opens no line may still be a further one: after the window, or after a gap."""
        line = self.lines[-1]
        if self._runs_on(one) or self._follows_up(line, one) or self._maintains(line, one):
            return False
        return one.drug in line.drugs or self._is_late(line, one)

    def _follows_up(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug is a planned next step without a gap: conditioning, or a known substitution."""
        planned = self.roles[one.drug] == CONDITIONING or any(
            (drug, one.drug) in self.rules.same_line for drug in line.drugs
        )
        last = max(self._seen[drug] for drug in line.drugs)
        return planned and one.drug not in line.drugs and (_first_day(one) - last).days <= self.rules.gap_days

    def _maintains(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug is the maintenance after a transplant: within two gaps of its conditioning."""
        conditioned = [
            self._seen[drug]
            for drug, records in line.drugs.items()
            if self.roles[drug] == CONDITIONING and _start(records[0]).surely_after(self.rules.window_days, line.window)
        ]
        late = 2 * self.rules.gap_days
        return self.roles[one.drug] == MAINTENANCE and any((_first_day(one) - day).days <= late for day in conditioned)


def _start(one: Treatment) -> Span:
    if one.start is None:
        raise ValueError(f"{one.record.reference} has no date to draw a line by")
    return one.start
