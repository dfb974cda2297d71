"""What people wrote beside a record: the texts of annotations, and what the attachments of a document are called."""

import msgspec

from fhir_mappings.r4.elements import decoded


class _Annotation(msgspec.Struct, frozen=True, gc=False):
    text: str | None = None


class _Attachment(msgspec.Struct, frozen=True, gc=False):
    title: str | None = None


class _Content(msgspec.Struct, frozen=True, gc=False):
    attachment: _Attachment | None = None


def annotations(raw: msgspec.Raw) -> tuple[str, ...]:
    """Return the texts of an element that is a list of R4 Annotations; anything else is none."""
    return tuple(one.text for one in decoded(raw, _Annotation) if one.text)


def titles(raw: msgspec.Raw) -> tuple[str, ...]:
    """Return the titles of the attachments in the content of a DocumentReference; anything else is none."""
    found = (one.attachment for one in decoded(raw, _Content))
    return tuple(one.title for one in found if one is not None and one.title)
