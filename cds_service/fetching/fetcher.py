"""Asking a FHIR server for everything that a call lacks at once, inside the call's time, and for nothing after it.

The token goes to the one server of the call, in the header of each request, and is forgotten with the call. What is not
there in time, or is not usable, is named with the reason; the pages that came before it are used.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from cds_service.fetching.allowed_servers import Allowed, permitted
from cds_service.fetching.search_pages import HAD, Asking, Room, Work
from cds_service.http.addresses import RefusedError, loopback_addresses
from cds_service.http.http_client import Line, session_on
from fhir_mappings.chart.lacks import Unreadable
from hooks.ehr_data.fetch_port import LATE, Fetched, Gap, Source, Step
from hooks.protocol.client import Caller
from hooks.request.body import Limits

_AT_ONCE = 8
_MOST_GAPS = 60
_GRACE_SECONDS = 0.2
_TOO_MANY = "more was missing than is asked for in one call"


@dataclass(frozen=True, slots=True)
class EhrFetcher:
    """Fetches from the servers that are allowed, for each call within so many seconds.

    `allowed` are those of open mode; a registered client has its own.

    What is fetched for a call is bound by the same limits as the body of a call.
    """

    allowed: Allowed
    seconds: float
    limits: Limits

    def begin(self, caller: Caller) -> "EhrBudget":
        """Begin the time of a call by somebody."""
        allowed = self.allowed if caller.fhir_servers is None else Allowed(caller.fhir_servers)
        return EhrBudget(allowed, self.limits, monotonic() + self.seconds)


@dataclass(frozen=True, slots=True)
class EhrBudget:
    """The time of one call: it ends at a time of the monotonic clock."""

    allowed: Allowed
    limits: Limits
    until: float

    @contextmanager
    def source(self, server: str, token: str) -> Iterator[Source]:
        """Open the server of a call, or one that has nothing if it may not be fetched from; ends all of it at last."""
        try:
            place = permitted(server, self.allowed)
        except RefusedError as error:
            yield Closed(str(error), refused=True)
            return
        crew, line = Crew(ThreadPoolExecutor(_AT_ONCE, "fetching")), Line()
        with session_on(line) as http:
            limits = self.limits
            asking = Asking(http, place.base, _headers(token), self.until, limits, Room(limits.max_bytes))
            try:
                yield self._pinned(asking, crew, line) if place.pinned else EhrSource(asking, crew)
            finally:
                line.cut()
                crew.leave()

    def _pinned(self, asking: Asking, crew: "Crew", line: Line) -> Source:
        """Hold the line to the addresses of this machine that the server's name stands for, if it does."""
        try:
            line.addresses = crew.pool.submit(loopback_addresses, asking.base).result(self.until - monotonic())
        except TimeoutError:
            return Closed(LATE)
        except RefusedError as error:
            return Closed(str(error), refused=True)
        return EhrSource(asking, crew)


def _headers(token: str) -> dict[str, str]:
    # Some servers answer the same search from their cache for a minute: what was just entered would not be seen.
    headers = {"Accept": "application/fhir+json", "Accept-Encoding": "gzip", "Cache-Control": "no-cache"}
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


@dataclass(slots=True)
class Crew:
    """The threads of one call, and what they were given to do."""

    pool: ThreadPoolExecutor
    given: list[Future[None]] = field(default_factory=list)

    def give(self, asking: Asking, works: Sequence[Work], until: float) -> None:
        """Have things asked for, and wait for as long as there is time."""
        begun = [self.pool.submit(asking.do, work) for work in works]
        self.given += begun
        done, _ = wait(begun, timeout=max(0.0, until - monotonic()))
        for one in done:
            one.result()

    def leave(self) -> None:
        """Let nothing be begun any more, and wait for what still runs; its connections are shut by then.

        Only a name that is still being resolved can keep a thread for longer: it then ends without asking anything.
        """
        self.pool.shutdown(wait=False, cancel_futures=True)
        wait([one for one in self.given if not one.cancelled()], timeout=_GRACE_SECONDS)


@dataclass(frozen=True, slots=True)
class EhrSource:
    """The FHIR server of one call."""

    asking: Asking
    crew: Crew

    def get(self, gaps: Sequence[Gap]) -> Fetched:
        """Ask for all of it at once; what is late, or more than is asked for, is missing."""
        begun = monotonic()
        works = [Work(gap) for gap in gaps[:_MOST_GAPS]]
        self.crew.give(self.asking, works, self.asking.until)
        waited = monotonic() - begun
        return sum((_reported(work, waited) for work in works), _without(gaps[_MOST_GAPS:], _TOO_MANY))


def _reported(work: Work, waited: float) -> Fetched:
    """Report what became of one thing by now; one that still runs was waited for so long."""
    result, name = work.result, work.gap.name
    bodies = tuple((name, body) for body in tuple(work.bodies))
    missing = () if result == HAD else (Unreadable(name, result),)
    ms = (waited if work.seconds is None else work.seconds) * 1000
    return Fetched(bodies, missing, (Step(name, result, len(bodies), round(ms, 1)),))


@dataclass(frozen=True, slots=True)
class Closed:
    """A server from which nothing is fetched, for a reason: it was too late, or it may not be asked at all."""

    reason: str
    refused: bool = False

    def get(self, gaps: Sequence[Gap]) -> Fetched:
        """Return every gap as missing."""
        return _without(gaps, self.reason, refused=self.refused)


def _without(gaps: Sequence[Gap], reason: str, *, refused: bool = False) -> Fetched:
    steps = tuple(Step(gap.name, reason, 0, 0.0) for gap in gaps)
    missing = tuple(Unreadable(gap.name, reason, sought=gap.failed or not refused) for gap in gaps)
    return Fetched((), missing, steps, refused)
