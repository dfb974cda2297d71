"""What a record names and measures: codes with their words, quantities, and the measurements made of both."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from operator import attrgetter

import msgspec

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
        """Return the text and all displays, as written."""
        shown = filter(None, map(_DISPLAY, self.coding))
        return (self.text, *shown) if self.text else tuple(shown)

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
