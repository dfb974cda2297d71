"""How many passwords are looked at: of a name, from an address, in a minute, and at once.

Each costs a hash that is slow on purpose, so that strangers could take all the time there is. A browser in which
somebody signed in before bears a key that says so (a device cookie, as OWASP describes it): it is counted by itself,
and has turns of its own. So strangers can hold up each other, and a reviewer's first sign-in in a new browser while
they are at it; where a reviewer works already they lock nobody out.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import BoundedSemaphore

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MOST_FAILURES, MOST_OF_ADDRESS, MOST_OF_NAME = 5, 20, 50
"""Wrong passwords: of a name from one address or a known browser; of all names from one address; of a name in all."""
LOCKED = timedelta(minutes=15)
"""How long wrong passwords are remembered after the last one that was looked at."""
A_MINUTE, MOST_A_MINUTE = timedelta(minutes=1), 60
"""How many wrong passwords from browsers that are not known are looked at in this time, in each process."""
_OTHERS = "others"
_AT_ONCE = 2
_WAIT_SECONDS = 0.5


class BusyError(Exception):
    """More passwords came than are looked at."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a password comes from: the address, empty where a proxy hides it; the key of a browser that is known."""

    address: str = ""
    device: str = ""

    def counted(self, name: str) -> Mapping[str, int]:
        """Return what a try for a name is counted under, each with how many failures there may be; its own first."""
        if self.device:
            return {f"device\n{self.device}": MOST_FAILURES}
        # Quoted: a name that holds a new line and an address is none with that address.
        of_both = {f"name\n{name!r}\n{self.address}": MOST_FAILURES, f"name\n{name!r}": MOST_OF_NAME}
        return of_both | ({f"address\n{self.address}": MOST_OF_ADDRESS} if self.address else {})


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns at looking at a password, in one process: of browsers that are known, and of all others."""

    known: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))
    others: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))
    most_a_minute: int = MOST_A_MINUTE
    wait_seconds: float = _WAIT_SECONDS
    _counted: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    @contextmanager
    def taken(self, origin: Origin) -> Iterator[None]:
        """Hold a turn; raises BusyError."""
        if not origin.device and not self._counted.test(RateLimitItemPerMinute(self.most_a_minute), _OTHERS):
            raise BusyError
        turns = self.known if origin.device else self.others
        if not turns.acquire(timeout=self.wait_seconds):
            raise BusyError
        try:
            yield
        finally:
            turns.release()

    def failed(self, origin: Origin) -> None:
        """Count a wrong password."""
        if not origin.device:
            self._counted.hit(RateLimitItemPerMinute(self.most_a_minute), _OTHERS)
