"""What a reader sees of a page: HTML, XHTML of a narrative, and the narrative blocks of CDA.

Sources: FHIR R4, Narrative; CDA R2, narrative block (`text` of a section).
"""

from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"title", "text", "paragraph", "item", "caption", "footnote"}
)
"""What begins a line: elements of HTML, and those of CDA."""
_CELLS = frozenset({"td", "th", "dd"})
"""What stands in the line of what is before it."""
_UNSEEN = frozenset({"script", "style", "head", "del", "s", "strike"})
"""What is no text of a page, or is struck out."""


class _Text(HTMLParser):
    """Gathers what a reader of a page sees, a line a block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        self._unseen += tag in _UNSEEN
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in _CELLS:
            self.parts.append(" ")


def page_text(page: str) -> str:
    """Return the text of a page, a line a paragraph or row."""
    found = _Text()
    found.feed(page)
    found.close()
    return "".join(found.parts)
