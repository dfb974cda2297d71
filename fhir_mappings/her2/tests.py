"""Which HER2 results a chart holds, and by which method each was made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.dates import Span
from fhir_mappings.evidence import dated
from fhir_mappings.her2.words import OTHER_MARKERS, texts
from fhir_mappings.matching import displayed, find, meanings, shown
from fhir_mappings.observed import counts
from fhir_mappings.reading import Reading
from fhir_mappings.resources import Coding, Measured, Resource
from policies.model import Fact
from policies.value_sets import CodeSet

IHC, ISH, OVERALL = "ihc", "ish", "overall"
TORN = "torn"
"""The method of a result whose code names one and whose method element names another."""
RATIO, COPIES, CENTROMERES = "ratio", "copies", "cep17"
_OF_ISH = frozenset({ISH, RATIO, COPIES, CENTROMERES})
REFUSED = frozenset({"not tissue", "mutation", "quantity"})

_SCORE = re.compile(r"\bscore\b", re.IGNORECASE)
_NO_SCORE_OF_HER2 = re.compile(
    rf"\b(?:{OTHER_MARKERS}|H|allred|intensity|percent\w*|controls?|previous|prior|total|proportion)\b|%",
    re.IGNORECASE,
)
"""How a component of an IHC result calls a score without a code that we know, and what is no HER2 score."""

UNREAD = "?"
"""What is shown for a value that cannot be read, or is not there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A HER2 value: the whole result, or one of its components; `means` is what its code says that it measures."""

    means: str
    method: str
    value: Measured
    coding: Coding
    observation: Resource

    @property
    def when(self) -> Span | None:
        """Return the date of the result."""
        return dated(self.observation)


def pieces(reading: Reading, fact: Fact) -> Iterator[Piece]:
    """Yield every HER2 value that counts; serum markers, mutations and quantities are not tissue status (reading 5)."""
    tests = reading.codes_of(fact, "tests")
    methods = reading.codes_of(fact, "methods")
    for observation in reading.chart.observations:
        if not counts(reading, observation):
            continue
        stated = meanings(observation.method, methods)
        for value in (observation, *observation.component):
            named = _named(observation, value, tests)
            if named is not None and not _is_header(observation, value, tests):
                coding, means = named
                yield Piece(means, _method(means, stated), value, coding, observation)


def _named(observation: Resource, value: Measured, tests: CodeSet) -> tuple[Coding, str] | None:
    """Tell by its code what a value measures; a component of an IHC result may call itself a score in words."""
    hit = find(value.code, tests)
    if hit is not None:
        return None if hit[1].means in REFUSED else (hit[0], hit[1].means)
    whole = find(observation.code, tests)
    if whole is None or whole[1].means != IHC or value.code is None:
        return None
    words = " ".join(value.code.words)
    scored = _SCORE.search(words) and not _NO_SCORE_OF_HER2.search(words)
    return (next(iter(value.code.coding), whole[0]), IHC) if scored else None


def _is_header(observation: Resource, value: Measured, tests: CodeSet) -> bool:
    """Tell whether a value is no more than the head of a panel: its members and components say what was found."""
    if value is not observation or _has_value(value):
        return False
    return bool(observation.has_member) or any(_named(observation, one, tests) for one in observation.component)


def _has_value(value: Measured) -> bool:
    given = (value.value_codeable_concept, value.value_string, value.value_integer, value.value_quantity)
    return any(one is not None for one in (*given, value.value_ratio, value.value_range)) or bool(value.interpretation)


def method_of(means: str) -> str:
    """Return the method of a test by what its code says that it measures; overall if the code does not tell."""
    return ISH if means in _OF_ISH else IHC if means == IHC else OVERALL


def _method(means: str, stated: frozenset[str]) -> str:
    """Return the method of a value: by its code, else by the method element; torn if the two contradict each other."""
    coded = method_of(means)
    claimed = next(iter(stated)) if len(stated) == 1 else ""
    if coded == OVERALL:
        return claimed or OVERALL
    return TORN if claimed and coded != claimed else coded


def written(piece: Piece, words: CodeSet) -> str:
    """Return a value as a person reads it, a code by its meaning; a question mark if there is none that we can read."""
    value = piece.value
    quantity = value.value_quantity
    if quantity is not None and quantity.value is not None:
        unit = "" if "{" in (quantity.unit or "") else quantity.unit or ""
        return f"{quantity.comparator or ''}{quantity.value} {unit}".strip()
    if value.value_ratio is not None and value.value_ratio.numerator is not None:
        under = value.value_ratio.denominator.value if value.value_ratio.denominator else None
        return f"{value.value_ratio.numerator.value}:{under or 1}"
    if value.value_integer is not None:
        return str(value.value_integer)
    return ", ".join(dict.fromkeys(texts(value))) or _by_code(value, words) or UNREAD


def _by_code(value: Measured, words: CodeSet) -> str:
    """Return what codes without a word of their own mean: those of the interpretation, else of the answer."""
    concepts = (*value.interpretation, *((value.value_codeable_concept,) if value.value_codeable_concept else ()))
    return next((text for one in concepts if (text := shown(one, displayed(one, words)))), "")
