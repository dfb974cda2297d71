"""What a call lacks is asked of the EHR's FHIR server: the shapes in which it is asked for and comes back.

How it is had, from whom and in what time, is handed in (`cds_service.fetching`). What cannot be had is named, so that
the facts which it could have settled stay unknown with a note; it is never an error.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from fhir_mappings.chart.lacks import Unreadable
from hooks.protocol.client import Caller


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a call lacks: its name in notes (`Observation?patient=p1`, `Medication/m1`), and where it is.

    `query` is a search or a read below the base URL, or an absolute URL (a next page, a reference). `failed` says that
    the client itself tried, and could not provide it.
    """

    name: str
    query: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one gap, for whoever has to find out why: result in words, pages read, milliseconds.

    `age` is how many seconds ago it was fetched, where that was for an earlier hook.
    """

    name: str
    result: str
    pages: int
    ms: float
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was had, each body with the name of its gap, what was not, and how it went.

    `refused` says that nothing is asked of that server at all.
    """

    bodies: tuple[tuple[str, bytes], ...] = ()
    missing: tuple[Unreadable, ...] = ()
    steps: tuple[Step, ...] = ()
    refused: bool = False

    def __add__(self, other: "Fetched") -> "Fetched":
        return Fetched(
            self.bodies + other.bodies,
            self.missing + other.missing,
            self.steps + other.steps,
            self.refused or other.refused,
        )

    @property
    def failed(self) -> frozenset[str]:
        """Return the names of what was asked for and could not be had, or not in full."""
        return frozenset() if self.refused else frozenset(one.reference for one in self.missing)

    @property
    def had(self) -> frozenset[str]:
        """Return the names of what was had in full."""
        lacking = {one.reference for one in self.missing}
        return frozenset(step.name for step in self.steps if step.name not in lacking)


LATE = "not in time"
"""The result of what was not had by the end of a call's time."""
NOTHING = Fetched()
"""What is fetched where nothing lacks."""


class Source(Protocol):
    """The FHIR server of one call, for as long as the call is being answered."""

    def get(self, gaps: Sequence[Gap]) -> Fetched:
        """Ask for all of it at once, as far as the time allows; raises nothing."""


class Budget(Protocol):
    """The time of one call, which runs."""

    def source(self, server: str, token: str) -> AbstractContextManager[Source]:
        """Open the server of a call; the token goes there and nowhere else. On leaving, everything ends."""


class Fetcher(Protocol):
    """Where the time of a call begins."""

    def begin(self, caller: Caller) -> Budget:
        """Begin the time of a call by somebody; costs nothing."""


class NoFetcher:
    """Fetches nothing, and notes nothing as missing: for judging what came along, and that alone."""

    def begin(self, caller: Caller) -> Budget:  # noqa: ARG002 - as in Fetcher
        """Return itself."""
        return self

    def source(self, server: str, token: str) -> AbstractContextManager[Source]:  # noqa: ARG002 - as in Budget
        """Return itself."""
        return nullcontext(self)

    def get(self, gaps: Sequence[Gap]) -> Fetched:  # noqa: ARG002 - as in Source
        """Return nothing."""
        return NOTHING
