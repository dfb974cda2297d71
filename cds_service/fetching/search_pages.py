"""Asking one FHIR server for one thing that a call lacks: page after page, within the limits of the call."""

from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from cds_service.fetching.fhir_answers import UnusableError, page_of
from cds_service.http.addresses import Base, RefusedError
from cds_service.http.http_client import OutgoingError, Session, fetch
from hooks.ehr_data.fetch_port import LATE, Gap
from hooks.request.body import Limits

MOST_PAGES = 20
MOST_ENTRIES = 5_000
_COUNT = "_count=250"
HAD = "had"


@dataclass(slots=True)
class Room:
    """How many bytes may still be fetched for a call: in all as many as a call itself may bring."""

    left: int
    _lock: Lock = field(default_factory=Lock)

    def take(self, size: int) -> None:
        """Take room for an answer; raises UnusableError if there is none."""
        with self._lock:
            if size > self.left:
                raise UnusableError("more was fetched than a call may hold")
            self.left -= size


@dataclass(slots=True)
class Work:
    """One thing that is asked for: what was had of it so far, and, once it has ended, with which result."""

    gap: Gap
    bodies: list[bytes] = field(default_factory=list)
    result: str = LATE
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """One server, for the time of one call; `headers` bear the token."""

    http: Session
    base: Base
    headers: dict[str, str] = field(repr=False)
    until: float
    limits: Limits
    room: Room

    def do(self, work: Work) -> None:
        """Ask for one thing; the result says what could not be had."""
        begun = monotonic()
        try:
            self._pages(work)
            result = HAD
        except (RefusedError, OutgoingError, UnusableError) as error:
            result = str(error)
        work.seconds = monotonic() - begun
        work.result = result

    def _pages(self, work: Work) -> None:
        seen: set[str] = set()
        url, entries = self.base.below(_counted(work.gap.query)), 0
        while url:
            if url in seen or len(seen) == MOST_PAGES or entries > MOST_ENTRIES:
                raise UnusableError("there are more pages than are read")
            seen.add(url)
            answer = fetch(self.http, url, self.headers, self.until, self.limits.max_bytes)
            page = page_of(answer, work.gap, self.limits)
            self.room.take(len(page.body))
            work.bodies.append(page.body)
            entries += page.entries
            url = self.base.below(page.following, url) if page.following else ""


def _counted(query: str) -> str:
    """Ask for large pages, where a search is begun: each page costs a round trip."""
    is_begun_elsewhere = query.startswith(("http://", "https://"))
    return f"{query}&{_COUNT}" if "?" in query and not is_begun_elsewhere else query
