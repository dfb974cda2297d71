"""Which ISH values were reported together and so are one test: a panel, else a specimen on one day."""

from collections.abc import Iterable, Iterator

import msgspec

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.results import Piece
from fhir_mappings.r4.resources import Reference

_Occasion = tuple[object, str]


def occasions(reading: Reading, found: Iterable[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Group values into tests: by the panel that holds them, else by day and specimen; an undated one stands alone.

    What stands outside a panel belongs to it if it is the only one of its day and specimen. A value that names no
    specimen belongs to the only one of its day.
    """
    known = list(found)
    panels = _panels(reading)
    held = {id(piece): panels.get(piece.observation.reference, "") for piece in known}
    places = {id(piece): _place(piece, known) for piece in known}
    groups: dict[object, list[Piece]] = {}
    for piece in known:
        near = {held[id(one)] for one in known if places[id(one)] == places[id(piece)]} - {""}
        panel = held[id(piece)] or (near.pop() if len(near) == 1 else "")
        groups.setdefault(panel or places[id(piece)], []).append(piece)
    return (tuple(group) for group in groups.values())


def _panels(reading: Reading) -> dict[str, str]:
    """Return the panel of each result that some panel names as its member."""
    return {
        member.reference: observation.reference
        for observation in reading.chart.observations
        for one in observation.has_member
        if (member := reading.chart.resolve(one)) is not None
    }


def _place(piece: Piece, known: list[Piece]) -> _Occasion:
    """Return day and specimen of a value."""
    if piece.when is None:
        return id(piece.observation), ""
    day, own = piece.when.written, _specimen(piece)
    named = {_specimen(one) for one in known if one.when is not None and one.when.written == day} - {""}
    return day, own or (next(iter(named)) if len(named) == 1 else "")


def _specimen(piece: Piece) -> str:
    """Return what names the specimen of a value: its reference, else its identifier, else its words."""
    raw = piece.observation.specimen
    try:
        named = msgspec.json.decode(raw, type=Reference) if raw else Reference()
    except msgspec.ValidationError:
        return bytes(raw).decode("utf-8", "replace")
    own = named.identifier
    return named.reference or (f"{own.system}|{own.value}" if own is not None else "") or named.display or ""
