"""Words that name a disease which a value set says how to name, and the words that tell its kinds apart.

For such a set, what stands beside a code must name the disease, or be no more than a part of the code's title; its
type, its severity and its "non-" must not be those of another kind. Nothing is proven by the words.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fhir_mappings.clinical.anatomy import plain
from policies.terminology.short_texts import remembered

_TOKEN = re.compile(r"\w+")
_FILLERS = frozenset(
    _TOKEN.findall(
        "unspecified unspec disease disorder diagnosis syndrome other site sites with without of in the and or a an "
        "nos hcc cms finding complication complications due to chronic acute"
    )
)
"""Words of a title that say nothing of which disease it is."""
_SEVERITY: Mapping[str, str] = MappingProxyType(
    {
        "mild": r"\b(?:mild|leve|liger[ao])\b",
        "moderate": r"\b(?:moderate|moderad[ao])\b",
        "severe": r"\b(?:severe|sever[ao]|grave|morbid)\b",
        "intermittent": r"\bintermit\w+",
    }
)
_TYPE = re.compile(r"\b(?:type|tipo) ?-?(1|2|3|ii?i?)\b|\bt([12])dm?\b|\bdm ?([12])\b")
_ROMAN = MappingProxyType({"i": "1", "ii": "2", "iii": "3"})
_NON = re.compile(r"\bnon[- ]?(\w{4,})")


@remembered()
def _tokens(text: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(plain(text)))


def names_disease(text: str, named: Iterable[str]) -> bool:
    """Return whether a text holds every word of one of a value set's names, in whatever order."""
    found = _tokens(text)
    return any(all(any(one.startswith(word) for one in found) for word in _tokens(name)) for name in named)


def names_no_more(text: str, title: str) -> bool:
    """Return whether a text names the disease of a title less exactly, and nothing beside it."""
    own = _tokens(text) - _FILLERS
    return bool(own) and own <= _tokens(title)


def names_other_kind(text: str, titles: str) -> bool:
    """Return whether a text names another type or severity of a disease than its titles, or turns a "non-" round."""
    words, own = plain(text), plain(titles)
    for named, meant in ((_types(words), _types(own)), (_severities(words), _severities(own))):
        if named and meant and not named & meant:
            return True
    named, meant = set(_NON.findall(words)), set(_NON.findall(own))
    bare, bare_own = (_tokens(_NON.sub(" ", one)) for one in (words, own))
    return bool(meant & bare - named or named & bare_own - meant)


def _types(text: str) -> set[str]:
    found = ("".join(one) for one in _TYPE.findall(text))
    return {_ROMAN.get(one, one) for one in found}


def _severities(text: str) -> set[str]:
    return {name for name, pattern in _SEVERITY.items() if re.search(pattern, text)}
