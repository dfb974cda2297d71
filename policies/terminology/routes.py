"""By which route a drug is given, as records say it: a drug that is bound to a route is another one by any other.

Each statement of a record (the code of a route, a dose form, the words of a product) names the routes that it fits; all
of them together leave what the record can mean. What proves is a code of a table, or words that are understood whole;
other words only narrow what can be meant, and what is denied, contradictory or not understood proves nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from policies.files.yaml_source import read
from policies.terminology.short_texts import remembered

_BETWEEN = re.compile(r"[\s()\[\],;:/+&*#|]+")
_LONGEST = 3
"""Words of the longest phrase of the table."""


class Fit(Enum):
    """How what a record says of its route stands to the routes that a drug is bound to."""

    SURE = "surely one of them"
    OPEN = "unknown, contradictory, or one of several"
    OTHER = "surely another"


class Statement(NamedTuple):
    """What one code or text says: the routes that it fits, whether that proves, and whether it is in doubt."""

    routes: frozenset[str]
    proves: bool = True
    in_doubt: bool = False


class Stated(NamedTuple):
    """What all statements together say: what they `can` mean, what they `surely` leave, whether they are in doubt.

    `names_local`: one that proves names local routes alone, whatever the others say.
    """

    can: frozenset[str]
    surely: frozenset[str]
    in_doubt: bool = False
    names_local: bool = False


@dataclass(frozen=True, slots=True)
class RouteWords:
    """The table: all routes, groups of them, codes by system, phrases, and words that deny or say nothing."""

    routes: frozenset[str]
    groups: Mapping[str, frozenset[str]]
    codes: Mapping[tuple[str, str], frozenset[str]]
    phrases: Mapping[tuple[str, ...], frozenset[str]]
    denials: frozenset[str]
    fillers: frozenset[str]

    def named(self, names: Iterable[str]) -> frozenset[str]:
        """Return the routes of some names of routes and groups; raises KeyError for one that is neither."""
        return frozenset().union(*(self.groups[one] if one in self.groups else self._known(one) for one in names))

    def _known(self, name: str) -> frozenset[str]:
        if name not in self.routes:
            raise KeyError(name)
        return frozenset({name})


@cache
def route_words() -> RouteWords:
    """Return the table; raises PolicyError if it cannot be read."""
    file = Path(str(files("policies").joinpath("terminology", "routes.yaml")))
    content: Any = read(file, file.name).content
    groups = {name: frozenset(some) for name, some in content["groups"].items()}
    bare = RouteWords(frozenset(content["routes"]), groups, {}, {}, frozenset(), frozenset())
    codes = {
        (uri, code): bare.named(some)
        for system, uris in content["codes"]["uris"].items()
        for code, some in content["codes"][system].items()
        for uri in uris
    }
    phrases = {tuple(one.split()): bare.named(row["routes"]) for row in content["words"] for one in row["words"]}
    denials, fillers = frozenset(content["denials"]), frozenset(content["fillers"])
    return RouteWords(bare.routes, groups, codes, phrases, denials, fillers)


NOTHING_KNOWN: frozenset[str] = frozenset()


def of_code(system: str, code: str) -> Statement | None:
    """Return what the code of a route says; None for one that is not in the table."""
    found = route_words().codes.get((system, code))
    return Statement(found) if found is not None else None


@remembered()
def of_words(text: str, known: frozenset[str] = NOTHING_KNOWN) -> Statement | None:
    """Return what a text says of a route; None where it names none.

    It proves only where every word is understood: those of the table, numbers, and `known` ones (names of drugs).
    """
    table, words = route_words(), _words_of(text)
    found, left = _phrases(words, table)
    if not found:
        return None
    routes = frozenset.intersection(*found)
    in_doubt = not routes or not table.denials.isdisjoint(words)
    is_whole = all(one in table.fillers or one in known or one[0].isdigit() for one in left)
    return Statement(routes or table.routes, is_whole and not in_doubt, in_doubt)


def is_silent(text: str) -> bool:
    """Return whether a text has no word but such as say nothing of a route, as "Solution" does."""
    fillers = route_words().fillers
    return all(one in fillers or one[0].isdigit() for one in _words_of(text))


def _words_of(text: str) -> tuple[str, ...]:
    bare = "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))
    words = (one.strip(".'\"-_") for one in _BETWEEN.split(bare.replace("%", " % ")))
    return tuple(one for one in words if one)


def _phrases(words: tuple[str, ...], table: RouteWords) -> tuple[list[frozenset[str]], list[str]]:
    """Return what the phrases of a text name, the longest that fit, and the words that are in none."""
    found: list[frozenset[str]] = []
    left: list[str] = []
    at = 0
    while at < len(words):
        sizes = (size for size in range(_LONGEST, 0, -1) if words[at : at + size] in table.phrases)
        size = next(sizes, 0)
        if size:
            found.append(table.phrases[words[at : at + size]])
        else:
            left.append(words[at])
        at += size or 1
    return found, left


def together(statements: Iterable[Statement]) -> Stated:
    """Return what statements say together; those that contradict each other leave everything open."""
    every, known = route_words().routes, tuple(statements)
    can, local = every.intersection(*(one.routes for one in known)), route_words().groups["local"]
    names_local = any(one.proves and one.routes <= local for one in known)
    if not can:
        return Stated(every, every, in_doubt=True, names_local=names_local)
    surely = every.intersection(*(one.routes for one in known if one.proves))
    return Stated(can, surely, any(one.in_doubt for one in known), names_local)


def any_of(stated: Iterable[Stated]) -> Stated | None:
    """Return what several instructions of one record say, of which each counts; None without one."""
    known = tuple(stated)
    if not known:
        return None
    can, surely = (
        frozenset[str]().union(*some) for some in zip(*((one.can, one.surely) for one in known), strict=True)
    )
    return Stated(can, surely, any(one.in_doubt for one in known))


def fit(stated: Stated, bound: frozenset[str]) -> Fit:
    """Return how what is stated stands to the routes that a drug is bound to.

    A drug that is bound to none is given for the whole body: it is another one only where the route is surely local,
    and open where that is contradicted.
    """
    if not bound:
        is_local = not stated.in_doubt and stated.surely <= route_words().groups["local"]
        return Fit.OTHER if is_local else Fit.OPEN if stated.in_doubt and stated.names_local else Fit.SURE
    if not stated.in_doubt and stated.can.isdisjoint(bound):
        return Fit.OTHER
    return Fit.SURE if stated.surely <= bound and not stated.in_doubt else Fit.OPEN
