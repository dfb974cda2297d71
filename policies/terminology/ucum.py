"""Amounts of UCUM units, by `ucumvert` and `pint`: half a second to load, so that only `units` asks for it."""

import re
from decimal import Decimal
from functools import cache
from typing import Any

import lark
import pint
import ucumvert

from policies.terminology.short_texts import remembered

_READABLE = re.compile(r"[!-~]{1,40}")
_ANNOTATION = re.compile(r"/?\{[^{}]*\}")
_DIGITS = 14


@cache
def _registry() -> Any:
    return ucumvert.PintUcumRegistry()


@remembered()
def size(unit: str) -> Any:
    """Return a unit as an amount of pint; None if it is none of UCUM."""
    bare = _ANNOTATION.sub("", unit) or "1"
    if not _READABLE.fullmatch(bare):
        return None
    try:
        found = _registry().from_ucum(bare)
    except (lark.exceptions.LarkError, pint.PintError, ArithmeticError, ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found, pint.Quantity) else pint.Quantity(found)


def ratio(unit: str, other: str) -> Decimal | None:
    """Return how many of another unit one unit is; None where they have no dimension in common, or none at all.

    Those of UCUM have few digits, so that what binary fractions add is cut off.
    """
    one, another = size(unit), size(other)
    if one is None or another is None or one.dimensionality != another.dimensionality or one.dimensionless:
        return None
    try:
        found = one.to_base_units().magnitude / another.to_base_units().magnitude
        return Decimal(f"{found:.{_DIGITS}g}").normalize()
    except (pint.PintError, ArithmeticError, TypeError):
        return None
