"""Figures in the sentences of a policy file: each stands once, as a figure, and its sentences name it.

A sentence writes `<at_least>` where the figure of the criterion belongs; building fills it in. The words are given in
`docs/policy-language.md`, "Figures in sentences".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, NamedTuple

from policies.files.problems import Path, Problem
from policies.files.yaml_source import Source
from policies.model.criteria import Comparison, RequestKind
from policies.terminology.units import figure_in_words, unit_in_words

PLACEHOLDER = re.compile(r"<([A-Za-z][\w.+-]*)(?::(\w+))?>")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_WEEK = 7
_KINDS = frozenset(kind.value for kind in RequestKind)
_OF_INDICATIONS = "indications"
_CRITERIA = frozenset({"gate", "shared", *_KINDS})
_TESTS = tuple(comparison.value for comparison in Comparison)

Figures = Mapping[str, Any]
"""What a sentence can name: a number, an option, or a list of options, by its name."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text of a policy file: its place, the text as it is written, and the figures that it can name.

    `near` are those that stand beside it, belong to the fact that its criterion tests, or to criteria below it; they go
    before `others`.
    """

    path: Path
    text: str
    near: Figures
    others: Figures


def filled(source: Source) -> tuple[Source, list[Problem]]:
    """Return a policy file with every figure in its sentences, and what could not be filled in."""
    problems: list[Problem] = []

    def fill(sentence: Sentence) -> str:
        figures = {**sentence.others, **sentence.near}
        try:
            return PLACEHOLDER.sub(lambda found: _written(found, figures), sentence.text)
        except _NoFigureError as error:
            problems.append(source.problem(sentence.path, str(error), error.mend))
            return sentence.text

    return replace(source, content=_Walk(source, fill).all()), problems


def sentences(source: Source) -> tuple[Sentence, ...]:
    """Return every text of a policy file, as it is written."""
    found: list[Sentence] = []

    def keep(sentence: Sentence) -> str:
        found.append(sentence)
        return sentence.text

    _Walk(source, keep).all()
    return tuple(found)


class _NoFigureError(Exception):
    """A placeholder that names no figure, or one that cannot be written so."""

    def __init__(self, cause: str, mend: str) -> None:
        super().__init__(cause)
        self.mend = mend


class _Walk:
    """Goes through a file with the figures that can be named at each place."""

    def __init__(self, source: Source, change: Callable[[Sentence], str]) -> None:
        content: Any = source.content
        self._content: dict[str, Any] = content
        self._change = change
        self._others = {**dict(_beside(content)), **dict(self._by_id(_criteria_of(content)))}

    def all(self) -> dict[str, Any]:
        return {key: self._below(value, (key,), {}) for key, value in self._content.items()}

    def _below(self, value: Any, path: Path, near: Figures) -> Any:
        if isinstance(value, str):
            return self._change(Sentence(path, value, near, self._others))
        if isinstance(value, list):
            return [self._below(one, (*path, index), near) for index, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        here = self._near(value, path) if path[-1] != "notes" else near
        return {key: self._below(one, (*path, key), here) for key, one in value.items()}

    def _near(self, entry: Mapping[str, Any], path: Path) -> Figures:
        if not _is_criterion(path):
            return dict(_beside(entry))
        given = self._content["facts"].get(entry.get("fact"), {}).get("with", {})
        return {**dict(self._by_id(entry)), **dict(_beside(given)), **dict(_measured(_beside(entry), given))}

    def _by_id(self, below: Any) -> Iterator[tuple[str, Any]]:
        """Yield the figures of a criterion and of all below it, by id."""
        if isinstance(below, list):
            for one in below:
                yield from self._by_id(one)
        elif isinstance(below, dict):
            given = self._content["facts"].get(below.get("fact"), {}).get("with", {})
            figures = _measured(_beside(below), given)
            yield from ((f"{below['id']}.{name}", figure) for name, figure in figures if "id" in below)
            for one in below.values():
                yield from self._by_id(one)


def _criteria_of(content: Mapping[str, Any]) -> list[Any]:
    """Return the criteria of a file: of every request, those that are shared, and those of each indication."""
    several = content.get(_OF_INDICATIONS, {}).values()
    return [*(content.get(name) for name in _CRITERIA), *(one.get(kind) for one in several for kind in _KINDS)]


def _is_criterion(path: Path) -> bool:
    """Whether a path leads into the criteria: of the document, or of one of its indications."""
    if path[0] == _OF_INDICATIONS:
        return len(path) > len((_OF_INDICATIONS, "word")) and path[2] in _KINDS
    return path[0] in _CRITERIA


class _Measured(NamedTuple):
    """A figure in the unit of its fact: it is never written in words."""

    number: Any
    unit: str

    def __str__(self) -> str:
        return str(self.number)


def _measured(figures: Iterable[tuple[str, Any]], given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield figures, those of tests in the unit that their fact is given."""
    unit = given.get("unit")
    for name, figure in figures:
        yield name, _Measured(figure, unit) if isinstance(unit, str) and name in _TESTS else figure


