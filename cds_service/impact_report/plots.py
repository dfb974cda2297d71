"""The shapes of the plots on the page: numbers in, places in an SVG out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.impact_report.summary import TRUTHS
from cds_service.impact_report.tally import SIDES

Json = dict[str, Any]
WIDTH = 720.0
"""How wide a plot is, in the units of its SVG."""
_NODE, _GAP, _FLOW_HEIGHT = 14.0, 18.0, 260.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar: where it begins, how long it is, and what it counts."""

    start: float
    length: float
    kind: str
    members: int


@dataclass(frozen=True, slots=True)
class Node:
    """A ruling on one side of the flow."""

    side: str
    kind: str
    top: float
    height: float
    members: int


@dataclass(frozen=True, slots=True)
class Ribbon:
    """The members who go from one ruling to another, as the path of an SVG."""

    before: str
    after: str
    members: int
    path: str


@dataclass(frozen=True, slots=True)
class Flow:
    """From the rulings before to those after."""

    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    height: float


def stacked(counts: Mapping[str, int], most: int, width: float = WIDTH) -> tuple[Bar, ...]:
    """Return the parts of a bar, by truth; `most` members are the whole width."""
    return tuple(_bars(counts, width / most if most else 0.0))


def _bars(counts: Mapping[str, int], scale: float) -> Iterator[Bar]:
    start = 0.0
    for kind in TRUTHS:
        length = counts.get(kind, 0) * scale
        if length:
            yield Bar(start, length, kind, counts[kind])
        start += length


def flow(transitions: Sequence[Json]) -> Flow:
    """Return the flow of members from ruling to ruling."""
    sides = [_sums(transitions, side) for side in SIDES]
    members = sum(sides[0].values())
    scale = (_FLOW_HEIGHT - _GAP * (len(TRUTHS) - 1)) / members if members else 0.0
    nodes = tuple(node for side, sums in zip(SIDES, sides, strict=True) for node in _nodes(side, sums, scale))
    return Flow(nodes, tuple(_ribbons(transitions, nodes, scale)), _FLOW_HEIGHT)


def _sums(transitions: Sequence[Json], side: str) -> dict[str, int]:
    return {kind: sum(one["members"] for one in transitions if one[side] == kind) for kind in TRUTHS}


def _nodes(side: str, sums: Mapping[str, int], scale: float) -> Iterator[Node]:
    top = 0.0
    for kind, members in sums.items():
        if members:
            yield Node(side, kind, top, members * scale, members)
            top += members * scale + _GAP


def _ribbons(transitions: Sequence[Json], nodes: Sequence[Node], scale: float) -> Iterator[Ribbon]:
    reached = {(one.side, one.kind): one.top for one in nodes}
    left, right, middle = _NODE, WIDTH - _NODE, WIDTH / 2
    for one in transitions:
        height = one["members"] * scale
        here, there = ("before", one["before"]), ("after", one["after"])
        top, end = reached[here], reached[there]
        reached[here], reached[there] = top + height, end + height
        path = (
            f"M{left:.1f} {top:.1f} C{middle:.1f} {top:.1f} {middle:.1f} {end:.1f} {right:.1f} {end:.1f} "
            f"V{end + height:.1f} C{middle:.1f} {end + height:.1f} {middle:.1f} {top + height:.1f} "
            f"{left:.1f} {top + height:.1f} Z"
        )
        yield Ribbon(one["before"], one["after"], one["members"], path)
