"""The codes of a value set at one day, whole or in part. Source: FHIR R4, ValueSet.expansion and `$expand`.

No code of our files is inactive, and all stand in the resource itself: an expansion is always complete. An expansion of
the same content on the same day is the same, its identifier too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What of an expansion is wanted: displays or codes that hold a text, and a page of those; `count` None is all."""

    text: str = ""
    offset: int = 0
    count: int | None = None


ALL = Excerpt()


def expanded(value_set: Json, day: date, wanted: Excerpt = ALL) -> Json:
    """Return a value set with an expansion of that day; `total` counts what fits, on whatever page."""
    found = [one for one in _contains(value_set) if _fits(one, wanted.text)]
    end = None if wanted.count is None else wanted.offset + wanted.count
    page = found[wanted.offset : end]
    expansion: Json = {
        "identifier": uuid5(NAMESPACE_URL, f"{value_set['url']}|{value_set['version']} {day} {wanted}").urn,
        "timestamp": day.isoformat(),
        "total": len(found),
        **({"offset": wanted.offset} if wanted.count is not None or wanted.offset else {}),
        "parameter": list(_parameters(wanted)),
        **({"contains": page} if page else {}),
    }
    return value_set | {"expansion": expansion}


def _contains(value_set: Json) -> Iterator[Json]:
    for include in value_set["compose"]["include"]:
        for concept in include["concept"]:
            yield {"system": include["system"], "code": concept["code"], "display": concept["display"]}


def _fits(code: Json, text: str) -> bool:
    """Whether every word of a text begins a word of the display, or the code begins with the text."""
    said = code["display"].lower().replace("(", " ").replace("[", " ").split()
    words = text.lower().split()
    begun = all(any(one.startswith(word) for one in said) for word in words)
    return begun or code["code"].lower().startswith(text.lower())


def _parameters(wanted: Excerpt) -> Iterator[Json]:
    yield {"name": "activeOnly", "valueBoolean": True}
    if wanted.text:
        yield {"name": "filter", "valueString": wanted.text}
    if wanted.offset or wanted.count is not None:
        yield {"name": "offset", "valueInteger": wanted.offset}
    if wanted.count is not None:
        yield {"name": "count", "valueInteger": wanted.count}
