"""Places for calls: so many are answered at once, some wait, and one more is refused early instead of kept waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hooks.protocol.errors import Issue, OverloadError, TooManyError


@dataclass(slots=True)
class Places:
    """The places of one process: `workers` at once, `queue` waiting, none of them longer than `patience_seconds`."""

    workers: int
    queue: int
    patience_seconds: float
    _free: asyncio.Semaphore = field(init=False)
    _waiting: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.workers)

    def check(self) -> None:
        """Raise OverloadError if a call could not even wait."""
        if self._free.locked() and self._waiting >= self.queue:
            raise OverloadError([Issue("the service is busy; please try again")])

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place; raises OverloadError where there is none in time."""
        self.check()
        self._waiting += 1
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise OverloadError([Issue("the service is busy; please try again")]) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


class Pace:
    """How many calls a minute one client may make; each process counts for itself. 0: as many as it likes."""

    def __init__(self, calls_per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(calls_per_minute) if calls_per_minute else None
        self._counted = MovingWindowRateLimiter(MemoryStorage())

    def check(self, who: str) -> None:
        """Count a call of a client; raises TooManyError for one too many."""
        if self._limit is not None and not self._counted.hit(self._limit, who):
            raise TooManyError([Issue(f"more than {self._limit.amount} calls came within a minute; please wait")])
