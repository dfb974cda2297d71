"""Scores and words in the text of a HER2 result: the only text that may decide (reading 2)."""

import re
from collections.abc import Callable
from types import MappingProxyType

from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.her2.memo import remembered
from fhir_mappings.r4.resources import Measured
from policies.terminology.value_sets import CodeSet

NAME = re.compile(r"(?:\bc-?)?\b(?:her|erbb|erb-?b)[-\s]?2(?:[-/\s]*neu\b)?", re.IGNORECASE)
_PLUS = re.compile(r"(?<![0-9.])([0-3])\s*\+(?![+0-9]|\s+[0-9])|(?<![0-9.+])(\+{2,3})(?![0-9+])")
_NAMED = re.compile(r"(?:score|ihc)\s*(?:of|is|:|=)?\s*([0-3])(?![0-9.+])", re.IGNORECASE)
_IN_WORDS = re.compile(r"(?<![0-9.])([0-3])\s*plus\b", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(\s*([0-3])\s*\)")
_BARE = re.compile(r"\s*(?:([0-3])(?:\.0)?|(\+{1,3}))\s*")
NEGATION = re.compile(
    r"\bnegative(?:\s+for\s+(?:\w+\s+){0,2}(?:amplification|over-?expression))?\b|"
    r"\b(?:no|without|absence\s+of|lack(?:s|ing)?(?:\s+of)?)\s+(?:evidence\s+of\s+)?(?:\w+\s+){0,2}"
    r"(?:amplification|over-?expression)\b|"
    r"\b(?:amplification|over-?expression)\W+(?:was\s+|is\s+)?(?:not\s+(?:detected|seen|present|identified|found)|absent)\b|"
    r"\bnot\s+(?:positive|amplified|over-?expressed)\b|\bnon-?\s?amplified\b|\bunamplified\b",
    re.IGNORECASE,
)
_POSITIVE = re.compile(r"\b(?:positive|amplified|amplification|over-?expressed)\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\bpositive\s+(?:controls?\b|for\s+(?!(?:\w+\W+){0,3}(?:her|erbb|amplif|over-?expr)))|"
    r"\blow(?:[-\s]+level)?\s+(?:\w+\s+){0,2}amplifi",
    re.IGNORECASE,
)
"""A positive word that is about something else than HER2, or says less than positive."""
DENIAL = re.compile(
    r"\b(?:no|not|nor|neither|never|none|without|absent|absence|lack\w*|undetected|excluded?|ruled\s+out|rather\s+than|"
    r"if|versus|vs)\b",
    re.IGNORECASE,
)
OTHER_MARKERS = r"ER|PR|PgR|AR|o?estrogen|progesterone|androgen|ki-?67|p53"
"""Markers that are reported beside HER2, as a part of a regular expression."""
_EQUIVOCAL = re.compile(r"\b(?:equivocal|borderline)\b", re.IGNORECASE)
UNSURE_WORD = re.compile(
    r"\b(?:indeterminate|inconclusive|insufficient|not\s+(?:done|performed|tested|available|reported)|pending|unknown|"
    r"cannot|unable|failed|no\s+result|see\s+(?:note|report|comment)|possibl[ey]|probabl[ey]|likely|suspected|"
    r"suspicious|presum\w+|previous(?:ly)?|prior|history|repeat\w*)\b|\?",
    re.IGNORECASE,
)
_RATIO = re.compile(r"\bratio\b\s*(?:of|is|was|:|=)?\s*([<>]=?)?\s*([0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
_WORDS = frozenset({"positive", "negative", "equivocal"})
UNSETTLED = "unsettled"
_INTERPRETATION = ("ObservationInterpretation", "v2-0078", "v2/0078")
"""The code systems of Observation.interpretation, as a part of their URIs."""
_INTERPRETED = MappingProxyType({"POS": "positive", "NEG": "negative", "E": "equivocal", "IND": UNSETTLED})
"""HL7's own codes of an interpretation that say what a result is; abnormal, normal, high and the like do not."""


def scores_in(text: str, *, bare: bool = True) -> frozenset[str]:
    """Return the IHC scores (0, 1+, 2+, 3+) that a text states; `bare` allows a number or a plus that stands alone.

    The 2 of HER2 is no score: HER2+ says positive.
    """
    return _marked(text) | _alone(text) if bare else _marked(text)


@remembered
def _marked(text: str) -> frozenset[str]:
    """Return the scores that bear a plus, or are called a score."""
    rest = NAME.sub(" ", text)
    found = {_score(match[1] or str(len(match[2]))) for match in _PLUS.finditer(rest)}
    named = (*_NAMED.finditer(rest), *_IN_WORDS.finditer(rest))
    return frozenset(found | {_score(match[1]) for match in named})


@remembered
def _alone(text: str) -> frozenset[str]:
    """Return the scores that stand in brackets, or as the whole text."""
    rest = NAME.sub(" ", text)
    found = {_score(match[1]) for match in _IN_BRACKETS.finditer(rest)}
    if (alone := _BARE.fullmatch(rest)) and (alone[1] or rest == text):
        found.add(_score(alone[1] or str(len(alone[2]))))
    return frozenset(found)


def _score(digit: str) -> str:
    return "0" if digit == "0" else f"{digit}+"


@remembered
def words_in(text: str) -> frozenset[str]:
    """Return which of positive, negative, equivocal a text says, and 'unsettled' if it says that there is no result.

    A positive word beside a denial that is not understood is unsettled.
    """
    found = set()
    if NEGATION.search(text):
        found.add("negative")
    rest = NEGATION.sub(" ", text)
    if _POSITIVE.search(rest):
        found.add(UNSETTLED if DENIAL.search(rest) or _ELSEWHERE.search(rest) else "positive")
    if _EQUIVOCAL.search(text):
        found.add("equivocal")
    if UNSURE_WORD.search(text):
        found.add(UNSETTLED)
    return frozenset(found)


def ratios_in(text: str) -> frozenset[tuple[str, str]]:
    """Return the ratios that a text names, each as comparator and number; they never prove, but can contradict."""
    return frozenset((match[1] or "", match[2]) for match in _RATIO.finditer(text))


def texts(value: Measured) -> tuple[str, ...]:
    """Return every text of a result's value once: texts and displays of its answer and interpretation, and a string."""
    answer = value.value_codeable_concept
    concepts = value.interpretation if answer is None else (answer, *value.interpretation)
    found = [word for one in concepts for word in one.words]
    if value.value_string:
        found.append(value.value_string)
    return tuple(dict.fromkeys(found))


def said(value: Measured, words: CodeSet, part: Callable[[str], str] = str) -> frozenset[str]:
    """Return the words of a result, from codes and texts alike; more than one is a contradiction.

    `part` cuts out of a text what is about the matter at hand.
    """
    coded: frozenset[str] = frozenset().union(
        meanings(value.value_codeable_concept, words),
        *(meanings(part, words) for part in value.interpretation),
    )
    spoken: frozenset[str] = frozenset().union(*(words_in(part(text)) for text in texts(value)))
    known = {word if word in _WORDS else UNSETTLED for word in coded}
    return frozenset(known) | spoken | _interpreted(value)


def _interpreted(value: Measured) -> frozenset[str]:
    concepts = (*value.interpretation, *((value.value_codeable_concept,) if value.value_codeable_concept else ()))
    codes = (one for concept in concepts for one in concept.coding if one.code in _INTERPRETED)
    return frozenset(
        _INTERPRETED[one.code or ""] for one in codes if any(name in (one.system or "") for name in _INTERPRETATION)
    )
