"""From JSON to resources: only what is wanted is kept, only the members that the mappings read are decoded.

Each resource is decoded by itself, so that an odd one fails alone: it is named, with the reason; the others are read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fhir_mappings import strict_json
from fhir_mappings.chart import Located, Unreadable
from fhir_mappings.resources import Header, Resource

_RESOURCE = msgspec.json.Decoder(Resource)
_HEADER = msgspec.json.Decoder(Header)
_NOT_PROVIDED = "the sender could not provide it"
_NO_RESOURCE = "it is no FHIR resource"


class _Entry(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    full_url: Any = None
    resource: msgspec.Raw = msgspec.Raw()


class _Outline(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The outline of a value: its type, and the entries if it is a bundle."""

    resource_type: Any = None
    entry: tuple[_Entry, ...] = ()


class _LooseOutline(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The same, where the entries may be anything."""

    resource_type: Any = None
    entry: tuple[msgspec.Raw, ...] = ()


_OUTLINE: msgspec.json.Decoder[_Outline | None] = msgspec.json.Decoder(_Outline | None)
_LOOSE_OUTLINE = msgspec.json.Decoder(_LooseOutline)
_ENTRY = msgspec.json.Decoder(_Entry)
Wanted = Callable[[Resource], bool]


@dataclass(frozen=True, slots=True)
class Piece:
    """A resource as it stands in the text, with the name of its place and the URL that its bundle gives it."""

    name: str
    raw: msgspec.Raw | bytes
    url: str = ""


@dataclass(slots=True)
class Decoded:
    """The resources that are wanted, and what could not be read."""

    located: list[Located] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def decode(named: Iterable[tuple[str, msgspec.Raw | bytes]], wanted: Wanted) -> Decoded:
    """Decode JSON values, each with the name it goes by in messages: resources, bundles, null, outcomes of a failure.

    A wanted resource that has a member twice raises JsonError with the place.
    """
    found = Decoded()
    for name, raw in named:
        for piece in _pieces(Piece(name, raw), found.unreadable):
            _add(piece, wanted, found)
    return found


def _pieces(piece: Piece, unreadable: list[Unreadable]) -> Iterator[Piece]:
    """Yield the single resources of a value; bundles in bundles too."""
    try:
        outline = _outline(piece.raw, piece.name, unreadable)
    except msgspec.ValidationError as error:
        unreadable.append(Unreadable(piece.name, f"{_NO_RESOURCE}: {error}"))
        return
    if outline is None:
        return
    if outline.resource_type == "OperationOutcome":
        unreadable.append(Unreadable(piece.name, _NOT_PROVIDED))
    elif outline.resource_type != "Bundle":
        yield piece
    for index, entry in enumerate(outline.entry if outline.resource_type == "Bundle" else ()):
        if entry.resource and not _is_outcome(entry.resource):
            url = entry.full_url if isinstance(entry.full_url, str) else ""
            yield from _pieces(Piece(f"{piece.name}.entry[{index}].resource", entry.resource, url), unreadable)


def _outline(raw: msgspec.Raw | bytes, name: str, unreadable: list[Unreadable]) -> _Outline | None:
    """Read the outline of a value; an entry that is none is named and left out. Raises ValidationError."""
    try:
        return _OUTLINE.decode(raw)
    except msgspec.ValidationError:
        loose = _LOOSE_OUTLINE.decode(raw)
    entries: list[_Entry] = []
    for index, entry in enumerate(loose.entry):
        try:
            entries.append(_ENTRY.decode(entry))
        except msgspec.ValidationError as error:
            entries.append(_Entry())
            unreadable.append(Unreadable(f"{name}.entry[{index}]", str(error)))
    return _Outline(loose.resource_type, tuple(entries))


def _is_outcome(raw: msgspec.Raw) -> bool:
    """Tell whether an entry is the server's remark about its own search; it says nothing of the patient."""
    return b'"OperationOutcome"' in bytes(raw)[:200]


def _add(piece: Piece, wanted: Wanted, found: Decoded) -> None:
    try:
        resource = _RESOURCE.decode(piece.raw)
    except msgspec.ValidationError as error:
        found.unreadable.append(Unreadable(_reference(piece.raw) or piece.name, str(error)))
        return
    if not resource.resource_type:
        found.unreadable.append(Unreadable(piece.name, _NO_RESOURCE))
    elif wanted(resource):
        _check(piece)
        found.located.append(Located(resource, piece.url))


def _check(piece: Piece) -> None:
    try:
        strict_json.check(bytes(piece.raw))
    except strict_json.JsonError as error:
        raise strict_json.JsonError(f"{piece.name}: {error.reason}") from None


def _reference(raw: msgspec.Raw | bytes) -> str:
    """Return Type/id of a resource that cannot be read in full; empty if not even that can be read."""
    try:
        header = _HEADER.decode(raw)
    except msgspec.ValidationError:
        return ""
    return f"{header.resource_type}/{header.id or '?'}" if header.resource_type else ""
