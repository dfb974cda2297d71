"""What belongs to a line by plan: the drugs after a lead-in, conditioning, maintenance, and one drug for another.

Reading 12 of the payer; the figures stand in the policy file under `lines`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.line import Line
from fhir_mappings.therapy.treatments import Treatment
from policies.model.figures import LineRules

MAIN, LEAD_IN, CONDITIONING, MAINTENANCE = "main", "lead-in", "conditioning", "maintenance"
ENDOCRINE = "endocrine"
"""What a drug can be in a line of therapy: the roles of the value set of drugs that can make a line."""


@dataclass(frozen=True, slots=True)
class PlannedSteps:
    """Knows the steps of a line; `seen` is the last day on record of each drug so far, in any line."""

    rules: LineRules
    roles: Mapping[str, str]
    seen: Mapping[str, date]

    def is_lead_in(self, line: Line) -> bool:
        """Whether a line has only its lead-in so far."""
        return all(self.roles[drug] == LEAD_IN for drug in line.drugs)

    def may_be_planned(self, line: Line, one: Treatment) -> bool:
        """Whether a drug may be planned: a main drug after a lead-in, or the consolidation of a transplant."""
        after_lead_in = self.is_lead_in(line) and not start_of(one).surely_after(self.rules.lead_in_days, line.start)
        return after_lead_in or (one.drug in self.rules.consolidation and self.is_soon_after_conditioning(line, one))

    def replaces(self, line: Line, one: Treatment) -> bool:
        """Whether the policy lists a drug as taking the place of one of the line, whenever it begins."""
        return any((drug, one.drug) in self.rules.same_line for drug in line.drugs)

    def takes_a_place(self, line: Line, one: Treatment) -> bool:
        """Whether a drug follows, without a gap, one of the line that it may take the place of."""
        replaced = (self.seen[drug] for drug in line.drugs if (drug, one.drug) in self.rules.same_line)
        return any((one.first_day - last).days <= self.rules.gap_days for last in replaced)

    def conditions(self, line: Line, one: Treatment) -> bool:
        """Whether a drug is the planned next step without a gap: the conditioning of a transplant."""
        last = max(self.seen[drug] for drug in line.drugs)
        return self.roles[one.drug] == CONDITIONING and (one.first_day - last).days <= self.rules.gap_days

    def maintains(self, line: Line, one: Treatment) -> bool:
        """Whether a drug is the planned maintenance after a transplant of this line."""
        return self.roles[one.drug] == MAINTENANCE and self.is_soon_after_conditioning(line, one)

    def is_soon_after_conditioning(self, line: Line, one: Treatment) -> bool:
        """Whether a record lies within the policy's time after the conditioning of a transplant.

        An alkylator that was begun with the line is part of the induction, and no conditioning.
        """
        begun = ((drug, start_of(records[0])) for drug, records in line.drugs.items())
        conditioned = (
            self.seen[drug]
            for drug, start in begun
            if self.roles[drug] == CONDITIONING and start.surely_after(self.rules.window_days, line.window)
        )
        return any((one.first_day - day).days <= self.rules.maintenance_days for day in conditioned)


def start_of(one: Treatment) -> Span:
    """Return when a record began; only dated records are drawn into lines, so that one without a date is an error."""
    if one.start is None:
        raise ValueError(f"{one.record.reference} has no date to draw a line by")
    return one.start
