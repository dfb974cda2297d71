"""A session with one server that ends at its time, whatever the server does.

The time limit of a read is for each part of an answer: a server that sends a byte now and then is never late by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from time import monotonic

from cds_service.http.http_client import Line, Session, session_on


@contextmanager
def session_until(until: float, addresses: tuple[str, ...] = ()) -> Iterator[Session]:
    """Yield a session whose connections are shut at a time of the monotonic clock; whoever waits then has no answer.

    It connects to the addresses, the first that answers; none: where the name of the host leads.
    """
    line = Line(addresses)
    ending = Timer(max(0.0, until - monotonic()), line.cut)
    ending.daemon = True
    ending.start()
    try:
        with session_on(line) as http:
            yield http
    finally:
        ending.cancel()
        line.cut()
