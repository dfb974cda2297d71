"""Finding what a context refers to among what came along: the prefetch, and what stands in the context."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from fhir_mappings.chart.prescan import Text
from fhir_mappings.chart.resource_decoder import ENTRY, OUTLINE
from fhir_mappings.r4.references import PatientIdentity, local
from fhir_mappings.r4.resource_versions import older
from fhir_mappings.r4.resources import Resource
from hooks.request.call import Brought, Bundled, Prefetch

_RESOURCE = msgspec.json.Decoder(Resource)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A resource that came along: Type/id, its text, and the URL that its bundle gives it."""

    name: str
    raw: msgspec.Raw
    url: str


def find(brought: Brought, wanted: Iterable[str], beside: Iterable[Bundled] = ()) -> Mapping[str, msgspec.Raw]:
    """Return what references point to, as it was sent, by reference; what did not come along is left out.

    A reference to another server is met only by a resource that bears this very URL. Of several versions of a resource
    the newest counts, and the first if they do not tell which that is.
    """
    sought = {reference: _name(reference, brought.server) for reference in wanted}
    if not sought:
        return {}
    names = {one for one in sought.values() if one}
    pieces = [one for one in _pieces(brought.prefetch, beside) if one.name in names or one.url in sought]
    newest = _newest(pieces)
    found = {
        reference: next((one.raw for one in newest if one.url == reference or (name and one.name == name)), None)
        for reference, name in sought.items()
    }
    return {reference: raw for reference, raw in found.items() if raw is not None}


def _name(reference: str, home: str) -> str:
    """Return Type/id of a reference to the patient's own server, as far as that is known; else an empty text."""
    pair = local(reference)
    return "/".join(pair) if pair and PatientIdentity("", home).is_home(reference) else ""


def _newest(pieces: list[_Piece]) -> list[_Piece]:
    """Leave out what a newer version replaces; one that cannot be read is kept, and reported where it is read."""
    read = [(one, _decoded(one.raw)) for one in pieces]
    replaced = older((one.url, resource) for one, resource in read if resource is not None)
    return [one for one, resource in read if resource is None or id(resource) not in replaced]


def _decoded(raw: msgspec.Raw) -> Resource | None:
    try:
        return _RESOURCE.decode(raw)
    except msgspec.ValidationError:
        return None


def _pieces(prefetch: Prefetch, beside: Iterable[Bundled]) -> Iterator[_Piece]:
    for bundled in beside:
        yield from _of(bundled.raw, bundled.url)
    for key, raw in prefetch.values.items():
        cut = prefetch.entries.get(key)
        if cut is None:
            yield from _of(raw, "")
        else:
            yield from (piece for entry in cut for piece in _of_entry(entry))


def _of(raw: msgspec.Raw, url: str) -> Iterator[_Piece]:
    """Yield a resource, or those of a bundle; what cannot be looked at is not there."""
    try:
        value = OUTLINE.decode(raw)
    except msgspec.ValidationError:
        return
    if value is None:
        return
    yield _Piece(f"{value.resource_type}/{value.id}", raw, url)
    for entry in value.entry if value.resource_type == "Bundle" else ():
        yield from _of_entry(entry)


def _of_entry(raw: Text) -> Iterator[_Piece]:
    try:
        entry = ENTRY.decode(raw)
    except msgspec.ValidationError:
        return
    if entry.resource:
        yield from _of(entry.resource, entry.url)
