"""Work beside calls that is never given up for a moment's fault: it is tried again, after a longer wait each time."""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from time import monotonic, sleep
from typing import TypeVar

from cds_service.database.transactions import StoreError

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 15.0
_SECONDS = 300.0
"""How long the database may fail before work ends: a restart or an hour's busiest minutes are shorter."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the same may fail, in `seconds`; `pause` waits, `clock` tells seconds that never go back."""

    seconds: float = _SECONDS
    pause: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic

    def tried(self, work: Callable[[], Result]) -> Result:
        """Do some work until it succeeds; raises StoreError where waiting cannot help, or has not for `seconds`.

        Waits differ by chance, so that two that were in each other's way are not there again at the same moment.
        """
        until, wait = self.clock() + self.seconds, _FIRST_PAUSE_SECONDS
        while True:
            try:
                return work()
            except StoreError as error:
                if error.lasting or self.clock() + wait > until:
                    raise
            self.pause(SystemRandom().uniform(wait / 2, wait))
            wait = min(wait * 2, _LONGEST_PAUSE_SECONDS)
