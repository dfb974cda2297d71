"""The dose by policy: its schedule, and the arithmetic of doses, vials and billing units. No FHIR, no clock.

Every figure comes from the policy file (`docs/policy-language.md`, "Dosing"). Days of treatment are counted from 1, the
day of the first dose.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import Enum

_HUNDRED = Decimal(100)


class Bill(Enum):
    """What is billed of a dose: the milligrams given, or those of the vials that are opened for it."""

    DOSE = "dose"
    VIALS = "vials"


@dataclass(frozen=True, slots=True)
class DoseStep:
    """One row of the schedule: exactly one of `mg` and `mg_per_kg`; `every_days` 0 means once.

    It holds from a day of treatment on, until the next row begins. A row `only_for` some patients stands beside the
    rows before it, which go on for the others.
    """

    step: str
    when: str
    route: str
    mg: Decimal | None
    mg_per_kg: Decimal | None
    every_days: int
    from_day: int = 1
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class WeightRules:
    """Which body weight a dose is worked out by: the tests, how old it may be, and how far weights may differ.

    Weights of that time may differ by `agree_percent`, weights of any time by `slip_percent`: what lies further apart
    looks like a pound taken for a kilogram.
    """

    tests: str
    within_days: int
    agree_percent: int
    slip_percent: int


@dataclass(frozen=True, slots=True)
class Planned:
    """So many doses of one row of the schedule."""

    step: DoseStep
    doses: int


@dataclass(frozen=True, slots=True)
class Dosing:
    """How the drug is given and billed; `weight` is None where no dose goes by weight."""

    schedule: tuple[DoseStep, ...]
    note: str
    tolerance_percent: int
    vial_mg: tuple[Decimal, ...]
    bill: Bill
    weight: WeightRules | None
    sources: tuple[str, ...]

    @property
    def lowest(self) -> Decimal:
        """Return the factor down to which a dose may lie below the policy's."""
        return 1 - self.tolerance_percent / _HUNDRED

    @property
    def highest(self) -> Decimal:
        """Return the factor up to which a dose may lie above the policy's."""
        return 1 + self.tolerance_percent / _HUNDRED

    def open_on(self, day: int) -> tuple[DoseStep, ...]:
        """Return the rows that an order on a day of treatment can be for.

        These are the row that the day falls in, all later ones, and those of some patients only that have begun.
        """
        begun = [one for one in self.schedule if one.from_day <= day and not one.only_for]
        return tuple(
            one
            for one in self.schedule
            if (one.from_day <= day if one.only_for else one.from_day > day or one is begun[-1])
        )

    def planned(self, day: int, days: int) -> tuple[Planned, ...]:
        """Return the most doses that the schedule holds in so many days from a day of treatment on.

        Rows for some patients only are left out: they space the doses out, and nobody has to be in one of them.
        """
        regular = [one for one in self.schedule if not one.only_for]
        last = day + days - 1
        ends = [*(one.from_day - 1 for one in regular[1:]), last]
        found = (Planned(one, _count(one, day, min(end, last))) for one, end in zip(regular, ends, strict=True))
        return tuple(one for one in found if one.doses)

    def vials(self, mg: Decimal) -> tuple[tuple[Decimal, int], ...]:
        """Return the vials for one dose, each size with its number: the least waste, then the fewest vials.

        None where the policy names no vials.
        """
        if not self.vial_mg:
            return ()
        choices = _choices(mg, sorted(self.vial_mg, reverse=True))
        best = min(choices, key=lambda one: (_total(one), sum(number for _, number in one)))
        return tuple(pair for pair in best if pair[1])

    def units(self, mg: Decimal, unit_mg: Decimal) -> int:
        """Return the billing units of one dose, rounded up to whole units."""
        billed = mg if self.bill is Bill.DOSE else _total(self.vials(mg))
        return _up(billed / unit_mg)


def _count(step: DoseStep, first: int, last: int) -> int:
    """Return how many doses of a row fall on the days from first to last; one that runs may begin at once."""
    if not step.every_days:
        return int(first <= step.from_day <= last)
    start = max(first, step.from_day)
    return (last - start) // step.every_days + 1 if start <= last else 0


def _choices(mg: Decimal, sizes: list[Decimal]) -> Iterator[tuple[tuple[Decimal, int], ...]]:
    """Yield every way to fill a dose with vials that leaves no vial unopened."""
    size, *smaller = sizes
    most = _up(mg / size)
    if not smaller:
        yield ((size, most),)
        return
    for number in range(most + 1):
        rest = max(mg - number * size, Decimal(0))
        for others in _choices(rest, smaller):
            yield ((size, number), *others)


def _total(vials: tuple[tuple[Decimal, int], ...]) -> Decimal:
    return sum((size * number for size, number in vials), Decimal(0))


def _up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))
