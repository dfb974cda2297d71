"""Which ISH values were reported together and so are one test: a panel, else a specimen on one day."""

from collections.abc import Iterable, Iterator

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.results import Piece

_Occasion = tuple[object, str]


def occasions(reading: Reading, found: Iterable[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Group values into tests: by the panel that holds them, else by day and specimen; an undated one stands alone.

    What stands outside a panel belongs to it if it is the only one of its day and specimen. A value that names no
    specimen belongs to the only one of its day.
    """
    known = list(found)
    panels = _panels(reading)
    held = [panels.get(piece.observation.reference, "") for piece in known]
    places = _places(known)
    near: dict[_Occasion, set[str]] = {}
    for place, panel in zip(places, held, strict=True):
        near.setdefault(place, set()).update({panel} - {""})
    groups: dict[object, list[Piece]] = {}
    for piece, place, own in zip(known, places, held, strict=True):
        only = next(iter(near[place])) if len(near[place]) == 1 else ""
        groups.setdefault(own or only or place, []).append(piece)
    return (tuple(group) for group in groups.values())


def _panels(reading: Reading) -> dict[str, str]:
    """Return the panel of each result that some panel names as its member."""
    return {
        member: observation.reference
        for observation in admitted(reading).on_file.results
        for member in observation.members
    }


def _places(known: list[Piece]) -> list[_Occasion]:
    """Return day and specimen of each value."""
    own = [piece.observation.specimen for piece in known]
    of_day: dict[str, set[str]] = {}
    for piece, specimen in zip(known, own, strict=True):
        if piece.when is not None and specimen:
            of_day.setdefault(piece.when.written, set()).add(specimen)
    return [_place(piece, specimen, of_day) for piece, specimen in zip(known, own, strict=True)]


def _place(piece: Piece, specimen: str, of_day: dict[str, set[str]]) -> _Occasion:
    if piece.when is None:
        return id(piece.observation), ""
    day = piece.when.written
    named = of_day.get(day, set())
    return day, specimen or (next(iter(named)) if len(named) == 1 else "")
