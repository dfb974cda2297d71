"""Drawing lines of therapy: records in the order of their days in, lines and doubtful records out.

Reading 12 of the payer; the rules are told in docs/lines-of-therapy.md, their figures stand in the policy file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fhir_mappings.r4.dates import Span
from fhir_mappings.therapy.line import Doubt, Line, Opening, Possible
from fhir_mappings.therapy.treatments import Treatment
from policies.model.figures import LineRules

_MAIN, _LEAD_IN, _CONDITIONING, _MAINTENANCE = "main", "lead-in", "conditioning", "maintenance"


@dataclass(slots=True)
class Drawing:
    """The lines drawn so far, fed with the records of one day at a time."""

    rules: LineRules
    roles: Mapping[str, str]
    progressions: list[Span]
    lines: list[Line] = field(default_factory=list)
    possible: list[Possible] = field(default_factory=list)
    _seen: dict[str, date] = field(default_factory=dict)
    _pending: list[Possible] = field(default_factory=list)
    _conditioning: list[Treatment] = field(default_factory=list)

    def take(self, day: list[Treatment]) -> None:
        """Add the records that begin on one day: if one of them opens a line, all of them are in it.

        Most days just go on with what runs, which is told at once.
        """
        if self.lines and all(self._goes_on(one) for one in day):
            for one in day:
                self._add(one)
            return
        opened = {one.drug: opening for one in day if (opening := self._opening(one)) is not None}
        if opened:
            self._open(next(one for one in day if one.drug in opened), opened)
        else:
            self._after_lead_in(day)
            doubtful = {one.drug: Possible(one, why) for one in reversed(day) if (why := self._doubt(one)) is not None}
            self.possible += doubtful.values()
            self._pending += doubtful.values()
            begun = {one.drug: one for one in reversed(day) if self._begins_conditioning(one)}
            self._conditioning += [one for drug, one in begun.items() if drug not in doubtful]
        for one in day:
            if not opened and self._comes_back(one):
                self.lines[-1].doubted.add(one.drug)
            self._add(one)

    def _add(self, one: Treatment) -> None:
        """Take a record into the running line."""
        self.lines[-1].join(one)
        last = one.end.last if one.end is not None else first_day(one)
        self._seen[one.drug] = max(last, self._seen.get(one.drug, last))

    def _goes_on(self, one: Treatment) -> bool:
        """Tell whether a record goes on, without a gap, with a drug of the running line: nothing is new or doubtful."""
        return one.drug in self.lines[-1].drugs and self._runs_on(one)

    def _comes_back(self, one: Treatment) -> bool:
        """Tell whether a drug of an earlier line appears after the window: that it is of this line is not certain."""
        line = self.lines[-1]
        known = one.drug in self._seen and one.drug not in line.drugs
        return known and self._is_late(line, one) and not self._runs_on(one)

    def _is_late(self, line: Line, one: Treatment) -> bool:
        """Tell whether a record may lie after the window of a line."""
        return not _start(one).surely_within(self.rules.window_days, line.window)

    def _open(self, first: Treatment, opened: Mapping[str, Opening]) -> None:
        """Begin a line; what was begun, or begun again, shortly before belongs to it (lymphodepletion, say)."""
        why = opened[first.drug]
        progression = self._progression_before(first) if why is Opening.PROGRESSION else None
        line = Line(_start(first), _start(first), why, tuple(sorted(opened)), progression)
        for one in self._pending:
            if self._is_shortly_before(line, one.treatment):
                self._move(one.treatment, line)
                self.possible.remove(one)
        for treatment in self._conditioning:
            after = line.progression is None or line.progression.last <= first_day(treatment)
            if after and self._is_shortly_before(line, treatment):
                self._move(treatment, line)
        self._pending.clear()
        self._conditioning.clear()
        self.lines.append(line)

    def _is_shortly_before(self, line: Line, one: Treatment) -> bool:
        return line.window.surely_within(self.rules.window_days, _start(one))

    def _move(self, one: Treatment, line: Line) -> None:
        """Move a drug from the running line into a new one, from this record on."""
        line.start = min(line.start, _start(one), key=lambda start: start.first)
        for record in self.lines[-1].yield_since(one):
            line.join(record)

    def _begins_conditioning(self, one: Treatment) -> bool:
        """Tell whether a conditioning drug begins in the running line: for a transplant, or for cells that follow."""
        return self.roles[one.drug] == _CONDITIONING and one.drug not in self.lines[-1].drugs

    def _after_lead_in(self, day: list[Treatment]) -> None:
        """Let the window of a line that had only its lead-in begin with the first main drug that follows in time."""
        line = self.lines[-1]
        first = next((_start(one) for one in day if self.roles[one.drug] == _MAIN), None)
        if first is not None and self._is_lead_in(line) and first.surely_within(self.rules.lead_in_days, line.start):
            line.window = first

    def _is_lead_in(self, line: Line) -> bool:
        return all(self.roles[drug] == _LEAD_IN for drug in line.drugs)

    def _opening(self, one: Treatment) -> Opening | None:
        """Return why a record begins a line beyond doubt; None if it does not."""
        if not self.lines:
            return Opening.FIRST
        line = self.lines[-1]
        if one.drug in line.drugs or self._runs_on(one):
            return None
        if self._progression_before(one) is not None:
            return Opening.PROGRESSION
        if one.drug in self._seen or self._stays_in_line(line, one):
            return None
        return self._changes(line, one)

    def _runs_on(self, one: Treatment) -> bool:
        last = self._seen.get(one.drug)
        return last is not None and (first_day(one) - last).days <= self.rules.gap_days

    def _progression_before(self, one: Treatment) -> Span | None:
        """Return the progression that was recorded after the line's window and before a record; the last of several."""
        window = self.lines[-1].window
        late = (event for event in self.progressions if event.surely_after(self.rules.window_days, window))
        before = [event for event in late if event.last <= _start(one).first]
        return max(before, key=lambda event: (event.last, event.first), default=None)

    def _changes(self, line: Line, one: Treatment) -> Opening | None:
        """Tell whether a drug changes a line by being started after the window; lead-in drugs need longer."""
        role = self.roles[one.drug]
        if role == _MAIN and _start(one).surely_after(self.rules.window_days, line.window):
            return Opening.NEW_DRUG
        if role == _LEAD_IN and _start(one).surely_after(self.rules.lead_in_days, line.start):
            return Opening.LEAD_IN_OVER
        return None

    def _stays_in_line(self, line: Line, one: Treatment) -> bool:
        """Tell whether a new drug may still be part of the plan, or takes the place of another one of the line."""
        return self._may_be_planned(line, one) or self._takes_a_place(line, one)

    def _may_be_planned(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug may be planned: a main drug after a lead-in, or the consolidation of a transplant."""
        after_lead_in = self._is_lead_in(line) and not _start(one).surely_after(self.rules.lead_in_days, line.start)
        return after_lead_in or (one.drug in self.rules.consolidation and self._is_soon_after_conditioning(line, one))

    def _takes_a_place(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug follows, without a gap, one of the line that it may take the place of."""
        replaced = (self._seen[drug] for drug in line.drugs if (drug, one.drug) in self.rules.same_line)
        return any((first_day(one) - last).days <= self.rules.gap_days for last in replaced)

    def _doubt(self, one: Treatment) -> Doubt | None:
        """Return why a record that opens no line may still be a further one; None if it surely is of the line."""
        line = self.lines[-1]
        if self._runs_on(one) or self._maintains(line, one):
            return None
        if one.drug in line.drugs:
            return Doubt.RESTART
        if self._takes_a_place(line, one) or self._conditions(line, one):
            return None
        return self._doubt_of_new(line, one) if self._is_late(line, one) else None

    def _doubt_of_new(self, line: Line, one: Treatment) -> Doubt:
        """Return why a drug that is not in the line, and is begun after the window, may be a further line only."""
        if one.drug in self._seen:
            return Doubt.RESTART
        if any((drug, one.drug) in self.rules.same_line for drug in line.drugs):
            return Doubt.EXCHANGED
        if self._may_be_planned(line, one):
            return Doubt.PLANNED
        return Doubt.DATE if self.roles[one.drug] == _MAIN else Doubt.ADDED

    def _conditions(self, line: Line, one: Treatment) -> bool:
        """Tell whether a drug is the planned next step without a gap: the conditioning of a transplant."""
        last = max(self._seen[drug] for drug in line.drugs)
        return self.roles[one.drug] == _CONDITIONING and (first_day(one) - last).days <= self.rules.gap_days

    def _maintains(self, line: Line, one: Treatment) -> bool:
        return self.roles[one.drug] == _MAINTENANCE and self._is_soon_after_conditioning(line, one)

    def _is_soon_after_conditioning(self, line: Line, one: Treatment) -> bool:
        """Tell whether a record lies within the policy's time after the conditioning of a transplant.

        An alkylator that was begun with the line is part of the induction, and no conditioning.
        """
        begun = ((drug, _start(records[0])) for drug, records in line.drugs.items())
        conditioned = (
            self._seen[drug]
            for drug, start in begun
            if self.roles[drug] == _CONDITIONING and start.surely_after(self.rules.window_days, line.window)
        )
        return any((first_day(one) - day).days <= self.rules.maintenance_days for day in conditioned)


def first_day(one: Treatment) -> date:
    """Return the first day that a record can mean; the end of all days without one."""
    return one.start.first if one.start else date.max


def _start(one: Treatment) -> Span:
    if one.start is None:
        raise ValueError(f"{one.record.reference} has no date to draw a line by")
    return one.start
