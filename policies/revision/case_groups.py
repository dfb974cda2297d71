"""Which cases of a file are moved together: those whose charts share a part with days that are written out."""

import re
from collections.abc import Iterable
from typing import Any

from policies.files.yaml_source import Source
from policies.testcases.case_dates import DATED, DATED_VERBS

Group = frozenset[int]
"""Cases of a file, by their place in it."""

_STANDS = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


def groups(source: Source) -> tuple[Group, ...]:
    """Return the cases of a file in groups; a case that shares no such part is a group of its own."""
    content: Any = source.content
    dated = {name for name, lines in content.get("parts", {}).items() if _has_days(lines)}
    found: list[tuple[Group, frozenset[str]]] = []
    for index, case in enumerate(content["cases"]):
        parts = dated & set(case.get("patient", ()))
        joined = [one for one in found if one[1] & parts]
        found = [one for one in found if one not in joined]
        found.append(
            (_union([Group({index}), *(one[0] for one in joined)]), _union([parts, *(one[1] for one in joined)]))
        )
    return tuple(group for group, _ in found)


def _union(sets: Iterable[Any]) -> frozenset[Any]:
    return frozenset().union(*sets)


def _has_days(lines: Iterable[dict[str, Any]]) -> bool:
    values = (str(line.get(word, "")) for line in lines for word in (*DATED, *DATED_VERBS))
    return any(_STANDS.fullmatch(value) for value in values)
