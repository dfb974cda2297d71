"""Measured numbers with their comparators: what is certain of a ratio or a copy number."""

import re
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.clinical.values import Measurement, Quantity, QuantityRange
from policies.model.figures import Bounds, Definition

_COMPARATORS = {
    "<": "<", "<=": "<=", ">": ">", ">=": ">=", "\u2264": "<=", "\u2265": ">=",
    "less than": "<", "greater than": ">", "at least": ">=", "at most": "<=", "": "",
}  # fmt: skip
_LARGEST = Decimal(10) ** 6
_NUMBER = re.compile(
    r"(?P<sign>[<>]=?|[\u2264\u2265]|less than|greater than|at least|at most)?\s*"
    r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?::\s*1)?",
    re.IGNORECASE,
)
"""A text that is nothing but a number; what it counts is determined by its code."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of which at least one bound is known; `low` counts itself in if `low_in`, `high` if `high_in`."""

    low: Decimal | None
    high: Decimal | None
    low_in: bool = True
    high_in: bool = True

    def surely(self, bounds: Bounds) -> bool:
        """Whether every number that this can be lies within the bounds."""
        above = bounds.at_least is None or (self.low is not None and self.low >= bounds.at_least)
        return above and (bounds.below is None or self._below(bounds.below))

    def perhaps(self, bounds: Bounds) -> bool:
        """Whether some number that this can be lies within the bounds."""
        beneath = bounds.below is None or self.low is None or self.low < bounds.below
        return beneath and (bounds.at_least is None or not self._below(bounds.at_least))

    @property
    def exact(self) -> Decimal | None:
        """Return the number itself; None if it is only bounded."""
        return self.low if self.low is not None and self.low == self.high else None

    def near(self, other: "Measure", tolerance: Decimal) -> bool:
        """Whether two exact numbers differ no more than so much; a bounded one contradicts nothing."""
        one, two = self.exact, other.exact
        return one is None or two is None or abs(one - two) <= tolerance

    def _below(self, limit: Decimal) -> bool:
        return self.high is not None and (self.high < limit or (self.high == limit and not self.high_in))


UNKNOWN = Measure(None, None)
"""A number that was taken, and that nothing is known of."""


def measure(number: Decimal, comparator: str = "") -> Measure | None:
    """Build a measure of a number and a comparator; None for a comparator that is none, or a number that is none."""
    plain = number.is_finite() and number.copy_abs() <= _LARGEST
    match _COMPARATORS.get(comparator) if plain else None:
        case "":
            return Measure(number, number)
        case "<":
            return Measure(None, number, high_in=False)
        case "<=":
            return Measure(None, number)
        case ">":
            return Measure(number, None, low_in=False)
        case ">=":
            return Measure(number, None)
        case _:
            return None


def of_quantity(quantity: Quantity) -> Measure | None:
    """Read a Quantity; None if it has no number."""
    return None if quantity.value is None else measure(quantity.value, quantity.comparator or "")


def counted_in(value: Measurement) -> Quantity | None:
    """Return the number of a result with its unit: a quantity, a whole number, or a text that is just a number."""
    if value.quantity is not None:
        return value.quantity
    if value.integer is not None:
        return Quantity(Decimal(value.integer))
    found = _NUMBER.fullmatch(value.text.strip()) if value.text else None
    if found is None:
        return None
    return Quantity(Decimal(found["number"]), _COMPARATORS[(found["sign"] or "").lower()])


def of_value(value: Measurement) -> Measure | None:
    """Read the number of a result from its ratio, its range, or what `counted_in` finds."""
    if value.ratio is not None and value.ratio.numerator is not None:
        return _of_ratio(value.ratio.numerator, value.ratio.denominator)
    if value.range is not None:
        return _of_range(value.range)
    quantity = counted_in(value)
    return None if quantity is None else of_quantity(quantity)


def _of_range(span: QuantityRange) -> Measure | None:
    low, high = (end.value if end is not None else None for end in (span.low, span.high))
    ends = [end for end in (low, high) if end is not None]
    plain = all(measure(end) for end in ends) and (low is None or high is None or low <= high)
    return Measure(low, high) if ends and plain else None


def _of_ratio(numerator: Quantity, denominator: Quantity | None) -> Measure | None:
    under = denominator.value if denominator is not None and denominator.value is not None else Decimal(1)
    whole = denominator is None or not denominator.comparator
    if numerator.value is None or not whole:
        return None
    return _divided(numerator.value, under, numerator.comparator or "")


def _divided(number: Decimal, by: Decimal, comparator: str) -> Measure | None:
    try:
        return measure(number / by, comparator)
    except ArithmeticError:
        return None


def quotient(copies: Measure, centromeres: Measure) -> Measure | None:
    """Return the ratio of two plain numbers; None if either is only bounded."""
    if copies.exact is None or centromeres.exact is None:
        return None
    return _divided(copies.exact, centromeres.exact, "")


def result_of(definition: Definition, ratio: Measure | None, copies: Measure | None) -> str:
    """Return what the payer calls the numbers: the first row that certainly fits; empty if none does.

    With a ratio the dual-probe rows are used, with copies alone the single-probe rows. Where no row is certain, but all
    rows that are still possible say the same, that is the result.
    """
    probe = "dual" if ratio is not None else "single"
    known = {"ratio": ratio or UNKNOWN, "copies": copies or UNKNOWN}
    rows = [row for row in definition.rows if row.probe == probe and row.measures]
    for row in rows:
        if all(known[name].surely(bounds) for name, bounds in row.measures):
            return row.result
    left = {row.result for row in rows if all(known[name].perhaps(bounds) for name, bounds in row.measures)}
    return left.pop() if len(left) == 1 else ""
