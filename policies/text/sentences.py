"""Sentences on what is different: what holds now and what held before, what is new and what is gone."""

from collections.abc import Iterable, Iterator


def changed(lead: str, now: object, before: object) -> Iterator[str]:
    """Yield a sentence if two things differ: 'The window of a line is now' 30 days; before 28 days."""
    if now != before:
        yield f"{lead} {_written(now)}; before {_written(before)}"


def _written(thing: object) -> str:
    if isinstance(thing, (list, tuple, set, frozenset)):
        return ", ".join(str(one) for one in thing) or "nothing"
    return str(thing) or "nothing"


def listed(what: str, now: Iterable[str], before: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each line that is new in a list, and for each that is gone."""
    known, held = list(now), list(before)
    yield from (f"New {what}: {line}" for line in known if line not in held)
    yield from (f"No longer a {what}: {line}" for line in held if line not in known)
