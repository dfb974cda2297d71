"""Places for calls: so many are answered at once, some wait, and one more is refused early instead of kept waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

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
        self._hit = _counted(calls_per_minute) if calls_per_minute else None
        self._most = calls_per_minute

    def check(self, who: str) -> None:
        """Count a call of a client; raises TooManyError for one too many."""
        if self._hit is not None and not self._hit(who):
            raise TooManyError([Issue(f"more than {self._most} calls came within a minute; please wait")])


def _counted(calls_per_minute: int) -> Callable[[str], bool]:
    """Return what counts a call of a client, and tells whether it may be made; it is loaded where there is a limit."""
    from limits import RateLimitItemPerMinute  # noqa: PLC0415
    from limits.storage import MemoryStorage  # noqa: PLC0415
    from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

    return partial(MovingWindowRateLimiter(MemoryStorage()).hit, RateLimitItemPerMinute(calls_per_minute))
