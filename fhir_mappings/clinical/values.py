"""What a record names and measures: codes with their words, quantities, and the measurements made of both."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from operator import attrgetter

import msgspec

from policies.terminology.short_texts import remembered

# Asked of every concept of a chart, again and again: without a loop of Python.
_DISPLAY: Callable[[object], str | None] = attrgetter("display")
_SYSTEM: Callable[[object], str | None] = attrgetter("system")
_CODE: Callable[[object], str | None] = attrgetter("code")


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A code of a code system, with how it is displayed; None for what the record does not say."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


def written(codings: Iterable[Coding], *_: object) -> Iterable[str | None]:
    """Return every text that codings are made of."""
    return chain(map(_SYSTEM, codings), map(_CODE, codings), map(_DISPLAY, codings))


_SYSTEMS = (
    (re.compile(r"snomed\.info/sct|\.6\.96$"), ("", "SNOMED", "SNOMEDCT", "SCT")),
    (re.compile(r"loinc\.org|\.6\.1$"), ("", "LOINC")),
    (re.compile(r"rxnorm|\.6\.88$", re.IGNORECASE), ("", "RXNORM", "RXCUI")),
    (re.compile(r"icd-?10|\.6\.(?:90|3|4)$", re.IGNORECASE), ("", "ICD10", "ICD10CM", "ICD10PCS")),
    (re.compile(r"hcpcs|\.6\.285$", re.IGNORECASE), ("", "HCPCS")),
    (re.compile(r"sid/ndc|\.6\.69$"), ("", "NDC")),
)
"""Systems whose codes say nothing in words, each with its short names; a score or a stage does."""
_CODE_ALONE = re.compile(r"[A-Za-z0-9]+(?:[\s.:_|-]+[A-Za-z0-9]+)*")
"""A code with separators within; any other sign (a question mark, a minus before it) says more."""
_SEPARATORS = re.compile(r"[\s.:_|-]+")


@remembered(texts=lambda codings, text: texts_of((codings, text)))
def _words_of(codings: tuple[Coding, ...], text: str | None) -> tuple[str, ...]:
    said = [(text, codings), *((one.display, (one,)) for one in codings)]
    return tuple([word for word, beside in said if word and word.strip() and not _repeats(word.strip(), beside)])


def _repeats(word: str, codings: Iterable[Coding]) -> bool:
    """Return whether a word is the code of one of some codings, alone or after its system's short name."""
    if _CODE_ALONE.fullmatch(word) is None:
        return False
    plain = _SEPARATORS.sub("", word).upper()
    known = ((one.code, names) for one in codings for system, names in _SYSTEMS if system.search(one.system or ""))
    return any(plain == name + _SEPARATORS.sub("", code).upper() for code, names in known if code for name in names)


Named = tuple[tuple[Coding, ...], str | None]
"""The codings and the text of a concept: what can be distinguished, and looked up, without the rest of it."""


def texts_of(named: Named) -> Iterable[str | None]:
    """Return every text that a concept is made of."""
    return chain((named[1],), written(named[0]))


class Concept(msgspec.Struct, frozen=True, gc=False):
    """One thing by all the codes that a record gives it, and by its words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Return the text and all displays, as written, but what is blank or only repeats a code of the concept."""
        if not self.text and not any(map(_DISPLAY, self.coding)):
            return ()
        return _words_of(self.coding, self.text)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return all codes, as written."""
        return tuple(filter(None, map(_CODE, self.coding)))


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """A number with its unit, in words and in the code of a system; the number stays as written."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Ratio(msgspec.Struct, frozen=True, gc=False):
    """One quantity for another: doses a kilogram, signals of a gene for those of its chromosome."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class QuantityRange(msgspec.Struct, frozen=True, gc=False):
    """Two quantities between which something lies."""

    low: Quantity | None = None
    high: Quantity | None = None


_NO_VALUE = (None,) * 7


class Measurement(msgspec.Struct, frozen=True, gc=False):
    """What was measured, by `code`, and the value in whichever form it came; more than one form may be there.

    `is_absent`: the record says itself that it has no value, and why. `is_hidden`: that it has one that does not stand
    here (masked, or an error).
    """

    code: Concept | None = None
    concept: Concept | None = None
    text: str | None = None
    integer: int | None = None
    truth: bool | None = None
    quantity: Quantity | None = None
    range: QuantityRange | None = None
    ratio: Ratio | None = None
    interpretation: tuple[Concept, ...] = ()
    is_absent: bool = False
    is_hidden: bool = False

    @property
    def has_value(self) -> bool:
        """Whether there is a value or an interpretation, though it may not stand here."""
        return self.is_hidden or self.states_value

    @property
    def states_value(self) -> bool:
        """Whether a value or an interpretation stands here."""
        values = (self.concept, self.text, self.integer, self.truth, self.quantity, self.ratio, self.range)
        return values != _NO_VALUE or bool(self.interpretation)

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """Return the answer and the interpretations, where they are concepts."""
        return self.interpretation if self.concept is None else (self.concept, *self.interpretation)
