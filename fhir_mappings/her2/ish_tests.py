"""Which ISH values were reported together and so are one test: a panel, else a specimen on one day."""

from collections.abc import Iterable, Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.results import Piece

_Occasion = tuple[object, bytes]


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
        return id(piece.observation), b""
    day, own = piece.when.written, bytes(piece.observation.specimen)
    others = {bytes(one.observation.specimen) for one in known if one.when is not None and one.when.written == day}
    named = others - {b""}
    return day, own or (next(iter(named)) if len(named) == 1 else b"")
