"""What a process serves, and what it serves next: calls that have begun end where they began, and none is lost."""

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from cds_service.logs import LOG

CHANGE = signal.SIGUSR1
"""The signal by which a serving process is asked to change to the next."""


def hold_back(number: signal.Signals = CHANGE) -> None:
    """Have the signal wait, in this thread and in processes begun from it, until they are ready to change."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})


def log_not_reloaded(error: Exception) -> None:
    """Say in the log that what is served stays, and why."""
    LOG.error("not reloaded, the policies are those of before", extra={"fields": {"cause": str(error)}})


Asgi = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Served:
    """An ASGI application, and what is done when no new call comes to it."""

    answers: Asgi
    leave: Callable[[], None]


@dataclass(slots=True)
class Successive:
    """An ASGI application that can be followed by the next; `read` makes it, and says by a ValueError why it cannot."""

    served: Served
    read: Callable[[], Served]
    _one_at_once: Lock = field(default_factory=Lock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request by what is served now."""
        await self.served.answers(scope, receive, send)

    def change_at(self, number: signal.Signals = CHANGE) -> "Successive":
        """Change at a signal from now on, and at one that was held back; in a thread of its own.

        For the main thread of a process.
        """
        signal.signal(number, lambda *_: Thread(target=self.change, name="change", daemon=True).start())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        return self

    def change(self) -> None:
        """Serve the next; where it cannot be made, what is served stays, and the log says why."""
        with self._one_at_once:
            try:
                following = self.read()
            except ValueError as error:
                log_not_reloaded(error)
                return
            before, self.served = self.served, following
            before.leave()
            LOG.info("reloaded")
