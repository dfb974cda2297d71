"""What was measured: numbers with their units and comparators, as written."""

from decimal import Decimal

import msgspec


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """A number with its unit, in words and in the code of a system; the number stays as written."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Ratio(msgspec.Struct, frozen=True, gc=False):
    """One quantity for another: doses a kilogram, signals of a gene for those of its chromosome."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class QuantityRange(msgspec.Struct, frozen=True, gc=False):
    """Two quantities between which something lies."""

    low: Quantity | None = None
    high: Quantity | None = None
