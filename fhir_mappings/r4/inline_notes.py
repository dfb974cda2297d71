"""Notes that a document brings along: its attachments of plain text, HTML or CDA, decoded within limits.

Sources: FHIR R4, Attachment.data (base64), DocumentReference.content, DiagnosticReport.presentedForm; CDA R2, narrative
block (`text` of a section).
"""

from base64 import b64decode
from binascii import Error
from html.parser import HTMLParser

import msgspec

from fhir_mappings.r4.elements import decoded
from fhir_mappings.r4.resources import Resource

MOST_BYTES = 200_000
"""The greatest note that is read, as base64; a longer one is left unread."""
_PAGES = frozenset({"text/html", "text/xhtml", "application/xhtml+xml"})
_CDA = frozenset({"text/xml", "application/xml", "application/cda+xml", "application/hl7-cda+xml"})
_TYPES = _PAGES | _CDA | {"text/plain"}
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"title", "text", "paragraph", "item", "caption", "footnote"}
)
"""What begins a line: elements of HTML, and those of CDA."""
_UNSEEN = frozenset({"script", "style", "head"})


class _Attachment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    content_type: str | None = None
    data: str | None = None


class _Content(msgspec.Struct, frozen=True, gc=False):
    attachment: _Attachment | None = None


class _Text(HTMLParser):
    """Gathers what a reader of a page sees, a line a block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def inline_notes(document: Resource) -> tuple[str, ...]:
    """Return the texts of a document's own attachments; those that are elsewhere, too long or no text are none."""
    inside = (one.attachment for one in decoded(document.content, _Content))
    every = (*(one for one in inside if one is not None), *decoded(document.presented_form, _Attachment))
    return tuple(text for one in every if (text := _text(one)))


def _text(one: _Attachment) -> str:
    kind = (one.content_type or "").partition(";")[0].strip().lower()
    if kind not in _TYPES or not one.data or len(one.data) > MOST_BYTES:
        return ""
    try:
        text = b64decode(one.data, validate=False).decode("utf-8", "replace")
    except (Error, ValueError):
        return ""
    if kind == "text/plain":
        return text
    page = _Text()
    page.feed(text)
    page.close()
    return "".join(page.parts)
