"""The thread of a serving process that sends notifications: it looks every few seconds, and ends with the process."""

from threading import Event, Thread

from cds_service.database.transactions import StoreError
from cds_service.logs import LOG
from cds_service.notifications.outbox import Sending

_SECONDS = 5.0


def start(sending: Sending, stopped: Event | None = None) -> Thread:
    """Begin to send what waits, until `stopped` is set."""
    thread = Thread(target=_run, args=(sending, stopped or Event()), name="notifications", daemon=True)
    thread.start()
    return thread


def _run(sending: Sending, stopped: Event) -> None:
    while not stopped.wait(_SECONDS):
        try:
            sending.run()
        except StoreError:
            LOG.warning("notifications wait for the store")
