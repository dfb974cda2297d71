"""A case file as text, with the orders of its cases on other days; remarks and layout stay as they are.

A case is moved as a whole: every day that is written out in it moves as far as its order. What is counted from the
order (`order - 8d`) stands as before, and follows by itself.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import yaml

from policies.testcases.case_dates import DATED, DATED_VERBS

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERIOD = re.compile(r"[0-9]{4}(-[0-9]{2})?")
_YEAR = re.compile(r"[0-9]{4}")


_DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Move:
    """How far a case is moved."""

    distance: timedelta

    def days(self, text: str) -> str:
        """Return a text with every day in it moved."""
        return _DAY.sub(lambda found: self._day(found[0]), text)

    def period(self, text: str) -> str:
        """Return a text with a month or a year in it moved by whole years."""
        years = round(self.distance.days / _DAYS_OF_A_YEAR)
        return _YEAR.sub(lambda found: f"{int(found[0]) + years:04}", text, count=1)

    def _day(self, text: str) -> str:
        try:
            return (date.fromisoformat(text) + self.distance).isoformat()
        except ValueError:
            return text  # it has the form of a day and is none: `policy check` names it


STAY = Move(timedelta())
Moves = Mapping[int, Move]
"""How the cases of a file are moved, by their place in it; a case that is not named is left out."""


def moved(text: str, moves: Moves) -> str:
    """Return a case file with those of its cases that are moved, and with the parts that these use."""
    file = _CaseFile(text)
    kept = [index for index in range(len(file.cases)) if index in moves]
    used = {name: Counter(moves[index] for index in kept if name in file.parts_of(index)) for name in file.parts}
    edits = [edit for index in kept for edit in _edits(text, file.cases[index], moves[index])]
    for name, by in used.items():
        edits += _edits(text, file.parts[name][1], by.most_common(1)[0][0]) if by else ()
    cuts = [file.lines_of_case(index) for index in range(len(file.cases)) if index not in moves]
    cuts += [file.lines_of_part(name) for name, by in used.items() if not by]
    return _without(_edited(text, edits), cuts)


Edit = tuple[int, int, str]
Lines = tuple[int, int]


class _CaseFile:
    """The nodes of a case file, each with its place in the text."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        root = dict(_pairs(yaml.compose(text, Loader=yaml.CSafeLoader)))
        self.cases: list[yaml.Node] = root["cases"].value
        self.parts = {key.value: (key, node) for key, node in _keyed(root.get("parts"))}

    def parts_of(self, index: int) -> set[str]:
        named = dict(_pairs(self.cases[index])).get("patient")
        return {one.value for one in named.value} if named is not None else set()

    def lines_of_case(self, index: int) -> Lines:
        starts = [node.start_mark.line for node in self.cases]
        return self._lines_from(starts, index, self.cases[-1].end_mark.line)

    def lines_of_part(self, name: str) -> Lines:
        starts = [key.start_mark.line for key, _ in self.parts.values()]
        last = list(self.parts.values())[-1][1]
        return self._lines_from(starts, list(self.parts).index(name), last.end_mark.line)

    def _lines_from(self, starts: list[int], index: int, end: int) -> Lines:
        """Return the lines of a thing: up to the next one, but for the remarks that stand before that."""
        after = starts[index + 1] if index + 1 < len(starts) else max(end, starts[index] + 1)
        while after - 1 > starts[index] and self._lines[after - 1].lstrip().startswith("#"):
            after -= 1
        return starts[index], after


def _keyed(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from node.value


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    yield from ((str(key.value), value) for key, value in _keyed(node))


def _edits(text: str, node: yaml.Node, move: Move, word: str = "") -> Iterator[Edit]:
    """Yield what changes in the text of a part: every day, and under the words for dates every month and year."""
    if isinstance(node, yaml.ScalarNode):
        begin, end = node.start_mark.index, node.end_mark.index
        is_period = word in (*DATED, *DATED_VERBS) and _PERIOD.fullmatch(node.value) is not None
        yield begin, end, (move.period if is_period else move.days)(text[begin:end])
    elif isinstance(node, yaml.SequenceNode):
        yield from (edit for item in node.value for edit in _edits(text, item, move, word))
    else:
        yield from (edit for key, item in _pairs(node) for edit in _edits(text, item, move, key))


def _edited(text: str, edits: Iterable[Edit]) -> str:
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _without(text: str, cuts: Iterable[Lines]) -> str:
    lines = text.splitlines(keepends=True)
    for begin, end in sorted(cuts, reverse=True):
        del lines[begin:end]
    return "".join(lines)
