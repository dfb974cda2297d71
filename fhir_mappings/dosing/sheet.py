"""The dosing sheet of one judged order: what it needs of the chart is read at once, and compared when somebody asks."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import day
from fhir_mappings.dosing.allowance import allowance, plan
from fhir_mappings.dosing.correction import Correction, corrections
from fhir_mappings.dosing.ordered import Ordered, ordered
from fhir_mappings.dosing.verdict import Comparison, Judged, Verdict, Why
from fhir_mappings.dosing.weight import Weight, body_weight
from fhir_mappings.dosing.words import said_instructions, said_rows
from fhir_mappings.orders.dosage_elements import dosage_of
from fhir_mappings.orders.orders import Order
from fhir_mappings.therapy.ordered_drug import first_dose
from policies.model.dates import OrderDate
from policies.model.determination import Allowance
from policies.model.dosing import Dosing
from policies.model.figures import Figures
from policies.model.notes import Evidence, Note, Said, together

_NO_DOSE = Judged(Verdict.UNKNOWN, Why.NO_DOSE)


@dataclass(frozen=True)
class DosingSheet:
    """An order's dose, the policy's, and what follows. Without slots: what was worked out is kept on it.

    Of the chart it holds two things: `weight`, None if the policy doses by none, and `days`, the days of treatment
    that the order's date can be: day 1 if no first dose is on record.
    """

    order: Order = field(repr=False)
    figures: Figures = field(repr=False)
    dosing: Dosing = field(repr=False)
    weight: Weight | None
    days: tuple[int, ...]
    as_of: OrderDate

    @cached_property
    def ordered(self) -> Ordered:
        """Return the dose that the order asks for; only a MedicationRequest states one."""
        return ordered(dosage_of(self.order))

    @cached_property
    def comparison(self) -> Comparison:
        """Return the policy's dosing as it applies to this order, from the day on which its dosage starts."""
        dosing, later = self.dosing, self._starts_later
        first, *others = [dosing.open_on(one + later) for one in self.days]
        if others:
            either = [*first, *others[0]]
            first = tuple(row for row in dosing.schedule if row in either)
        return Comparison(dosing, first, self.weight)

    @property
    def _starts_later(self) -> int:
        """Return by how many days the dosage starts after the order's date."""
        starts = [day(one.starts) for one in self.ordered.instructions if one is not None]
        known = [one for one in starts if one is not None]
        return max((min(known) - self.as_of).days, 0) if known else 0

    @cached_property
    def judged(self) -> Judged:
        """Return the verdict on the ordered dose, with its reason."""
        if not self.ordered.instructions:
            return _NO_DOSE
        return self.comparison.order(self.ordered.instructions)

    @cached_property
    def note(self) -> Said:
        """Return what is said of the verdict: what is ordered, what the policy gives, and by which weight."""
        if not self.ordered.instructions:
            return Note("dosing.none")
        why, ordered_ = self.judged.why, self.ordered_words
        fits = why is Why.FITS
        key = f"dosing.why.{why.value}"
        note = Note(key, ordered=ordered_) if fits else Note(key, ordered=ordered_, policy=self.policy_words)
        return together(note, self._step_note, self.weight.note if self.weight else "")

    @property
    def _step_note(self) -> Said:
        """Return which step comes first, where the order is for a later one of a step-up schedule."""
        first, fits = self.comparison.rows[0], self.judged.rows
        if first.every_days or not fits or first in fits:
            return ""
        return Note("dosing.step", policy=said_rows((first,)))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return what the verdict rests on in the chart: the weight, where the dose goes by it."""
        return self.weight.evidence if self.weight is not None else ()

    @cached_property
    def ordered_words(self) -> Said:
        """Return the ordered dose in words; empty if none is stated."""
        return said_instructions(self.ordered.instructions)

    @cached_property
    def policy_words(self) -> Said:
        """Return the policy's doses that the order can be for, in words."""
        return said_rows(self.comparison.rows)

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """Return how the order's dose could be changed to the policy's; only for a dose that is certainly above."""
        if self.judged.why is not Why.DOSE_ABOVE:
            return ()
        return tuple(corrections(self.comparison, self.ordered.instructions))

    def allowance(self, start: date, end: date) -> Allowance | None:
        """Return how much an authorization over these days allows; None where that is not certain."""
        if self.weight is not None and not self.weight.known:
            return None
        planned = plan(self.comparison, self.days, self.ordered.instructions, start, end)
        return allowance(self.comparison, self.figures.product, planned)


def dosing_sheet(order: Order, reading: Reading) -> DosingSheet | None:
    """Read the weight and the days of treatment of an order's patient off the chart; raises nothing.

    None where the policy says nothing of the dose.
    """
    dosing = reading.policy.figures.dosing
    if dosing is None:
        return None
    figures, start, day_of_order = reading.policy.figures, first_dose(reading), reading.as_of
    apart = start.days_before(day_of_order) if start is not None else (0,)
    days = tuple(dict.fromkeys([max(one, 0) + 1 for one in apart]))
    weight = body_weight(reading) if dosing.weight is not None else None
    return DosingSheet(order, figures, dosing, weight, days, day_of_order)
