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
from fhir_mappings.statuses import PROGRESSION, statuses
from fhir_mappings.treatments import Treatment, is_together, treatments
from policies.findings import Evidence
from policies.tables import LineRules

MAIN, LEAD_IN = "main", "lead-in"
_STATUS_KINDS = ("relapse", "progression_on_therapy")


@dataclass(slots=True)
class Line:
    """One line: when it began, and the first record of each of its drugs."""

    start: Span
    drugs: dict[str, Treatment] = field(default_factory=dict)

    def join(self, treatment: Treatment) -> None:
        """Take a record in; the first of each drug is kept as its evidence."""
        self.drugs.setdefault(treatment.drug, treatment)

    def evidence(self, drugs: Iterable[str]) -> tuple[Evidence, ...]:
        """Return the first record of each of these drugs in the line."""
        return tuple(self.drugs[drug].evidence for drug in drugs if drug in self.drugs)


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
    dated = [one for one in earlier if one.given and one.belongs is Tie.OWN and one.start is not None]
    drawing = _Drawing(reading.policy.figures.lines, dict(roles), _progressions(reading))
    for _, records in groupby(sorted(dated, key=_by_date), key=_first_day):
        drawing.take(list(records))
    certain = {drug for line in drawing.lines for drug in line.drugs}
    doubtful = [one for one in earlier if one not in dated and one.belongs is not Tie.OTHER and one.drug not in certain]
    return Lines(tuple(drawing.lines), (*drawing.possible, *doubtful))


def _earlier(reading: Reading, one: Treatment) -> bool:
    """Tell whether a record lies before the order and is not the partner that the drug is to be combined with."""
    if one.start is not None and one.start.last >= reading.as_of:
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
    _restarts: list[Treatment] = field(default_factory=list)

    def take(self, day: list[Treatment]) -> None:
        """Add the records that begin on one day: if one of them opens a line, all of them are in it."""
        opening = next((one for one in day if self._opens(one)), None)
        if opening is not None:
            self._open(opening)
        for one in day:
            if opening is None and self._doubtful(one):
                self.possible.append(one)
            self.lines[-1].join(one)
            last = one.end.last if one.end is not None else _first_day(one)
            self._seen[one.drug] = max(last, self._seen.get(one.drug, last))

    def _open(self, opening: Treatment) -> None:
        """Begin a line; drugs that were started again shortly before belong to it."""
        line = Line(_start(opening))
        for one in self._restarts:
            if line.start.surely_within(self.rules.window_days, _start(one)):
                line.start = min(line.start, _start(one), key=lambda start: start.first)
                line.join(one)
                self.possible.remove(one)
        self._restarts.clear()
        self.lines.append(line)

    def _opens(self, one: Treatment) -> bool:
        """Tell whether a record begins a line beyond doubt."""
        if not self.lines:
            return True
        line = self.lines[-1]
        if one.drug in line.drugs or self._runs_on(one):
            return False
        if self._progressed_between(line, one):
            return True
        return self._is_main(line, one) and not self._stays_in_line(line, one)

    def _runs_on(self, one: Treatment) -> bool:
        last = self._seen.get(one.drug)
        return last is not None and (_first_day(one) - last).days <= self.rules.gap_days

    def _progressed_between(self, line: Line, one: Treatment) -> bool:
        """Tell whether progression was recorded after the line's window and before the record."""
        late = (event for event in self.progressions if event.surely_after(self.rules.window_days, line.start))
        return any(event.last <= _start(one).first for event in late)

    def _is_main(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug changes a line by being started after the window; lead-in drugs need longer."""
        days = {MAIN: self.rules.window_days, LEAD_IN: self.rules.lead_in_days}.get(self.roles[one.drug])
        return days is not None and _start(one).surely_after(days, line.start)

    def _stays_in_line(self, line: Line, one: Treatment) -> bool:
        """Tell whether a new main drug may still be part of the plan: after a lead-in, or as a known substitution."""
        lead_in = all(self.roles[drug] == LEAD_IN for drug in line.drugs)
        planned = lead_in and not _start(one).surely_after(self.rules.lead_in_days, line.start)
        return planned or any((drug, one.drug) in self.rules.same_line for drug in line.drugs)

    def _doubtful(self, one: Treatment) -> bool:
        """Tell whether a record that opens no line may still be a further one: after the window, or after a gap."""
        line = self.lines[-1]
        if self._runs_on(one):
            return False
        if one.drug in line.drugs:
            self._restarts.append(one)
            return True
        return not _start(one).surely_within(self.rules.window_days, line.start)


def _start(one: Treatment) -> Span:
    if one.start is None:
        raise ValueError(f"{one.record.reference} has no date to draw a line by")
    return one.start
