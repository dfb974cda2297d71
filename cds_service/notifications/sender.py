"""The thread of a serving process that sends notifications: looks every few seconds, ends with its application."""

import weakref
from dataclasses import dataclass
from threading import Event, Thread

from cds_service.database.transactions import StoreError
from cds_service.logs import LOG
from cds_service.notifications.outbox import Sending

_SECONDS = 5.0
_LAST_SECONDS = 20.0
"""How long is waited for what is being sent at the end."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A thread that sends, and how it is stopped."""

    thread: Thread
    stopped: Event

    def end(self) -> None:
        """Stop it, and wait until it has sent what it is sending."""
        self.stopped.set()
        self.thread.join(_LAST_SECONDS)


def start(sending: Sending, application: object) -> Sender:
    """Begin to send what waits, until it is stopped, the application is gone, or the process ends."""
    stopped = Event()
    thread = Thread(target=_run, args=(sending, stopped), name="notifications", daemon=True)
    weakref.finalize(application, stopped.set)
    thread.start()
    return Sender(thread, stopped)


def _run(sending: Sending, stopped: Event) -> None:
    while not stopped.wait(_SECONDS):
        try:
            sending.run()
        except StoreError:
            LOG.warning("notifications wait for the store")
