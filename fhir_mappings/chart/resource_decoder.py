"""From JSON to resources: only what is wanted is kept, only the members that the mappings read are decoded.

Each resource is decoded by itself, so that an odd one fails alone: it is named, with the reason; the others are read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from fhir_mappings.chart.chart import Located
from fhir_mappings.chart.kept_records import EVER_KEPT, IN_PART, Wanted
from fhir_mappings.chart.lacks import Unreadable
from fhir_mappings.chart.prescan import promising
from fhir_mappings.chart.site_codes import Mapped
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.claims import CLAIMS, Claim
from fhir_mappings.r4.elements import is_id
from fhir_mappings.r4.raw_marks import marks_of
from fhir_mappings.r4.resources import Header, Resource

_RESOURCE = msgspec.json.Decoder(Resource)
_CLAIM = msgspec.json.Decoder(Claim)
_HEADER = msgspec.json.Decoder(Header)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OUTCOME = "OperationOutcome"
_FAILURES = ("error", "fatal")
NOT_PROVIDED = "the sender could not provide it"
_NO_ID = "its id is none"
_NO_RESOURCE = "it is no FHIR resource"
_SOUND: frozenset[Doubt] = frozenset()
_TORN = frozenset({Doubt.CONTRADICTED})


class Entry(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of a bundle; its resource has no text if there is none."""

    full_url: Any = None
    resource: msgspec.Raw = msgspec.Raw()

    @property
    def url(self) -> str:
        """Return the URL that the bundle gives the resource; empty without one that is a text."""
        return self.full_url if isinstance(self.full_url, str) else ""


