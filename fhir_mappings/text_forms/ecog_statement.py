"""What a text of an ECOG result states, all of it understood: the grades that it can mean."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from fhir_mappings.text_forms.grammar import Statement, grammar

Grades = tuple[int, int]
"""The least and the greatest grade that is meant."""

_ALL = frozenset(range(6))
_KINDS = ("grade0", "grade1", "grade2", "grade3", "grade4", "grade5", "grade12", "grade123")
"""The kinds of words for grades in the grammar, each named by the grades that it fits."""
_LEAST_WORDS = 5
"""A grade in words alone needs so many words: those of the scale do, and fewer may speak of something else."""
_DIGITS = re.compile(r"[0-9]+")
_FITTING = MappingProxyType({0: (90, 100), 1: (70, 90), 2: (50, 70), 3: (30, 50), 4: (10, 30)})
"""Which Karnofsky scores do not contradict a grade, ten to either side of the usual table (Buccheri 1996)."""


def ecog_grades(text: str) -> Grades | None:
    """Return the grades that a text states; None if it is not understood, states none, or contradicts itself."""
    parts = grammar("ecog").statements(text)
    if parts is None:
        return None
    spans = {grades for part in parts for grades in _written(part)}
    in_words = _grades_in_words(parts)
    if not spans and len(in_words) == 1 and len(text.split()) >= _LEAST_WORDS:
        spans = {(min(in_words), max(in_words))}
    if len(spans) != 1:
        return None
    low, high = spans.pop()
    fits = low <= high <= low + 1 and high in _ALL and frozenset(range(low, high + 1)) <= in_words
    return (low, high) if fits and all(_fits(low, high, part) for part in parts) else None


def fits_words(text: str, grade: int) -> bool:
    """Return whether the words for grades in a text, understood or not, leave room for a grade; none do."""
    named = [kind for kind in _KINDS if grammar("ecog").names(text, frozenset({kind}))]
    return not named or any(str(grade) in kind.removeprefix("grade") for kind in named)


def _fits_karnofsky(low: int, high: int, score: int) -> bool:
    ranges = (_FITTING[grade] for grade in (low, high) if grade in _FITTING)
    return any(least <= score <= most for least, most in ranges)


def is_worse(score: int, grade: int) -> bool:
    """Return whether a Karnofsky score is lower than all that go with a grade, or with a worse one than it."""
    return grade in _FITTING and score < _FITTING[grade][0]


def _written(part: Statement) -> Iterable[Grades]:
    for text in part.of("number", "span"):
        digits = [int(one) for one in _DIGITS.findall(text)]
        yield digits[0], digits[-1]


def _grades_in_words(parts: tuple[Statement, ...]) -> frozenset[int]:
    """Return the grades that all words for grades fit; all of them if there are no such words."""
    kinds = [token.kind for part in parts for token in part.tokens if token.kind.startswith("grade")]
    fitting = _ALL
    for kind in kinds:
        fitting &= frozenset(int(digit) for digit in kind.removeprefix("grade"))
    return fitting


def _fits(low: int, high: int, part: Statement) -> bool:
    """Return whether a Karnofsky score beside the grades does not contradict them."""
    return all(_fits_karnofsky(low, high, int(_DIGITS.findall(text)[0])) for text in part.of("karnofsky"))
