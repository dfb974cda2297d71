"""Scopes of SMART Backend Services: what a token lets its client do with our resources.

Source: SMART App Launch 2.2.0, "Scopes and Launch Context" (system/{type}.{cruds}, and the older .read, .write and .*).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SCOPE = re.compile(r"system/(?P<kind>\*|[A-Za-z]+)\.(?P<letters>c?r?u?d?s?|read|write|\*)")
_OLDER = {"read": "rs", "write": "cud", "*": "cruds"}
OFFERED = {
    "Questionnaire": "rs",
    "ValueSet": "rs",
    "CodeSystem": "rs",
    "Library": "rs",
    "QuestionnaireResponse": "cr",
    "Claim": "cr",
    "Subscription": "crud",
}
"""What can be asked for, by type: c(reate), r(ead; operations too), s(earch)."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a call needs: the type, and one of the letters of `OFFERED`."""

    kind: str
    letter: str


def granted(asked: str) -> tuple[str, ...]:
    """Return the scopes that are given of those that were asked for, parted by blanks; others are left out."""
    given: dict[str, set[str]] = {}
    for kind, letters in _parts(asked.split()):
        for name, offered in OFFERED.items():
            if kind in {"*", name}:
                given.setdefault(name, set()).update(set(letters) & set(offered))
    return tuple(f"system/{name}.{_in_order(given[name])}" for name in OFFERED if given.get(name))


def allows(scopes: Iterable[str], need: Need) -> bool:
    """Whether scopes cover what a call needs."""
    return any(kind in {"*", need.kind} and need.letter in letters for kind, letters in _parts(scopes))


def _parts(scopes: Iterable[str]) -> list[tuple[str, str]]:
    found = (_SCOPE.fullmatch(one) for one in scopes)
    return [(one["kind"], _OLDER.get(one["letters"], one["letters"])) for one in found if one and one["letters"]]


def _in_order(letters: set[str]) -> str:
    return "".join(letter for letter in "cruds" if letter in letters)


SUPPORTED = tuple(f"system/{name}.{letters}" for name, letters in OFFERED.items())
"""The scopes that the discovery document names."""
