"""What is said of a fact, free of any language: keys of sentences with their figures, and the evidence that they name.

A note is put into words where somebody reads it (`fhir_mappings.wording`); what is on file can so be read in a language
that nobody spoke when it was written down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Union


class Word(Enum):
    """A word of a closed list. `word` is its value as a plain attribute: `value` is looked up by way of Python code."""

    def __init__(self, word: str) -> None:
        self.word = word


class Role(Word):
    """What a piece of evidence does for its fact."""

    FOR = "for"
    AGAINST = "against"
    POSSIBLE = "possible"


class Strength(Word):
    """How well evidence proves: weak is a prescription marked completed, and a person's word without a document."""

    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, init=False)
class Note:
    """A sentence by its key, with the figures that it shows: `Note("ecog.old", found=evidence, days=90)`.

    Evidence as a figure is listed by who reads it. A number named `n` chooses between `key.one` and `key.many`.
    """

    key: str
    figures: Mapping[str, "Figure"]

    def __init__(self, key: str, /, **figures: "Figure") -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "figures", figures)

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: "Said") -> bool:
        return sorting(self) < sorting(other)

    def __gt__(self, other: "Said") -> bool:
        return sorting(self) > sorting(other)


@dataclass(frozen=True, slots=True)
class Series:
    """Several notes or words one after another, with a sign between them that every language has."""

    parts: tuple["Said", ...]
    between: str = ", "


@dataclass(frozen=True, slots=True)
class Clause:
    """A note within a sentence: it ends without a full stop of its own."""

    said: "Said"


Said = str | Note | Series
"""What is said: a note, several, or words that are nobody's translation: a record's, the payer's, those on file."""


class Evidence(NamedTuple):
    """A resource that bears on a fact: `reference` is Type/id, `date` an ISO date or a part of one, or empty.

    `place` is the organ that it is of, by its key in the texts; empty where the record names none, or several.

    A named tuple, since a decision makes many of them, and a frozen dataclass takes thrice as long to make.
    """

    reference: str
    summary: Said
    date: str = ""
    role: Role = Role.FOR
    system: str = ""
    code: str = ""
    strength: Strength = Strength.STRONG
    place: str = ""

    def __hash__(self) -> int:
        # By what mostly tells two apart: hashing all fields takes ten times as long, and evidence is sorted out a lot.
        return hash((self.reference, self.code))

    @property
    def counts(self) -> bool:
        """Whether it bears on the truth; possible evidence only ever appears in notes and in the form."""
        return self.role is not Role.POSSIBLE


Figure = Union[str, int, Decimal, date, Note, Series, Clause, tuple[Evidence, ...]]  # noqa: UP007 - it names itself
"""What a note shows: words, a number, a date, another note, or evidence."""


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence once each: what counts first, by date and name, so that the chart's order makes no difference."""
    found = tuple(evidence)
    return tuple(sorted(dict.fromkeys(found), key=_place)) if len(found) > 1 else found


def _place(one: Evidence) -> tuple[bool, str, str, Said, str]:
    return one.role is Role.POSSIBLE, one.date, one.reference, one.summary, one.code


def together(*said: Said, between: str = " ") -> Said:
    """Return several notes as one, sentence after sentence; what is empty says nothing."""
    parts: tuple[Said, ...] = tuple(filter(None, said))
    return Series(parts, between) if len(parts) > 1 else parts[0] if parts else ""


def sorting(said: Said) -> str:
    """Return a text by which notes and words have the same order in every language."""
    if isinstance(said, str):
        return said
    if isinstance(said, Series):
        return said.between.join(map(sorting, said.parts))
    figures = said.figures.values()
    return " ".join((said.key, *(sorting(one) if isinstance(one, Note | Series) else str(one) for one in figures)))
