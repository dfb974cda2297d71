"""Quantities as numbers in a unit of UCUM: by the code, else a spelling without doubt; comparators are bounds.

Source: FHIR R4, Quantity. A code of another system, a code and a word that contradict each other, and a number without
a unit are not read; but for what has no unit at all, such as a score.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from fhir_mappings.clinical.values import Quantity
from fhir_mappings.text_forms.sheets import read_sheet
from policies.model.findings import Interval
from policies.terminology.scales import Scale
from policies.terminology.units import factor, is_unit, without_annotations

_UCUM = "http://unitsofmeasure.org"
_NO_UNIT = "1"
_LONGEST = 40


@cache
def spellings() -> Mapping[str, str]:
    """Return the units of UCUM by how people write them: in lower case, without spaces."""
    known: Mapping[str, str] = read_sheet("unit_spellings")
    return known


def spelled(unit: str) -> str:
    """Return the unit of UCUM that a word stands for; empty where it is none that leaves no doubt."""
    known = spellings().get("".join(unit.lower().split()), "")
    return known or (unit if len(unit) <= _LONGEST and is_unit(unit) else "")


def unit_of(quantity: Quantity) -> str:
    """Return the unit of a quantity, `1` for one that names none; empty for one that cannot be read."""
    word = spelled(quantity.unit) if quantity.unit else ""
    if not quantity.code:
        return word if quantity.unit else _NO_UNIT
    if quantity.system not in (None, _UCUM) or not is_unit(quantity.code):
        return ""
    return "" if word and factor(word, quantity.code) != 1 else quantity.code


def measured(quantity: Quantity | None, unit: str, scale: Scale) -> Interval | None:
    """Return a quantity in a unit; None if it has no number, is of another unit, or is none that a test can have.

    `scale` is that of the test.
    """
    if quantity is None or quantity.value is None or not quantity.value.is_finite():
        return None
    own = unit_of(quantity)
    is_bare = own == _NO_UNIT and without_annotations(unit) != _NO_UNIT
    if not own or is_bare or not scale.can_be(quantity.value, own):
        return None
    number = scale.converted(quantity.value, own, unit)
    return interval(number, quantity.comparator, unit) if number is not None else None


def interval(number: Decimal, comparator: str | None, unit: str) -> Interval | None:
    """Return what a number with a comparator leaves open; None for a comparator that is none of these."""
    match comparator:
        case None | "":
            return Interval.exactly(number, unit)
        case "<" | "<=":
            return Interval(None, number, unit, high_is_open=comparator == "<")
        case ">" | ">=":
            return Interval(number, None, unit, low_is_open=comparator == ">")
        case _:
            return None
