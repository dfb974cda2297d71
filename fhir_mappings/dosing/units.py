"""The units in which weights, doses and times come: UCUM codes, and the few words that leave no doubt.

Sources: UCUM; FHIR R4 `units-of-time`. A code of another system is not read; a code and a word that contradict each
other are not read either. What is not in a table has no size.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.clinical.values import Quantity

MOST_TIMES = 10_000
"""Nothing is given, repeated or counted in units of time as often: such a number is a slip, and is not read."""
_UCUM = "http://unitsofmeasure.org"
_MOST = Decimal(10**9)
_ANNOTATION = re.compile(r"\{[^}]*\}")
Sizes = Mapping[str, Decimal]


def _sizes(**sizes: str) -> Sizes:
    return MappingProxyType({name: Decimal(size) for name, size in sizes.items()})


KILOGRAMS: Sizes = MappingProxyType({**_sizes(kg="1", g="0.001"), "[lb_av]": Decimal("0.45359237")})
MILLIGRAMS: Sizes = _sizes(mg="1", g="1000", ug="0.001")
MILLIGRAMS_PER_KILOGRAM: Sizes = MappingProxyType({f"{unit}/kg": size for unit, size in MILLIGRAMS.items()})

Span = tuple[Decimal, Decimal]
_HOUR = Decimal(1) / 24
DAYS: Mapping[str, Span] = MappingProxyType(
    {
        "min": (_HOUR / 60, _HOUR / 60),
        "h": (_HOUR, _HOUR),
        "d": (Decimal(1), Decimal(1)),
        "wk": (Decimal(7), Decimal(7)),
        "mo": (Decimal(28), Decimal(31)),
        "a": (Decimal(365), Decimal(366)),
    }
)
"""The least and the most days of a unit of time."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{unit: unit for unit in (*MILLIGRAMS, "kg", *MILLIGRAMS_PER_KILOGRAM)},
        **dict.fromkeys(("milligram", "milligrams"), "mg"),
        **dict.fromkeys(("gram", "grams"), "g"),
        **dict.fromkeys(("mcg", "microgram", "micrograms"), "ug"),
        **dict.fromkeys(("kgs", "kilogram", "kilograms"), "kg"),
        **dict.fromkeys(("lb", "lbs", "pound", "pounds", "[lb_av]"), "[lb_av]"),
    }
)


def unit_of(quantity: Quantity) -> str:
    """Return the UCUM code of a quantity; empty if it has none that can be read."""
    word = _WORDS.get((quantity.unit or "").strip().lower(), "")
    if not quantity.code:
        return word
    code = _ANNOTATION.sub("", quantity.code).rstrip("/")
    foreign = quantity.system not in (None, _UCUM)
    return "" if foreign or (word and word != code) else code


def measured(quantity: Quantity | None, sizes: Sizes) -> Decimal | None:
    """Return a quantity in the unit of a table; None if it is no plain, positive number in one of its units."""
    if quantity is None or quantity.value is None or quantity.comparator or not 0 < quantity.value < _MOST:
        return None
    size = sizes.get(unit_of(quantity))
    return quantity.value * size if size is not None else None
