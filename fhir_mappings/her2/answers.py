"""What a HER2 result answers: its codes, and its texts by the closed grammar (readings 2 and 5a).

A text that is not understood leaves the whole result unread. Only beside a known code may a text say nothing of the
matter: it then has no word that turns a result round, and none of the grammar's own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import TypeVar

from fhir_mappings.chart.concept_match import find, meanings
from fhir_mappings.clinical.values import Coding, Concept, Measurement
from fhir_mappings.text_forms.her2_names import speaks_of_her2
from fhir_mappings.text_forms.her2_statement import UNSETTLED, Her2Statement, all_of, her2_statement
from fhir_mappings.text_forms.words import turns
from policies.terminology.value_sets import CodeSet

T = TypeVar("T")
_DIGIT = re.compile(r"[0-9]")

_WORDS = frozenset({"positive", "negative", "equivocal"})
_INTERPRETATION = ("ObservationInterpretation", "v2-0078", "v2/0078")
"""The code systems of Observation.interpretation, as a part of their URIs."""
_INTERPRETED = MappingProxyType({"POS": "positive", "NEG": "negative", "E": "equivocal", "IND": UNSETTLED})
"""HL7's own codes of an interpretation that say what a result is; abnormal, normal, high and the like do not."""

_PLAIN_WORDS = ("Negative", "Positive", "Equivocal", "Amplified", "Not amplified", "HER2 negative", "HER2 positive")
_PLAIN_SCORES = ("0", "1+", "2+", "3+", "+", "++", "+++")
PLAIN = frozenset(
    (*_PLAIN_SCORES, *_PLAIN_WORDS, *(word.lower() for word in _PLAIN_WORDS), *(word.upper() for word in _PLAIN_WORDS))
)
"""Scores and words as the answer lists of LOINC and SNOMED CT, and laboratories, have them."""

_UNDER = 6
"""Under so many kinds of code an answer is read."""


def remembered(read: Callable[[str, str, str], T]) -> Callable[[str, str, str], T]:
    """Let a reader of texts keep what it makes of the plain answers, and of nothing else.

    It reads a text under a code: by its method, and what a bare number under it is.
    """
    kept = lru_cache(maxsize=_UNDER * len(PLAIN))(read)

    @wraps(read)
    def reading(text: str, method: str, measured: str, /) -> T:
        return kept(text, method, measured) if text in PLAIN else read(text, method, measured)

    return reading


_statement = remembered(her2_statement)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a result answers: the words of its codes, and what its texts state; `unread` if one is not understood."""

    coded: frozenset[str]
    stated: Her2Statement
    unread: bool = False

    def words(self, method: str) -> frozenset[str]:
        """Return what is said of a method, in code or words; a code is of the method of the result."""
        return self.coded | self.stated.words(method)


def texts(value: Measurement) -> tuple[str, ...]:
    """Return every text of a result's value once: texts and displays of its answer and interpretation, and a string."""
    found = [word for one in value.concepts for word in one.words]
    if value.text:
        found.append(value.text)
    return tuple(dict.fromkeys(found))


def answered(value: Measurement, method: str, measured: str, sets: tuple[CodeSet, ...]) -> Answer:
    """Return what a result answers, of which the value sets know the codes.

    `method` is that of the result (`ihc`, `ish`, or empty); `measured` what a bare number under its code is.
    """
    stated = [_statement(text, method, measured) for text in _spoken(value, sets)]
    understood = [one for one in stated if one is not None]
    in_words, coded = all_of(understood), _coded(value, sets)
    measured_too = (value.quantity, value.ratio, value.integer)
    if coded or not in_words.is_empty or any(one is not None for one in measured_too):
        coded |= _beside(value)
    return Answer(coded, in_words, len(understood) < len(stated))


def _spoken(value: Measurement, sets: tuple[CodeSet, ...]) -> Iterator[str]:
    """Yield the texts that must be understood."""
    for concept in value.concepts:
        yield from (word for word in dict.fromkeys(concept.words) if not _is_silent(word, concept, sets))
    if value.text:
        yield value.text


def _is_silent(word: str, concept: Concept, sets: tuple[CodeSet, ...]) -> bool:
    """Return whether a text beside a known code is the code's own display, or has nothing to do with the matter."""
    hits = [hit for one in sets if (hit := find(concept, one)) is not None]
    if any(word.casefold() == member.display.casefold() for _, member in hits):
        return True
    known = bool(hits) or any(_is_interpretation(one) for one in concept.coding)
    return known and not speaks_of_her2(word) and not turns(word) and not _DIGIT.search(word)


def _is_interpretation(coding: Coding) -> bool:
    return any(name in (coding.system or "") for name in _INTERPRETATION)


def _beside(value: Measurement) -> frozenset[str]:
    """Return what codes of an interpretation would mean that name no system, or a local one.

    They prove nothing, and may contradict what does.
    """
    codings = (one for concept in value.interpretation for one in concept.coding if not _is_interpretation(one))
    return frozenset(_INTERPRETED[one.code] for one in codings if one.code is not None and one.code in _INTERPRETED)


def _coded(value: Measurement, sets: tuple[CodeSet, ...]) -> frozenset[str]:
    """Return the words that the codes of a result mean; a meaning that is no result is unsettled."""
    words = sets[0]
    found = frozenset[str]().union(*(meanings(one, words) for one in value.concepts))
    codings = (one for concept in value.concepts for one in concept.coding if _is_interpretation(one))
    interpreted = frozenset(
        _INTERPRETED[one.code] for one in codings if one.code is not None and one.code in _INTERPRETED
    )
    return frozenset(word if word in _WORDS else UNSETTLED for word in found) | interpreted
