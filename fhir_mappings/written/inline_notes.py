"""Notes that a document brings along: its attachments of plain text, HTML, CDA or RTF, decoded within limits.

Sources: FHIR R4, Attachment.data (base64), DocumentReference.content, DiagnosticReport.presentedForm.
"""

from base64 import b64decode
from binascii import Error

import msgspec

from fhir_mappings.r4.elements import decoded
from fhir_mappings.r4.resources import Resource
from fhir_mappings.written import rich_text
from fhir_mappings.written.page_text import page_text

MOST_BYTES = 200_000
"""The greatest note that is read, as base64; a longer one is left unread."""
_PAGES = frozenset({"text/html", "text/xhtml", "application/xhtml+xml"})
_CDA = frozenset({"text/xml", "application/xml", "application/cda+xml", "application/hl7-cda+xml"})
_RICH = frozenset({"text/rtf", "application/rtf", "application/x-rtf", "text/richtext"})
_TYPES = _PAGES | _CDA | _RICH | {"text/plain"}


class _Attachment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    content_type: str | None = None
    data: str | None = None


class _Content(msgspec.Struct, frozen=True, gc=False):
    attachment: _Attachment | None = None


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
    if kind in _RICH:
        return rich_text.text_of(text)
    if kind == "text/plain":
        return text
    return page_text(text)
