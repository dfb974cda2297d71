"""Drawing lines of therapy: records in the order of their days in, lines and doubtful records out.

Reading 12 of the payer; the rules are described in docs/lines-of-therapy.md, their figures stand in the policy file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.line import Doubt, Line, Opening, Possible
from fhir_mappings.therapy.line_history import History
from fhir_mappings.therapy.planned_steps import (
    CONDITIONING,
    ENDOCRINE,
    LEAD_IN,
    MAIN,
    PlannedSteps,
    start_of,
)
from fhir_mappings.therapy.treatments import Treatment


@dataclass(slots=True)
class Drawing:
    """The lines drawn so far, fed with the records of one day at a time."""

    history: History
    lines: list[Line] = field(default_factory=list)
    possible: list[Possible] = field(default_factory=list)
    _seen: dict[str, date] = field(default_factory=dict)
    _pending: list[Possible] = field(default_factory=list)
    _conditioning: list[Treatment] = field(default_factory=list)

    @property
    def _plan(self) -> PlannedSteps:
        return PlannedSteps(self.history.rules, self.history.roles, self._seen)

    def take(self, day: list[Treatment]) -> None:
        """Add the records that begin on one day: if one of them opens a line, all of them are in it.

        Most days just go on with what runs, which is seen at once.
        """
        if self.lines and all(map(self._goes_on, day)):
            self._add(day)
            return
        opened = {one.drug: opening for one in day if (opening := self._opening(one)) is not None}
        if opened:
            self._open(next(one for one in day if one.drug in opened), opened)
        else:
            self._after_lead_in(day)
            doubtful = {one.drug: why for one in reversed(day) if (why := self._possible(one)) is not None}
            self.possible += doubtful.values()
            self._pending += doubtful.values()
            begun = {one.drug: one for one in reversed(day) if self._begins_conditioning(one)}
            self._conditioning += [one for drug, one in begun.items() if drug not in doubtful]
        for one in day:
            if not opened and self._comes_back(one):
                self.lines[-1].doubted.add(one.drug)
            self._add([one])

    def _add(self, records: list[Treatment]) -> None:
        """Take records into the running line."""
        self.lines[-1].join(records)
        for one in records:
            last = one.end.last if one.end is not None else one.first_day
            self._seen[one.drug] = max(last, self._seen.get(one.drug, last))

    def _goes_on(self, one: Treatment) -> bool:
        """Whether a record goes on, without a gap, with a drug of the running line: nothing is new or doubtful."""
        line, proof, last = self.lines[-1], self.history.advanced, self._seen.get(one.drug)
        if one.drug not in line.drugs or last is None or (one.first_day - last).days > self.history.rules.gap_days:
            return False
        # Only a line that began before the proof can be crossed by it.
        if proof is None or one.first_day < proof.last or line.start.last >= proof.first:
            return True
        return not self._crosses_the_proof(line, one)

    def _comes_back(self, one: Treatment) -> bool:
        """Whether a drug of an earlier line appears after the window: that it is of this line is not certain."""
        line = self.lines[-1]
        known = one.drug in self._seen and one.drug not in line.drugs
        return known and self._is_late(line, one) and not self._runs_on(one)

    def _is_late(self, line: Line, one: Treatment) -> bool:
        """Whether a record may lie after the window of a line."""
        return not start_of(one).surely_within(self.history.rules.window_days, line.window)

    def _open(self, first: Treatment, opened: Mapping[str, Opening]) -> None:
        """Begin a line; what was begun, or begun again, shortly before belongs to it (lymphodepletion, say)."""
        why = opened[first.drug]
        progression = self._progression_before(first) if why is Opening.PROGRESSION else None
        line = Line(start_of(first), start_of(first), why, tuple(sorted(opened)), progression)
        bridge = None if self.history.rules.cell_therapies.isdisjoint(opened) else self._bridge(line)
        for one in self._pending:
            if self._is_shortly_before(line, one.treatment):
                self._move(one.treatment, line)
                self.possible.remove(one)
        for treatment in self._conditioning:
            after = line.progression is None or line.progression.last <= treatment.first_day
            if after and self._is_shortly_before(line, treatment):
                self._move(treatment, line)
        if bridge is not None:
            self._take_in(bridge, line)
        self._pending.clear()
        self._conditioning.clear()
        self.lines.append(line)

    def _bridge(self, line: Line) -> Line | None:
        """Return the line before, if it is so young that it may have been a bridge to the cells of this one.

        Where progression was recorded in between, it was a treatment of its own, and failed.
        """
        before = self.lines[-1] if self.lines else None
        if before is None or not line.window.surely_within(self.history.rules.bridging_days, before.start):
            return None
        failed = (before.start.first <= event.last <= line.window.first for event in self.history.progressions)
        return None if any(failed) else before

    def _take_in(self, bridge: Line, line: Line) -> None:
        """Make a bridge part of the line that it led to; each drug that opened it may have been a line."""
        self.lines.remove(bridge)
        line.start = bridge.start
        for records in bridge.drugs.values():
            line.join(records)
        self.possible += [Possible(bridge.drugs[drug][0], Doubt.BRIDGING) for drug in bridge.openers]

    def _is_shortly_before(self, line: Line, one: Treatment) -> bool:
        return line.window.surely_within(self.history.rules.window_days, start_of(one))

    def _move(self, one: Treatment, line: Line) -> None:
        """Move a drug from the running line into a new one, from this record on."""
        line.start = min(line.start, start_of(one), key=lambda start: start.first)
        line.join(self.lines[-1].yield_since(one))

    def _begins_conditioning(self, one: Treatment) -> bool:
        """Whether a conditioning drug begins in the running line: for a transplant, or for cells that follow."""
        return self.history.roles[one.drug] == CONDITIONING and one.drug not in self.lines[-1].drugs

    def _after_lead_in(self, day: list[Treatment]) -> None:
        """Let the window of a line that had only its lead-in begin with the first main drug that follows in time."""
        line = self.lines[-1]
        first = next((start_of(one) for one in day if self.history.roles[one.drug] == MAIN), None)
        if (
            first is not None
            and self._plan.is_lead_in(line)
            and first.surely_within(self.history.rules.lead_in_days, line.start)
        ):
            line.window = first

    def _opening(self, one: Treatment) -> Opening | None:
        """Return why a record begins a line beyond doubt; None if it does not."""
        if not self.lines:
            return Opening.FIRST
        line = self.lines[-1]
        if self._runs_on(one):
            return None
        # The order matters: what ends a line for certain goes before what may only look like an addition to it.
        if self.history.is_after_the_proof(line, one):
            return Opening.ADVANCED
        if self._progression_before(one) is not None:
            return Opening.PROGRESSION
        stays = one.drug in line.drugs or self._plan.maintains(line, one) or self._stays_in_line(line, one)
        return None if stays or self.history.beside(line, one) is not None else self._changes(line, one)

    def _runs_on(self, one: Treatment) -> bool:
        last = self._seen.get(one.drug)
        return last is not None and (one.first_day - last).days <= self.history.rules.gap_days

    def _crosses_the_proof(self, line: Line, one: Treatment) -> bool:
        """Whether a drug runs on past the first proof of advanced disease, and this is its first record there."""
        if not self.history.is_after_the_proof(line, one):
            return False
        return not any(self.history.is_after_the_proof(line, known) for known in line.drugs[one.drug])

    def _progression_before(self, one: Treatment) -> Span | None:
        """Return the progression that was recorded after the line's window and before a record; the last of several.

        For a drug of the running line it must lie after the last record of the drug: treatment went on beyond it, else.
        """
        line = self.lines[-1]
        late = (
            event
            for event in self.history.progressions
            if event.surely_after(self.history.rules.window_days, line.window)
        )
        before = [event for event in late if event.last <= start_of(one).first]
        if one.drug in line.drugs:
            before = [event for event in before if event.first >= self._seen[one.drug]]
        return max(before, key=lambda event: (event.last, event.first), default=None)

    def _changes(self, line: Line, one: Treatment) -> Opening | None:
        """Return why a drug changes a line beyond doubt by being started after the window, or after the line's end."""
        role = self.history.roles[one.drug]
        if role == LEAD_IN and not self.history.is_advanced(line):
            late = start_of(one).surely_after(self.history.rules.lead_in_days, line.start)
            return self._new(line, one, Opening.LEAD_IN_OVER) if late else None
        if role in {MAIN, LEAD_IN}:
            return self._new(line, one, Opening.NEW_DRUG) if self.history.is_after_window(line, one) else None
        ended = (one.first_day - line.last.last).days > self.history.rules.gap_days
        opens = ended and role != CONDITIONING and not self._plan.replaces(line, one)
        return self._new(line, one, Opening.ENDED) if opens else None

    def _new(self, line: Line, one: Treatment, why: Opening) -> Opening | None:
        """Return the reason for a drug that was never given before; of an older line it needs a regimen in between."""
        if one.drug not in self._seen:
            return why
        regimen = any(self.history.roles[drug] not in {ENDOCRINE, CONDITIONING} for drug in line.openers)
        return Opening.RETURNED if regimen else None

    def _stays_in_line(self, line: Line, one: Treatment) -> bool:
        """Whether a new drug may still be part of the plan, or takes the place of another one of the line."""
        return self._plan.may_be_planned(line, one) or self._plan.takes_a_place(line, one)

    def _possible(self, one: Treatment) -> Possible | None:
        """Return a record that opens no line as what may still be a further one; None if it surely is of the line."""
        line = self.lines[-1]
        if one.drug in line.drugs and self._runs_on(one):
            return Possible(one, Doubt.GOES_ON) if self._crosses_the_proof(line, one) else None
        if self._runs_on(one) or self._plan.maintains(line, one):
            return None
        if one.drug in line.drugs:
            return Possible(one, Doubt.RESTART)
        if self._plan.takes_a_place(line, one) or self._plan.conditions(line, one) or not self._is_late(line, one):
            return None
        return self._possibly_new(line, one)

    def _possibly_new(self, line: Line, one: Treatment) -> Possible:
        """Return a drug that is not in the line, and is begun after the window, with why it may be a further one."""
        beside = self.history.beside(line, one)
        if beside is not None:
            return Possible(one, Doubt.OVERLAP, beside)
        if one.drug in self._seen:
            return Possible(one, Doubt.RESTART)
        if self._plan.replaces(line, one):
            return Possible(one, Doubt.EXCHANGED)
        if self._plan.may_be_planned(line, one):
            return Possible(one, Doubt.PLANNED)
        return Possible(one, Doubt.DATE if self.history.roles[one.drug] == MAIN else Doubt.ADDED)
