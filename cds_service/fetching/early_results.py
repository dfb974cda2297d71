"""What was fetched for early hooks, held in memory: for some seconds, up to a size, and for one call each.

It is never written anywhere. What is over its time is dropped when anything is put in or taken out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from hooks.ehr_data.early_fetch import Bodies, Held, Whose

MOST_BYTES = 50_000_000
"""What is held in all; beyond it the oldest goes."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is held of one patient for one caller: since when, until when, and its size."""

    bodies: Bodies
    since: float
    until: float
    size: int


@dataclass(slots=True)
class BriefMemory:
    """Holds bodies for at most so many seconds; threads may share it."""

    seconds: float
    most_bytes: int = MOST_BYTES
    now: Callable[[], float] = monotonic
    _entries: dict[Whose, _Entry] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, whose: Whose) -> Held:
        """Return what is held, and hold it no longer."""
        with self._lock:
            now = self.now()
            self._drop_old(now)
            found = self._entries.pop(whose, None)
            return Held(found.bodies, now - found.since) if found is not None else Held()

    def keep(self, whose: Whose, bodies: Bodies, seconds: float) -> None:
        """Hold bodies by their query, in place of what was held, for so many seconds at most."""
        size = sum(len(body) for parts in bodies.values() for body in parts)
        with self._lock:
            now = self.now()
            self._drop_old(now)
            self._entries.pop(whose, None)
            self._entries[whose] = _Entry(bodies, now, now + min(self.seconds, seconds), size)
            self._shrink()

    def _drop_old(self, now: float) -> None:
        for whose in [whose for whose, entry in self._entries.items() if entry.until <= now]:
            del self._entries[whose]

    def _shrink(self) -> None:
        """Drop the oldest until the rest is within the size."""
        while sum(entry.size for entry in self._entries.values()) > self.most_bytes:
            del self._entries[next(iter(self._entries))]
