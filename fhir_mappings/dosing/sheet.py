"""The dosing sheet of one judged order: nothing is worked out before somebody asks, and each thing once."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.dosing.allowance import allowance, plan
from fhir_mappings.dosing.correction import Correction, corrections
from fhir_mappings.dosing.ordered import Ordered, ordered
from fhir_mappings.dosing.verdict import Comparison, Judged, Verdict, Why
from fhir_mappings.dosing.weight import Weight, body_weight
from fhir_mappings.dosing.words import Words
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.dates import day
from fhir_mappings.therapy.ordered_drug import first_dose
from policies.model.determination import Allowance
from policies.model.findings import Evidence

_NOTHING = Ordered((), None, dispenses=False)
_NO_DOSE = Judged(Verdict.UNKNOWN, Why.NO_DOSE)
_STATED = (b'"dosageInstruction"', b'"dispenseRequest"')
"""One of these stands in the text of every order that states a dose or a quantity; others need no further look."""


@dataclass(frozen=True)
class DosingSheet:
    """An order's dose, the policy's, and what follows. Without slots: what was worked out is kept on it."""

    order: Order = field(repr=False)
    reading: Reading = field(repr=False)

    @cached_property
    def ordered(self) -> Ordered:
        """Return the dose that the order asks for; only a MedicationRequest states one."""
        is_medication = self.order.resource.resource_type == "MedicationRequest"
        text = bytes(self.order.raw)
        return ordered(self.order.raw) if is_medication and any(one in text for one in _STATED) else _NOTHING

    @cached_property
    def weight(self) -> Weight | None:
        """Return the patient's weight; None if the policy doses by none."""
        dosing = self.reading.policy.figures.dosing
        return body_weight(self.reading) if dosing.weight is not None else None

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Return the days of treatment that the order's date can be: day 1 if no first dose is on record."""
        start = self.reading.once(first_dose)
        if start is None:
            return (1,)
        return tuple(dict.fromkeys(max(apart, 0) + 1 for apart in start.days_before(self.reading.as_of)))

    @cached_property
    def comparison(self) -> Comparison:
        """Return the policy's dosing as it applies to this order, from the day on which its dosage starts."""
        dosing, later = self.reading.policy.figures.dosing, self._starts_later
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
        return max((min(known) - self.reading.as_of).days, 0) if known else 0

    @cached_property
    def judged(self) -> Judged:
        """Return the verdict on the ordered dose, with its reason."""
        if not self.ordered.instructions:
            return _NO_DOSE
        return self.comparison.order(self.ordered.instructions)

    @cached_property
    def note(self) -> str:
        """Return the verdict in plain words: what is ordered, what the policy gives, and by which weight."""
        say = self.reading.say
        if not self.ordered.instructions:
            return say("dosing.none")
        told = say(f"dosing.why.{self.judged.why.value}", ordered=self.ordered_words, policy=self.policy_words)
        return " ".join(part for part in (told, self._step_note, self.weight.note if self.weight else "") if part)

    @property
    def _step_note(self) -> str:
        """Return which step comes first, where the order is for a later one of a step-up schedule."""
        first, fits = self.comparison.rows[0], self.judged.rows
        if first.every_days or not fits or first in fits:
            return ""
        return self.reading.say("dosing.step", policy=Words(self.reading.say).rows((first,)))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return what the verdict rests on in the chart: the weight, where the dose goes by it."""
        return self.weight.evidence if self.weight is not None else ()

    @cached_property
    def ordered_words(self) -> str:
        """Return the ordered dose in words; empty if none is stated."""
        return Words(self.reading.say).instructions(self.ordered.instructions)

    @cached_property
    def policy_words(self) -> str:
        """Return the policy's doses that the order can be for, in words."""
        return Words(self.reading.say).rows(self.comparison.rows)

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """Return how the order's dose could be changed to the policy's; only for a dose that is certainly above."""
        if self.judged.why is not Why.DOSE_ABOVE:
            return ()
        return tuple(corrections(self.comparison, self.ordered.instructions, Words(self.reading.say)))

    def allowance(self, start: date, end: date) -> Allowance | None:
        """Return how much an authorization over these days allows; None where that is not certain."""
        if self.weight is not None and not self.weight.known:
            return None
        planned = plan(self.comparison, self.days, self.ordered.instructions, start, end)
        return allowance(self.comparison, self.reading.policy.figures.product, planned, self.reading.say)
