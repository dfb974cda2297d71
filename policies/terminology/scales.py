"""The scale of a test's results: its unit, what can be measured on it, and units that only a rule of it converts.

A rule is a line (`times`, `plus`) with its source: HbA1c in mmol/mol and %, glucose in mmol/L and mg/dL. Laboratories
and guidelines round on both sides, and call 58 mmol/mol and 7.5 % the same though the line makes it 7.46: a number that
is reported for just one number of the scale is that number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from policies.terminology.units import factor


@dataclass(frozen=True, slots=True)
class Conversion:
    """From another unit to that of the scale.

    `digits` are those behind the point with which numbers of the scale are reported, `own_digits` those of the other
    unit; None where nothing is rounded.
    """

    times: Decimal
    plus: Decimal = Decimal(0)
    digits: int | None = None
    own_digits: int | None = None

    def onto(self, number: Decimal) -> Decimal:
        """Return a number of the other unit on the scale."""
        exact = number * self.times + self.plus
        if self.digits is None or self.own_digits is None or not _is_reported(number, self.own_digits):
            return exact
        step, near = Decimal(1).scaleb(-self.digits), _rounded(exact, self.digits)
        same = [one for one in (near - step, near, near + step) if self.back(one) == number]
        return same[0] if len(same) == 1 else exact

    def back(self, number: Decimal) -> Decimal:
        """Return a number of the scale in the other unit."""
        exact = (number - self.plus) / self.times
        rounds = self.digits is not None and self.own_digits is not None and _is_reported(number, self.digits)
        return _rounded(exact, self.own_digits or 0) if rounds else exact


@dataclass(frozen=True, slots=True)
class Scale:
    """The unit (UCUM) of the results of some tests, the least and the greatest that can be, and conversions by unit."""

    unit: str
    lowest: Decimal
    highest: Decimal
    also: Mapping[str, Conversion] = field(default_factory=dict)

    def can_be(self, number: Decimal, unit: str) -> bool:
        """Return whether a number in some unit is one that such a test can have."""
        if not self.unit:
            return True
        found = self.converted(number, unit, self.unit)
        return found is not None and self.lowest <= found <= self.highest

    def converted(self, number: Decimal, unit: str, other: str) -> Decimal | None:
        """Return a number of one unit in another; None where nothing says how."""
        size = factor(unit, other)
        if size is not None:
            return number * size
        for name, rule in self.also.items():
            here, there = factor(unit, name), factor(self.unit, other)
            if here is not None and there is not None:
                return rule.onto(number * here) * there
            here, there = factor(unit, self.unit), factor(name, other)
            if here is not None and there is not None:
                return rule.back(number * here) * there
        return None


def _rounded(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _is_reported(number: Decimal, digits: int) -> bool:
    return number == _rounded(number, digits)


NO_SCALE = Scale("", Decimal(0), Decimal(0))
"""The scale of tests of which nothing is known: any number can be, and only UCUM converts."""
