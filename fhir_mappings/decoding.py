"""From JSON to resources: only what is wanted is kept, only the members that the mappings read are decoded.

Each resource is decoded by itself, so that an odd one fails alone: it is named, with the reason; the others are read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fhir_mappings import strict_json
from fhir_mappings.chart import KEPT, Located, Unreadable, Wanted
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


class _GlanceCoding(msgspec.Struct, frozen=True, gc=False):
    code: str | None = None


class _GlanceConcept(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_GlanceCoding, ...] = ()


class _GlancePart(msgspec.Struct, frozen=True, gc=False):
    code: _GlanceConcept | None = None


class _GlanceResource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: str = ""
    code: _GlanceConcept | None = None
    component: tuple[_GlancePart, ...] = ()


class _GlanceEntry(msgspec.Struct, frozen=True, gc=False):
    resource: _GlanceResource | None = None


class _Glance(msgspec.Struct, frozen=True, gc=False):
    """What a first look at a bundle takes in: of each resource its type and its codes, and nothing else."""

    entry: tuple[_GlanceEntry, ...] = ()


_GLANCE = msgspec.json.Decoder(_Glance)
_OUTLINE: msgspec.json.Decoder[_Outline | None] = msgspec.json.Decoder(_Outline | None)
_LOOSE_OUTLINE = msgspec.json.Decoder(_LooseOutline)
_ENTRY = msgspec.json.Decoder(_Entry)
_LOOKED_INTO = KEPT | {"Bundle", ""}


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
        for piece in _pieces(Piece(name, raw), wanted, found.unreadable):
            _add(piece, wanted, found)
    return found


def _pieces(piece: Piece, wanted: Wanted, unreadable: list[Unreadable]) -> Iterator[Piece]:
    """Yield the single resources of a value that may be wanted; bundles in bundles too."""
    try:
        outline = _outline(piece.raw, piece.name, unreadable)
    except msgspec.ValidationError as error:
        unreadable.append(Unreadable(piece.name, f"{_NO_RESOURCE}: {error}"))
        return
    if outline is None:
        return
    if outline.resource_type == "OperationOutcome":
        unreadable.append(Unreadable(piece.name, _NOT_PROVIDED))
    elif outline.resource_type == "Bundle":
        yield from _entries(piece, outline, wanted, unreadable)
    else:
        yield piece


def _entries(piece: Piece, bundle: _Outline, wanted: Wanted, unreadable: list[Unreadable]) -> Iterator[Piece]:
    for index in _promising(piece.raw, len(bundle.entry), wanted):
        entry = bundle.entry[index]
        if entry.resource and not _is_outcome(entry.resource):
            url = entry.full_url if isinstance(entry.full_url, str) else ""
            yield from _pieces(Piece(f"{piece.name}.entry[{index}].resource", entry.resource, url), wanted, unreadable)


def _promising(raw: msgspec.Raw | bytes, entries: int, wanted: Wanted) -> Iterable[int]:
    """Return the entries of a bundle that a first look does not rule out; all of them if it cannot be looked at so."""
    try:
        glance = _GLANCE.decode(raw)
    except msgspec.ValidationError:
        return range(entries)
    return [index for index, entry in enumerate(glance.entry) if _is_promising(entry.resource, wanted.bare)]


def _is_promising(resource: _GlanceResource | None, codes: frozenset[str]) -> bool:
    if resource is None:
        return False
    if resource.resource_type != "Observation":
        return resource.resource_type in _LOOKED_INTO
    if resource.code is not None and any(coding.code in codes for coding in resource.code.coding):
        return True
    parts = (part.code.coding for part in resource.component if part.code is not None)
    return any(coding.code in codes for codings in parts for coding in codings)


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
    elif wanted.keeps(resource):
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
