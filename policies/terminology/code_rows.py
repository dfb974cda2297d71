"""The rows of codes in a value set or a drug table: one code each, or many that share their source."""

from collections.abc import Iterable, Iterator
from typing import Any

from policies.files.problems import Path

Row = tuple[Path, dict[str, Any]]
"""A row as if it stood alone, with the place where it stands."""

_LISTED = "listed"


def spread(place: Path, entries: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Yield a row for each code; what a row says of the codes that it lists holds for each of them."""
    for index, entry in enumerate(entries):
        path = (*place, index)
        if _LISTED not in entry:
            yield path, entry
            continue
        shared = {word: value for word, value in entry.items() if word != _LISTED}
        for code, display in entry[_LISTED].items():
            yield (*path, _LISTED, code), {**shared, "code": code, "display": display}


def routes_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the routes of a row or a drug, written alone or as a list."""
    named = entry.get("route", ())
    return (named,) if isinstance(named, str) else tuple(named)
