"""What is new in a resource: which elements it has, which codes, and which of them together say what is covered.

Ten thousand tests send the same few hundred shapes. A resource is looked at if it has what none before it had.
"""

from collections.abc import Callable
from typing import Any

from tests.certification.kit import EXTENSION

_CODES = frozenset({"intent", "language", "status", "type", "use", "valueCode"})
_LONGEST = 60


def features(content: Any) -> frozenset[str]:
    """Return the elements of a resource by their paths, codes with their values, and coverage information whole."""
    found: set[str] = set()
    _gather(content, "", found.add)
    return frozenset(found)


def _gather(content: Any, path: str, add: Callable[[str], None]) -> None:
    if not content and content in ("", [], {}):
        add(f"{path}: empty")
    if isinstance(content, dict):
        _gather_object(content, path, add)
    elif isinstance(content, list):
        for one in content:
            _gather(one, path, add)
    else:
        add(f"{path}:{type(content).__name__}")


def _gather_object(content: dict[str, Any], path: str, add: Callable[[str], None]) -> None:
    here = path + _kind(content)
    parts = content.get("extension") if content.get("url") == EXTENSION else None
    if isinstance(parts, list):
        known = (part for part in parts if isinstance(part, dict))
        add(here + "|".join(sorted(f"{part.get('url')}={part.get('valueCode', '')}" for part in known)))
    for name, value in content.items():
        inner = here if name == "item" and here.endswith(".item") else f"{here}.{name}"
        if name in _CODES and isinstance(value, str) and len(value) < _LONGEST and not any(map(str.isdigit, value)):
            add(f"{inner}={value}")
        _gather(value, inner, add)


def _kind(content: dict[str, Any]) -> str:
    """Keep extensions and resources apart, which stand in one list."""
    named = content.get("resourceType") or content.get("url")
    return f"({named})" if isinstance(named, str) and len(named) < 2 * _LONGEST else ""
