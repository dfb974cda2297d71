"""Scores and words in the text of a HER2 result; the text of a HER2 test is the only one that may decide (reading 2)."""

import re

from fhir_mappings.matching import meanings
from fhir_mappings.resources import CodeableConcept, Measured
from policies.value_sets import CodeSet

_RANGE = re.compile(r"[0-3]\s*\+?\s*(?:-|to|/)\s*[0-3]\s*\+?", re.IGNORECASE)
_PLUS = re.compile(r"(?<![0-9.])([0-3])\s*\+(?!\s*[0-9])|(?<![0-9.+])(\+{1,3})(?![0-9+])")
_NAMED = re.compile(r"(?:score|ihc)\s*(?:of|is|:|=)?\s*([0-3])(?![0-9.+])", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(\s*([0-3])\s*\)")
_BARE = re.compile(r"\s*([0-3])(?:\.0)?\s*")
_NEGATIVE = re.compile(
    r"\bnegative(?:\s+for\s+(?:\w+\s+){0,2}(?:amplification|over-?expression))?\b|"
    r"\bno\s+(?:evidence\s+of\s+)?(?:\w+\s+){0,2}(?:amplification|over-?expression)\b|"
    r"\b(?:amplification|over-?expression)\W+(?:was\s+|is\s+)?not\s+(?:detected|seen|present|identified|found)\b|"
    r"\bnot\s+(?:positive|amplified|over-?expressed)\b|\bnon-?\s?amplified\b|\bunamplified\b",
    re.IGNORECASE,
)
_POSITIVE = re.compile(r"\b(?:positive|amplified|amplification|over-?expressed)\b", re.IGNORECASE)
_EQUIVOCAL = re.compile(r"\b(?:equivocal|borderline)\b", re.IGNORECASE)
_UNSETTLED = re.compile(
    r"\b(?:indeterminate|inconclusive|insufficient|not\s+(?:done|performed|tested|available|reported)|pending|unknown|"
    r"cannot|unable|failed|no\s+result|see\s+(?:note|report|comment))\b",
    re.IGNORECASE,
)
_WORDS = frozenset({"positive", "negative", "equivocal"})
UNSETTLED = "unsettled"


def is_range(text: str) -> bool:
    """Tell whether a text gives a range of scores, such as 2-3+: it states none for certain."""
    return bool(_RANGE.search(text))


def scores_in(text: str) -> frozenset[str]:
    """Return the IHC scores (0, 1+, 2+, 3+) that a text states."""
    found = {_score(match[1] or str(len(match[2]))) for match in _PLUS.finditer(text)}
    for pattern in (_NAMED, _IN_BRACKETS):
        found |= {_score(match[1]) for match in pattern.finditer(text)}
    if bare := _BARE.fullmatch(text):
        found.add(_score(bare[1]))
    return frozenset(found)


def _score(digit: str) -> str:
    return "0" if digit == "0" else f"{digit}+"


def words_in(text: str) -> frozenset[str]:
    """Return which of positive, negative, equivocal a text says, and 'unsettled' if it says that there is no result."""
    found = set()
    if _NEGATIVE.search(text):
        found.add("negative")
    if _POSITIVE.search(_NEGATIVE.sub(" ", text)):
        found.add("positive")
    if _EQUIVOCAL.search(text):
        found.add("equivocal")
    if _UNSETTLED.search(text):
        found.add(UNSETTLED)
    return frozenset(found)


def texts(value: Measured) -> tuple[str, ...]:
    """Return every text of a result's value: texts and displays of its answer and interpretation, and a string."""
    parts: list[CodeableConcept] = [part for part in (value.value_codeable_concept,) if part is not None]
    answer = [word for part in (*parts, *value.interpretation) for word in part.words]
    return (*answer, *((value.value_string,) if value.value_string else ()))


def said(value: Measured, words: CodeSet) -> frozenset[str]:
    """Return the words of a result, from codes and texts alike; more than one is a contradiction."""
    coded: frozenset[str] = frozenset().union(
        meanings(value.value_codeable_concept, words),
        *(meanings(part, words) for part in value.interpretation),
    )
    spoken: frozenset[str] = frozenset().union(*(words_in(text) for text in texts(value)))
    known = {word if word in _WORDS else UNSETTLED for word in coded}
    return frozenset(known) | spoken
