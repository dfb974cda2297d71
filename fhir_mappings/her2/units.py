"""What the unit of a HER2 number says that it counts: a ratio, copies a cell, or nothing that tells.

Units are free text in practice ("signals per cell", "HER2/CEP17 ratio"), so that they are read by their words.
"""

import re
from collections.abc import Iterable

from fhir_mappings.clinical.values import Quantity

RATIO, COPIES, CENTROMERES = "ratio", "copies", "cep17"
_ANY = frozenset({"1", "#", "{#}"})
_BRACES = str.maketrans("", "", "{}")
_HER2 = r"(?:(?:her|erbb)-?2(?:/?neu)?)"
_RATIO_UNIT = re.compile(rf"(?:{_HER2}\s*[/:]\s*(?:cep|cen|chr|d17z)?-?\s*[0-9]*\s*)?ratio", re.IGNORECASE)
_COUNTED = r"(?:copies|signals?)(?:\s*(?:/|per)\s*(?:cells?|nucleus|nuclei))?"
_COPY_UNIT = re.compile(rf"(?:{_HER2}\s+)?(?:gene\s+)?{_COUNTED}", re.IGNORECASE)
_TOTAL = re.compile(r"\bsignals?$", re.IGNORECASE)
"""Signals that are not said to be of a cell: a whole number of them may be that of all cells."""
_CENTROMERE_UNIT = re.compile(rf"(?:cep|cen|chr|chromosome)[-\s]?17\s+{_COUNTED}", re.IGNORECASE)
_OF_CENTROMERE = re.compile(r"\b(?:cep|cen|chr|chromosome)\W*17|\bcentromer", re.IGNORECASE)


def unit_says(quantity: Quantity) -> str | None:
    """Return what the unit or its code names; empty if there is no unit that tells, None for a foreign one."""
    units = {unit.translate(_BRACES).strip() for unit in (quantity.code, quantity.unit) if unit}
    if any(_RATIO_UNIT.fullmatch(unit) for unit in units):
        return RATIO
    if any(_CENTROMERE_UNIT.fullmatch(unit) for unit in units):
        return CENTROMERES
    if any(_COPY_UNIT.fullmatch(unit) for unit in units):
        number = quantity.value
        is_whole = number is not None and number.is_finite() and not number % 1
        return None if is_whole and all(_TOTAL.search(unit) for unit in units) else COPIES
    return "" if {unit for unit in (quantity.code, quantity.unit) if unit} <= _ANY else None


def is_of_centromere(words: Iterable[str]) -> bool:
    """Whether the words of a code name the centromere of chromosome 17."""
    return any(_OF_CENTROMERE.search(word) for word in words)
