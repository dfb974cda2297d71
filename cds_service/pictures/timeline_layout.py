"""Where each part of the timeline's picture stands, in units of its view box: no part lies on another.

The drugs stand at the left, time goes to the right, and ends at the order. What would lie on something else is put
into a track below it. Widths of texts are estimated on the safe side, since nothing is drawn here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cds_service.pictures.timeline_words import Finding, Stretch, TimelineWords

_PLOT, _MARGIN, _LETTER, _TEXT = 640.0, 12.0, 6.6, 14.0
_BAR, _GAP, _LANE_GAP, _BAND = 10.0, 3.0, 9.0, 18.0
_LEAST_BAR, _LEAST_BAND = 5.0, 18.0
_LONGEST_LABEL, _LONGEST_DAY = 34, 60
_YEAR_LABEL = 46.0
_LAST_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return self.y + self.height

    @property
    def base(self) -> float:
        """Return where the line of a text stands that fills it."""
        return self.y + self.height - 3.5

    def lies_on(self, other: "Box") -> bool:
        """Whether two boxes have a point in common."""
        beside = self.right <= other.x or other.right <= self.x
        return not (beside or self.bottom <= other.y or other.bottom <= self.y)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the picture: where it stands, its label, and what it says in full."""

    box: Box
    label: str
    text: str
    is_certain: bool = True
    line: int = 0
    x: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture: bands of lines, names of drugs, bars, labels of findings with their days, years, and two days."""

    width: float
    height: float
    left: float
    bands: tuple[Part, ...]
    names: tuple[Part, ...]
    bars: tuple[Part, ...]
    marks: tuple[Part, ...]
    years: tuple[Part, ...]
    days: tuple[Part, ...]
    top: float
    foot: float

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Return every box that must lie on no other."""
        parts = (*self.bands, *self.names, *self.bars, *self.marks, *self.years, *self.days)
        return tuple(one.box for one in parts)


@dataclass(slots=True)
class _Tracks:
    """Rows of boxes of one height, filled from the top: each box goes into the first row in which it has room."""

    top: float
    height: float
    rows: list[float] = field(default_factory=list)

    def place(self, x: float, width: float) -> Box:
        """Return the box of something that begins at x."""
        row = next((at for at, end in enumerate(self.rows) if end <= x), len(self.rows))
        end = x + width + 1
        if row == len(self.rows):
            self.rows.append(end)
        else:
            self.rows[row] = end
        return Box(x, self.top + row * self.height, width, self.height - _GAP)

    @property
    def bottom(self) -> float:
        """Return the lower edge of all rows."""
        return self.top + max(len(self.rows), 1) * self.height


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to units."""

    first: date
    last: date
    left: float

    def x(self, day: date) -> float:
        """Return where a day stands; what lies beyond the ends stands at them."""
        whole = max((self.last - self.first).days, 1)
        inside = min(max((day - self.first).days, 0), whole)
        return round(self.left + inside / whole * _PLOT, 1)


def picture(words: TimelineWords) -> Picture:
    """Lay a timeline out."""
    labels = [lane.drug for lane in words.lanes]
    left = _MARGIN + max([len(one) for one in labels] or [0]) * _LETTER + _MARGIN
    scale = _Scale(*_ends(words), left)
    top = _Tracks(_MARGIN, _TEXT + _GAP)
    days = tuple(_label(top, scale, one, left, _LONGEST_DAY) for one in _standing_out(words))
    bands = _bands(words.bands, scale, top.bottom + _GAP)
    names, bars, lower = _lanes(words, scale, _lower(bands, top.bottom) + _LANE_GAP)
    found = _Tracks(lower + _LANE_GAP, _TEXT + _GAP)
    order = scale.x(words.ordered.day)
    marks = tuple(_label(found, scale, one, left, until=order) for one in words.findings)
    foot = found.bottom + _GAP
    years = tuple(_years(scale, foot))
    width = left + _PLOT + _MARGIN
    return Picture(width, foot + _TEXT + _MARGIN, left, bands, names, bars, marks, years, days, top.bottom, foot)


def _ends(words: TimelineWords) -> tuple[date, date]:
    days = [one.first for one in _stretches(words)] + [one.day for one in (*words.findings, *_standing_out(words))]
    first = min(days)
    return first, max(words.ordered.day, first + timedelta(days=30) if first.year < _LAST_YEAR else first)


def _stretches(words: TimelineWords) -> list[Stretch]:
    return [*words.bands, *(one for lane in words.lanes for one in lane.stretches)]


def _standing_out(words: TimelineWords) -> tuple[Finding, ...]:
    return (*((words.advanced,) if words.advanced else ()), words.ordered)


def _label(
    tracks: _Tracks, scale: _Scale, one: Finding, left: float, longest: int = _LONGEST_LABEL, until: float = 0.0
) -> Part:
    """Return the label of a day: at its right, or at its left where it would leave the picture or cross `until`."""
    first, more = one.statements[0], len(one.statements) - 1
    room = longest - (4 if more else 0)
    label = (first if len(first) <= room else f"{first[: room - 1]}…") + (f" +{more}" if more else "")
    x, width = scale.x(one.day), len(label) * _LETTER + 4
    is_free = x + width <= left + _PLOT + _MARGIN and not x < until < x + width
    start = x if is_free else max(x - width, _MARGIN)
    return Part(tracks.place(round(start, 1), round(width, 1)), label, one.text, x=x)


def _bands(stretches: Iterable[Stretch], scale: _Scale, top: float) -> tuple[Part, ...]:
    tracks = _Tracks(top, _BAND + _GAP)
    made: list[Part] = []
    for one in stretches:
        x, width = _extent(one, scale, _LEAST_BAND)
        made.append(Part(tracks.place(x, width), str(one.line), one.text, line=one.line))
    return tuple(made)


def _lanes(words: TimelineWords, scale: _Scale, top: float) -> tuple[tuple[Part, ...], tuple[Part, ...], float]:
    names: list[Part] = []
    bars: list[Part] = []
    for lane in words.lanes:
        tracks = _Tracks(top, _BAR + _GAP)
        for one in lane.stretches:
            x, width = _extent(one, scale, _LEAST_BAR)
            bars.append(Part(tracks.place(x, width), "", one.text, one.is_certain, one.line))
        name = Box(_MARGIN, top - 2, len(lane.drug) * _LETTER, _TEXT)
        names.append(Part(name, lane.drug, ": ".join(part for part in (lane.drug, lane.undated) if part)))
        top = max(tracks.bottom, name.bottom) + _LANE_GAP
    return tuple(names), tuple(bars), top - _LANE_GAP


def _extent(one: Stretch, scale: _Scale, least: float) -> tuple[float, float]:
    """Return where a stretch begins and how wide it is: wide enough to be seen, and inside the picture."""
    x, end = scale.x(one.first), scale.x(one.last)
    width = max(round(end - x, 1), least)
    return min(x, round(scale.left + _PLOT + _MARGIN - width, 1)), width


def _lower(parts: Sequence[Part], otherwise: float) -> float:
    return max([one.box.bottom for one in parts] or [otherwise])


def _years(scale: _Scale, top: float) -> Iterable[Part]:
    span = max((scale.last - scale.first).days / 365.25, 1.0)
    step = max(1, round(_YEAR_LABEL / (_PLOT / span) + 0.5))
    for year in range(scale.first.year + 1, scale.last.year + 1, step):
        x = scale.x(date(year, 1, 1))
        yield Part(Box(x, top, 4 * _LETTER + 2, _TEXT), str(year), str(year), x=x)
