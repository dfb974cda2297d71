"""The front of the service: what is refused by the head alone, bodies that are read, and calls handed to workers.

The order matters: host and page, then the token, then the body, and only then a worker. Whether the process lives is
answered here; readiness and figures have workers of their own, so that no call holds them up.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from cds_service.database.transactions import StoreError
from cds_service.front.places import Pace, Places
from cds_service.front.request_body import Bodies, GoneError, Head, Receive, Scope, Send
from cds_service.front.wsgi_call import Reply, answered
from cds_service.logs import LOG
from cds_service.web.errors import RETRY_SECONDS, STORE_FAILED, media_of
from hooks.protocol.errors import CallError, Issue, LateError, OverloadError, TooManyError, outcome, status_and_outcome
from hooks.request.body import encoded

LIVE = "/health/live"
_ASIDE = ("/health/", "/metrics")
_ASIDE_WORKERS = 2
_DOORKEEPERS = 4
_RETRY_SECONDS = "1"
_LATER = (OverloadError, TooManyError, LateError)

Admits = Callable[[Head], str]
"""Looks at a head, and returns who calls; raises a CallError. It may ask the database, or for keys."""
Counts = Callable[[str, int], None]
"""Counts a request that was refused here: its method, and the status."""


@dataclass(slots=True)
class Front:
    """An ASGI application before a WSGI application; one a process."""

    application: Any
    admits: Admits
    counts: Counts
    bodies: Bodies
    places: Places
    pace: Pace
    _calls: ThreadPoolExecutor = field(init=False)
    _aside: ThreadPoolExecutor = field(init=False)
    _doorkeepers: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._calls = ThreadPoolExecutor(self.places.workers, "call")
        self._aside = ThreadPoolExecutor(_ASIDE_WORKERS, "aside")
        self._doorkeepers = ThreadPoolExecutor(_DOORKEEPERS, "door")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; anything else than HTTP is not spoken."""
        if scope["type"] != "http":
            return
        head = Head(scope)
        try:
            answer = await self._answer(head, receive)
        except GoneError:
            return
        except CallError as error:
            answer = self._refusal(head, error)
        except StoreError as error:
            LOG.error("the store failed", extra={"fields": {"error": str(error)}})
            self.counts(head.method, HTTPStatus.SERVICE_UNAVAILABLE)
            later = [(b"connection", b"close"), (b"retry-after", RETRY_SECONDS.encode())]
            answer = _json(
                HTTPStatus.SERVICE_UNAVAILABLE, outcome("transient", [Issue(STORE_FAILED)]), later, media_of(head.path)
            )
        await _go(answer, send)

    async def _answer(self, head: Head, receive: Receive) -> Reply:
        if head.path == LIVE:
            return _json(HTTPStatus.OK, {"status": "up"})
        is_aside = head.path.startswith(_ASIDE)
        if not is_aside:
            self.places.check()
        loop = asyncio.get_running_loop()
        who = await loop.run_in_executor(self._doorkeepers, self.admits, head)
        if not is_aside:
            self.pace.check(who or head.address)
        body = await self.bodies.read(head, receive)
        async with nullcontext() if is_aside else self.places.taken():
            workers = self._aside if is_aside else self._calls
            return await loop.run_in_executor(workers, copy_context().run, answered, self.application, head.scope, body)

    def _refusal(self, head: Head, error: CallError) -> Reply:
        """Return the answer to what is refused before it reaches a worker; the connection ends with it."""
        status, content = status_and_outcome(error)
        LOG.info("refused", extra={"fields": {"status": status, "error": type(error).__name__}})
        self.counts(head.method, status)
        more = [(b"connection", b"close")]
        if isinstance(error, _LATER):
            more.append((b"retry-after", _RETRY_SECONDS.encode()))
        if status == HTTPStatus.UNAUTHORIZED:
            more.append((b"www-authenticate", b"Bearer"))
        return _json(status, content, more, media_of(head.path))


async def _go(answer: Reply, send: Send) -> None:
    """Send an answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def _json(
    status: int, content: object, more: list[tuple[bytes, bytes]] | None = None, media: str = "application/json"
) -> Reply:
    body = encoded(content)
    headers = [
        (b"content-type", media.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", str(len(body)).encode()),
    ]
    return Reply(status, headers + (more or []), body)
