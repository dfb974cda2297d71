"""Units of measure: how much of one unit is another, by UCUM; and how people write both.

Source: The Unified Code for Units of Measure (UCUM), read by `ucumvert` and `pint`. What these make equal and is not,
is refused: arbitrary units (UCUM, section 24) of two names, equivalents and moles, what is counted in another thing
(an annotation), and two numbers without a dimension: 53 mmol/mol of HbA1c are no 5.3 %.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from policies.terminology.short_texts import remembered

_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_OF_A_DIMENSION = frozenset({"[lb_av]", "[oz_av]", "[in_i]", "[ft_i]", "[yd_i]", "[H2O]", "[Hg]", "[drp]"})
_EQUIVALENT = re.compile(r"(?<![a-z])[a-z]{0,2}eq(?![a-z])")
_OFFSET = re.compile(r"Cel|\[deg[FR]")
_COUNTED_AS_ONE = frozenset(
    {"cell", "cells", "count", "#", "number", "score", "index", "ratio", "sd", "t-score", "tscore", "z-score", "zscore"}
    | {"platelets", "eosinophils", "eos", "neutrophils", "wbc", "rbc", "grade", "class", "points"}
)
"""Annotations that only say what is counted: the number means the same without them."""
_SAME = Decimal(1)
_PLAIN: Mapping[str, str] = MappingProxyType(
    {"10*": "10^", "[lb_av]": "lb", "[in_i]": "in", "[IU]": "IU", "[iU]": "IU", "mm[Hg]": "mmHg"}
)
KNOWN = frozenset({"%", "1", "kg/m2", "cm", "{score}"})
"""Units that value sets name, so that no start has to load what knows all others."""
_MICRO = re.compile(r"(?<![A-Za-z])u(?=[a-zA-Z])")


def is_unit(text: str) -> bool:
    """Return whether a text is a unit of UCUM."""
    return text in KNOWN or _ucum().size(text) is not None


@remembered()
def factor(unit: str, other: str) -> Decimal | None:
    """Return how many of another unit one unit is, exactly; None where one is no amount of the other."""
    if unit == other or without_annotations(unit) == without_annotations(other):
        return _SAME
    if _is_refused(unit, other):
        return None
    found: Decimal | None = _ucum().ratio(unit, other)
    return found


def without_annotations(unit: str) -> str:
    """Return a unit without what only says which things are counted; `1` for one that says nothing else."""
    bare = _ANNOTATION.sub(lambda found: "" if found[1].casefold() in _COUNTED_AS_ONE else found[0], unit)
    return "1" if bare in ("", "/1") else bare


def _ucum() -> Any:
    """Return the module that knows UCUM; loaded when two units that differ are first held against each other."""
    return import_module("policies.terminology.ucum")


def _is_refused(unit: str, other: str) -> bool:
    """Return whether two units count different things, though their dimensions are the same."""
    if _OFFSET.search(unit) or _OFFSET.search(other):
        return True
    units = [without_annotations(one).replace("[iU]", "[IU]") for one in (unit, other)]
    things = [sorted(_ANNOTATION.findall(one)) for one in units]
    arbitrary = [sorted(set(_BRACKETS.findall(one)) - _OF_A_DIMENSION) for one in units]
    equivalents = [bool(_EQUIVALENT.search(one)) for one in units]
    return any(first != second for first, second in (things, arbitrary, equivalents))


@cache
def unit_in_words(unit: str) -> str:
    """Return a unit as people write it: without what is counted, 10^9/L, IU/mL; empty where it says nothing."""
    text = _ANNOTATION.sub(lambda found: "" if found[1].casefold() in _COUNTED_AS_ONE else found[1], unit)
    for code, word in _PLAIN.items():
        text = text.replace(code, word)
    text = _MICRO.sub("µ", text).replace("_", " ")
    return "" if text in ("", "1") else f"per {text[1:]}" if text.startswith("/") else text


def figure_in_words(number: object, unit: str) -> str:
    """Return a number with its unit, as people write both."""
    written = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return f"{written} {unit_in_words(unit)}".rstrip()
