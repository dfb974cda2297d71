"""The ordered dose held against the policy's: within, above, below, or unknown. Only what is certain is reported.

The verdict is no criterion: it never changes a ruling (docs/dosing.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from fhir_mappings.dosing.ordered import Amount, Instruction
from fhir_mappings.dosing.weight import Weight
from policies.model.dosing import DoseStep, Dosing

Bounds = tuple[Decimal, Decimal]


class Verdict(Enum):
    """How an ordered dose lies to the policy's."""

    WITHIN = "within"
    ABOVE = "above"
    BELOW = "below"
    UNKNOWN = "unknown"


class Why(Enum):
    """Why a verdict is what it is; the sentence for each stands under `dosing.why` of the texts."""

    NO_DOSE = "no_dose"
    UNREAD = "unread"
    NO_WEIGHT = "no_weight"
    BY_WEIGHT = "by_weight"
    TEXT = "text"
    DIFFER = "differ"
    SEVERAL = "several"
    OTHER_DOSE = "other_dose"
    OTHER_INTERVAL = "other_interval"
    UNREAD_INTERVAL = "unread_interval"
    NO_INTERVAL = "no_interval"
    OFTEN_AND_LESS = "often_and_less"
    DOSE_ABOVE = "dose_above"
    DOSE_BELOW = "dose_below"
    TOO_OFTEN = "too_often"
    LESS_OFTEN = "less_often"
    FITS = "fits"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with its reason; `rows` are the rows of the schedule that the dose fits."""

    verdict: Verdict
    why: Why
    rows: tuple[DoseStep, ...] = ()


def _unknown(why: Why) -> Judged:
    return Judged(Verdict.UNKNOWN, why)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The policy's dosing, the rows that an order can be for, and the patient's weight (None: no dose goes by it)."""

    dosing: Dosing
    rows: tuple[DoseStep, ...]
    weight: Weight | None

    def order(self, instructions: Sequence[Instruction | None]) -> Judged:
        """Judge all instructions of an order together."""
        if not any(one is None or one.amounts for one in instructions):
            return _unknown(Why.NO_DOSE)
        judged = [self._instruction(one) for one in instructions]
        for verdict in (Verdict.ABOVE, Verdict.UNKNOWN):
            found = next((one for one in judged if one.verdict is verdict), None)
            if found is not None:
                return found
        if len(judged) > 1 and not _is_a_sequence(judged):
            return _unknown(Why.SEVERAL)
        return next((one for one in judged if one.verdict is Verdict.BELOW), judged[0])

    def _instruction(self, one: Instruction | None) -> Judged:
        if one is None:
            return _unknown(Why.UNREAD)
        if one.contradicts_itself:
            return _unknown(Why.TEXT)
        return self._with_interval(one, self._stated(one.amounts))

    def _stated(self, amounts: tuple[Amount | None, ...]) -> Judged:
        """Judge the amounts of one instruction: they state the same dose, so that they must agree."""
        if not amounts:
            return _unknown(Why.NO_DOSE)
        judged = [self._amount(one) for one in amounts]
        verdicts = {one.verdict for one in judged if one.why is not Why.NO_WEIGHT}
        if verdicts == {Verdict.ABOVE}:
            return next(one for one in judged if one.verdict is Verdict.ABOVE)
        unknown = next((one for one in judged if one.verdict is Verdict.UNKNOWN), None)
        return unknown or (judged[0] if len(verdicts) == 1 else _unknown(Why.DIFFER))

    def _amount(self, amount: Amount | None) -> Judged:
        if amount is None:
            return _unknown(Why.UNREAD)
        if amount.per_kg and any(row.mg is not None for row in self.rows):
            return _unknown(Why.BY_WEIGHT)
        pairs = [(row, bounds) for row in self.rows if (bounds := self.bounds(row, per_kg=amount.per_kg)) is not None]
        if len(pairs) < len(self.rows):
            return _unknown(Why.NO_WEIGHT)
        least, most = self.dosing.lowest, self.dosing.highest
        if amount.low > max(high for _, (_, high) in pairs) * most:
            return Judged(Verdict.ABOVE, Why.DOSE_ABOVE)
        if amount.high < min(low for _, (low, _) in pairs) * least:
            return Judged(Verdict.BELOW, Why.DOSE_BELOW)
        fits = tuple(row for row, (low, high) in pairs if amount.low >= high * least and amount.high <= low * most)
        return Judged(Verdict.WITHIN, Why.FITS, fits) if fits else _unknown(Why.OTHER_DOSE)

    def bounds(self, row: DoseStep, *, per_kg: bool) -> Bounds | None:
        """Return the policy's dose of a row, in mg per kg or in mg; None if the weight for it is not known."""
        if row.mg is not None:
            return row.mg, row.mg
        if row.mg_per_kg is None:
            return None
        if per_kg:
            return row.mg_per_kg, row.mg_per_kg
        weight = self.weight
        if weight is None or weight.low is None or weight.high is None:
            return None
        return row.mg_per_kg * weight.low, row.mg_per_kg * weight.high

    def _with_interval(self, one: Instruction, dose: Judged) -> Judged:
        """Add how often the dose is given; without a readable dose that says nothing."""
        if dose.verdict in (Verdict.ABOVE, Verdict.UNKNOWN):
            return dose
        often = self._often(one, dose.rows or self.rows)
        if dose.verdict is Verdict.BELOW:
            return _unknown(Why.OFTEN_AND_LESS) if often.verdict is Verdict.ABOVE else dose
        return Judged(often.verdict, often.why, dose.rows)

    def _often(self, one: Instruction, rows: Iterable[DoseStep]) -> Judged:
        days = [row.every_days for row in rows if row.every_days]
        if not one.timed:
            return _unknown(Why.UNREAD_INTERVAL)
        if one.every is None:
            return Judged(Verdict.WITHIN, Why.NO_INTERVAL)
        if not days:
            return _unknown(Why.OTHER_INTERVAL)
        if one.every.high < min(days):
            return Judged(Verdict.ABOVE, Why.TOO_OFTEN)
        if one.every.low > max(days):
            return Judged(Verdict.BELOW, Why.LESS_OFTEN)
        fits = any(one.every.holds(every) for every in days)
        return Judged(Verdict.WITHIN, Why.FITS) if fits else _unknown(Why.OTHER_INTERVAL)


def _is_a_sequence(judged: Iterable[Judged]) -> bool:
    """Whether several instructions are doses after one another: each fits rows of its own."""
    seen: set[Decimal | None] = set()
    for one in judged:
        amounts = {row.mg for row in one.rows}
        if one.verdict is not Verdict.WITHIN or not seen.isdisjoint(amounts) or None in amounts:
            return False
        seen |= amounts
    return True
