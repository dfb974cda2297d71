"""What a record names: codes of code systems, and the words that people read."""

import msgspec


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A code of a code system, with how it is displayed; None for what the record does not say."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(msgspec.Struct, frozen=True, gc=False):
    """One thing by all the codes that a record gives it, and by its words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Return the text and all displays, as written."""
        shown = [coding.display for coding in self.coding if coding.display]
        return (self.text, *shown) if self.text else tuple(shown)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return all codes, as written."""
        return tuple([coding.code for coding in self.coding if coding.code])
