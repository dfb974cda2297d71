"""What laboratories mostly answer, to the letter.

A result is read by many patterns. For these few answers that is done once; no other text of a chart is kept.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

_WORDS = ("Negative", "Positive", "Equivocal", "Amplified", "Not amplified", "HER2 negative", "HER2 positive")
_SCORES = ("0", "1+", "2+", "3+", "+", "++", "+++")
PLAIN = frozenset((*_SCORES, *_WORDS, *(word.lower() for word in _WORDS), *(word.upper() for word in _WORDS)))
"""Scores and words as the answer lists of LOINC and SNOMED CT, and laboratories, have them."""


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let a reader of texts keep what it makes of the plain answers, and of nothing else."""
    kept = lru_cache(maxsize=len(PLAIN))(read)

    @wraps(read)
    def reading(text: str) -> T:
        return kept(text) if text in PLAIN else read(text)

    return reading