def _beside(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the figures of a block by name: its own, and with a point those of the blocks in it."""
    for key, value in entry.items():
        if isinstance(value, dict):
            yield from ((name if key == "with" else f"{key}.{name}", one) for name, one in _beside(value))
        elif _is_figure(key, value):
            yield key, value


def _is_figure(key: str, value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int | Decimal) or key in _TESTS)


def _written(found: re.Match[str], figures: Figures) -> str:
    """Write the figure that a placeholder names; one that begins with a capital letter is written so."""
    name, form = found[1], found[2] or ""
    plain = name[0].lower() + name[1:]
    if plain not in figures:
        near = get_close_matches(plain, figures) or [one for one in figures if "." not in one]
        raise _NoFigureError(
            f"There is no figure '{name}' here", f"use one of: {', '.join(f'<{one}>' for one in near)}"
        )
    if form not in _FORMS:
        raise _NoFigureError(
            f"A figure cannot be written as '{form}'", f"use one of: {', '.join(filter(None, _FORMS))}"
        )
    figure = figures[plain]
    unit = figure.unit if isinstance(figure, _Measured) else ""
    text = _FORMS[form](figure.number if isinstance(figure, _Measured) and form else figure)
    if unit and not _is_named(unit, found.string[found.end() :]):
        text = figure_in_words(text, unit)
    if not text:
        raise _NoFigureError(f"'{name}' cannot be written as '{form}'", "leave the form out, or name another figure")
    return text[0].upper() + text[1:] if plain != name else text


def _is_named(unit: str, rest: str) -> bool:
    """Return whether a sentence goes on with the unit of a figure."""
    return rest.lstrip().startswith(tuple(one for one in (unit, unit_in_words(unit)) if one))


def _in_words(figure: Any) -> str:
    if isinstance(figure, _Measured):
        return " to ".join(map(str, figure.number)) if isinstance(figure.number, list) else str(figure.number)
    if isinstance(figure, list) and not all(isinstance(one, str) for one in figure):
        return " to ".join(map(str, figure))
    if isinstance(figure, list):
        return " or ".join(part for part in (", ".join(figure[:-1]), figure[-1]) if part)
    return NUMBERS[figure] if isinstance(figure, int) and 0 <= figure < len(NUMBERS) else str(figure)


def _next(figure: Any) -> str:
    return _ORDINALS[figure] if isinstance(figure, int) and 0 <= figure < len(_ORDINALS) else ""


def _weeks(figure: Any) -> str:
    if not isinstance(figure, int):
        return ""
    count, unit = (figure, "day") if figure % _WEEK or not figure else (figure // _WEEK, "week")
    return unit if count == 1 else f"{count} {unit}s"


def _week_of(figure: Any) -> str:
    return str((figure - 1) // _WEEK + 1) if isinstance(figure, int) else ""


_FORMS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {"": _in_words, "figure": str, "next": _next, "weeks": _weeks, "week_of": _week_of}
)
"""How a figure can be written: in words up to twelve; as a figure; as the ordinal after it (three earlier lines make
the next the fourth); as the weeks of so many days; as the week that a day of treatment falls in."""
