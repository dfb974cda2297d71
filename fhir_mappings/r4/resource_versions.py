"""Several versions of one resource in one call: only the newest speaks (reading 4)."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from fhir_mappings.r4.resources import Resource

_NONE: frozenset[int] = frozenset()
Mark = datetime | int
_Reader = Callable[[Resource], Mark | None]


def newest(versions: list[Resource]) -> list[Resource]:
    """Keep the newest of several versions of a resource; all of them if they do not tell which that is."""
    for read in _MARKS:
        marks = [read(one) for one in versions]
        known = [mark for mark in marks if mark is not None]
        if len(known) == len(versions) and len(set(known)) > 1:
            last = max(known, key=_order)
            return [one for one, mark in zip(versions, marks, strict=True) if mark == last]
    return versions


def older(resources: Iterable[tuple[str, Resource]]) -> frozenset[int]:
    """Return the identities (`id`) of those that a newer version replaces; each comes with the URL it was found at."""
    groups: dict[tuple[str, str], list[tuple[str, Resource]]] = {}
    every = tuple(resources)
    if len({(one.resource_type, one.id) for _, one in every}) == len(every):
        return _NONE
    for url, one in every:
        if one.id is not None:
            groups.setdefault((one.resource_type, one.id), []).append((url, one))
    several = (group for group in groups.values() if len(group) > 1 and len(_servers(group)) <= 1)
    return frozenset(
        id(one)
        for group in several
        for kept in [{id(best) for best in newest([one for _, one in group])}]
        for _, one in group
        if id(one) not in kept
    )


def _servers(group: list[tuple[str, Resource]]) -> set[str]:
    return {url for url, _ in group if url.startswith("http")}


def _order(mark: Mark) -> float:
    return mark.timestamp() if isinstance(mark, datetime) else float(mark)


def _instant(written: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _updated(one: Resource) -> Mark | None:
    return _instant(one.meta.last_updated) if one.meta else None


def _number(one: Resource) -> Mark | None:
    written = (one.meta.version_id if one.meta else None) or ""
    return int(written) if written.isdecimal() and len(written) < _DIGITS else None


def _issued(one: Resource) -> Mark | None:
    return _instant(one.issued)


_DIGITS = 18
_MARKS: tuple[_Reader, ...] = (_updated, _number, _issued)
