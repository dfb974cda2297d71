"""Three-valued logic: met, not met, unknown.

The tables are Kleene's strong logic. They are written as tables so that a reader can check them against the sentence
"a known failure beats unknowns, and an unknown is never read as a failure".
"""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What is known about a criterion. `word` is the value as a plain attribute, which is quicker to read."""

    def __init__(self, word: str) -> None:
        self.word = word

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


_Table = dict[tuple[Truth, Truth], Truth]


def _table(drawing: str) -> _Table:
    header, *rows = (line.split() for line in drawing.strip().splitlines())
    return {
        (Truth(row[0]), Truth(column)): Truth(result)
        for row in rows
        for column, result in zip(header, row[1:], strict=True)
    }


BOTH = _table(
    """
              met      unknown  not-met
    met       met      unknown  not-met
    unknown   unknown  unknown  not-met
    not-met   not-met  not-met  not-met
    """
)
"""The table of `all`: rows and columns are the two parts, the field is the whole. A test holds `all_of` against it."""

EITHER = _table(
    """
              met      unknown  not-met
    met       met      met      met
    unknown   met      unknown  unknown
    not-met   met      unknown  not-met
    """
)
"""The table of `any`. A test holds `any_of` against it."""

OPPOSITE = {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET, Truth.UNKNOWN: Truth.UNKNOWN}
"""The table of `not`."""


def all_of(parts: Iterable[Truth]) -> Truth:
    """Whether every part is met; no part at all is met. The table of `all`, read off at once for many parts."""
    truths = tuple(parts)
    if Truth.NOT_MET in truths:
        return Truth.NOT_MET
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.MET


def any_of(parts: Iterable[Truth]) -> Truth:
    """Whether at least one part is met; no part at all is not met. The table of `any`, read off at once."""
    truths = tuple(parts)
    if Truth.MET in truths:
        return Truth.MET
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.NOT_MET


def at_least_of(needed: int, parts: Iterable[Truth]) -> Truth:
    """Whether at least `needed` parts are met; unknown while the unknown parts could still tip it."""
    truths = list(parts)
    met = truths.count(Truth.MET)
    if met >= needed:
        return Truth.MET
    return Truth.UNKNOWN if met + truths.count(Truth.UNKNOWN) >= needed else Truth.NOT_MET
