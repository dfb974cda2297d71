"""Which ISH values were reported together and so are one test: a panel, else a specimen on one day."""

from collections.abc import Iterable, Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.results import Piece
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Resource, references

_Occasion = tuple[object, str]


def occasions(reading: Reading, found: Iterable[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Group values into tests: by the panel that holds them, else by day and specimen; an undated one stands alone.

    What stands outside a panel belongs to it if it is the only one of its day and specimen. A value that names no
    specimen belongs to the only one of its day.
    """
    known = list(found)
    panels = _panels(reading)
    held = [panels.get(piece.observation.reference, "") for piece in known]
    places = _places(reading, known)
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
        member.reference: observation.reference
        for observation in reading.chart.observations
        for one in observation.has_member
        if (member := reading.chart.resolve(one)) is not None
    }


def _places(reading: Reading, known: list[Piece]) -> list[_Occasion]:
    """Return day and specimen of each value."""
    own = [_specimen(reading, piece.observation) for piece in known]
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


def _specimen(reading: Reading, observation: Resource) -> str:
    """Return one name of a specimen, however its reference is written; empty without one."""
    named = next(iter(references(observation.specimen)), None)
    if named is None:
        return ""
    if named.reference:
        pair = local(named.reference) if reading.chart.identity.is_home(named.reference) else None
        return "/".join(pair) if pair else named.reference
    if named.identifier is not None:
        return f"{named.identifier.system or ''}|{named.identifier.value or ''}"
    return named.display or ""