class Outline(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The outline of a value: its type and id, whatever they are, and the entries if it is a bundle."""

    resource_type: Any = None
    id: Any = None
    entry: tuple[msgspec.Raw, ...] = ()


class _Issue(msgspec.Struct, frozen=True, gc=False):
    severity: Any = None


class _Remark(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    issue: tuple[_Issue, ...] = ()


_REMARK = msgspec.json.Decoder(_Remark)
ENTRY = msgspec.json.Decoder(Entry)
OUTLINE: msgspec.json.Decoder[Outline | None] = msgspec.json.Decoder(Outline | None)
"""Both raise ValidationError for what is of another shape."""
Entries = Mapping[str, Sequence[msgspec.Raw | bytes]]


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A resource as it stands in the text, with the name of its place and the URL that its bundle gives it."""

    name: str
    raw: msgspec.Raw | bytes
    url: str = ""


@dataclass(slots=True)
class Decoded:
    """The resources that are wanted, and what could not be read; `without_id` are the places of ids that are none."""

    located: list[Located] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Decoded") -> "Decoded":
        self.located += other.located
        self.unreadable += other.unreadable
        self.without_id += other.without_id
        return self


def decode(
    named: Iterable[tuple[str, msgspec.Raw | bytes]],
    wanted: Wanted,
    entries: Entries = MappingProxyType({}),
    check: Callable[[bytes], None] = strict_json.check,
    urls: Mapping[str, str] = MappingProxyType({}),
) -> Decoded:
    """Decode JSON values, each with the name it goes by in messages: resources, bundles, null, outcomes of a failure.

    By that name `entries` holds the entries of bundles that come without them, `urls` those that a bundle gives single
    resources. `check` is what the text of a wanted resource is held to; it raises JsonError with the place.
    """
    decoding = _Decoding(wanted, check, Decoded())
    for name, raw in named:
        if name in entries:
            decoding.take_entries(name, entries[name])
        else:
            decoding.take(Piece(name, raw, urls.get(name, "")))
    return decoding.found


@dataclass(frozen=True, slots=True)
class _Decoding:
    """What is wanted of some values, what their texts are held to, and what was found so far."""

    wanted: Wanted
    check: Callable[[bytes], None]
    found: Decoded

    def take(self, piece: Piece) -> None:
        """Take the single resources of a value that may be wanted; bundles in bundles too."""
        try:
            outline = OUTLINE.decode(piece.raw)
        except msgspec.ValidationError as error:
            self.found.unreadable.append(Unreadable(piece.name, f"{_NO_RESOURCE}: {error}"))
            return
        if outline is None:
            return
        if outline.resource_type == _OUTCOME:
            self.found.unreadable.append(Unreadable(piece.name, NOT_PROVIDED))
        elif outline.resource_type == "Bundle":
            self.take_entries(piece.name, outline.entry)
        else:
            self._add(piece)

    def take_entries(self, name: str, entries: Sequence[msgspec.Raw | bytes]) -> None:
        """Take what stands in the entries of a bundle."""
        for index, is_single in promising(entries, self.wanted):
            place = f"{name}.entry[{index}]"
            try:
                entry = ENTRY.decode(entries[index])
            except msgspec.ValidationError as error:
                self.found.unreadable.append(Unreadable(place, str(error)))
                continue
            inner = Piece(f"{place}.resource", entry.resource, entry.url)
            if is_single:
                self._add(inner)
            elif entry.resource and not _is_hint(entry.resource):
                self.take(inner)

    def _add(self, piece: Piece) -> None:
        wanted, found = self.wanted, self.found
        mapped = wanted.site_codes.mapped(piece.raw) if wanted.site_codes.known else None
        raw = piece.raw if mapped is None else mapped.raw
        try:
            resource = _RESOURCE.decode(raw)
        except msgspec.ValidationError as error:
            found.unreadable.append(Unreadable(_reference(piece.raw) or piece.name, str(error)))
            self._add_in_part(piece, Mapped(piece.raw) if mapped is None else mapped)
            return
        kind = resource.resource_type
        if not kind:
            found.unreadable.append(Unreadable(piece.name, _NO_RESOURCE))
        elif kind not in EVER_KEPT and not wanted.keeps(resource):
            return
        elif resource.id is not None and not is_id(resource.id):
            found.without_id.append(piece.name)
            found.unreadable.append(Unreadable(piece.name, _NO_ID))
        elif mapped is None and kind not in CLAIMS:
            found.located.append(Located(resource, piece.url, self._marks(piece)))
        else:
            self._add_mapped(piece, resource, Mapped(piece.raw) if mapped is None else mapped)

    def _add_mapped(self, piece: Piece, resource: Resource, mapped: Mapped) -> None:
        """Keep a resource with codes of a site, or a claim with its own parts."""
        # A code beside a site code that says otherwise is wrong with a record, too.
        marks = self._marks(piece) | (_TORN if mapped.is_torn else _SOUND)
        claim = _claim(mapped, resource, self.found) if resource.resource_type in CLAIMS else None
        if claim is not None or resource.resource_type not in CLAIMS:
            self.found.located.append(Located(resource, piece.url, marks, claim=claim, site_codes=mapped.used))

    def _marks(self, piece: Piece) -> frozenset[Doubt]:
        """Return what the text of a resource says is wrong with it; raises JsonError, with its place."""
        try:
            self.check(bytes(piece.raw))
        except strict_json.JsonError as error:
            raise strict_json.JsonError(f"{piece.name}: {error.reason}") from None
        return marks_of(piece.raw)

    def _add_in_part(self, piece: Piece, mapped: Mapped) -> None:
        """Keep what can be read of a resource that cannot be read in full: it proves nothing, and may be the newest."""
        try:
            members = _MEMBERS.decode(mapped.raw)
        except msgspec.ValidationError:
            return
        readable = {name: value for name, value in members.items() if _is_readable(name, value)}
        resource = _RESOURCE.decode(msgspec.json.encode(readable))
        if resource.resource_type not in IN_PART or not self.wanted.keeps(resource):
            return
        if resource.id is not None and not is_id(resource.id):
            self.found.without_id.append(piece.name)
        else:
            marks = self._marks(piece) | {Doubt.UNREADABLE} | (_TORN if mapped.is_torn else _SOUND)
            lost = frozenset(members) - readable.keys()
            self.found.located.append(Located(resource, piece.url, marks, lost, site_codes=mapped.used))


def _is_hint(raw: msgspec.Raw) -> bool:
    """Whether an entry is the server's remark about its own search, and no error: it says nothing of the patient.

    Where it tells of an error, what was not found may be there all the same.
    """
    try:
        said = _REMARK.decode(raw)
    except msgspec.ValidationError:
        return False
    return said.resource_type == _OUTCOME and not any(one.severity in _FAILURES for one in said.issue)


def _claim(mapped: Mapped, resource: Resource, found: Decoded) -> Claim | None:
    """Return a claim's own parts; one that cannot be read proves nothing."""
    try:
        return _CLAIM.decode(mapped.raw)
    except msgspec.ValidationError as error:
        found.unreadable.append(Unreadable(resource.reference, str(error)))
        return None


def _is_readable(name: str, value: msgspec.Raw) -> bool:
    try:
        _RESOURCE.decode(msgspec.json.encode({name: value}))
    except msgspec.ValidationError:
        return False
    return True


def _reference(raw: msgspec.Raw | bytes) -> str:
    """Return Type/id of a resource that cannot be read in full; empty if not even that can be read."""
    try:
        header = _HEADER.decode(raw)
    except msgspec.ValidationError:
        return ""
    name = header.id if header.id is not None and is_id(header.id) else "?"
    return f"{header.resource_type}/{name}" if header.resource_type else ""
