"""A request as it comes in: its head, and its body, read to the end within a deadline and a limit.

A body is read before a worker is taken: whoever sends slowly holds up nobody else. Bodies that are being read hold
memory, so that there is a limit for all of them together as well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hooks.protocol.errors import Issue, LateError, OverloadError
from hooks.request.body import Limits, too_large

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class GoneError(Exception):
    """The client has hung up; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request, as ASGI hands it over; header names are in small letters."""

    scope: Scope

    @property
    def method(self) -> str:
        """Return the method."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """Return the path, decoded."""
        return str(self.scope["path"])

    @property
    def address(self) -> str:
        """Return the address of the peer; empty where it is not known."""
        peer = self.scope.get("client")
        return str(peer[0]) if peer else ""

    def header(self, name: str) -> str:
        """Return a header; of several with commas, none is an empty text."""
        wanted = name.lower().encode("latin-1")
        return ",".join(value.decode("latin-1") for key, value in self.scope["headers"] if key.lower() == wanted)


@dataclass(slots=True)
class Bodies:
    """Reads bodies; `seconds` is the time for the whole of one, `most_bytes` the limit for all at once."""

    limits: Limits
    seconds: float
    most_bytes: int
    held: int = field(default=0, init=False)

    async def read(self, head: Head, receive: Receive) -> bytes:
        """Return a body; raises TooLargeError, LateError, OverloadError, or GoneError."""
        announced = head.header("content-length")
        if announced.isdecimal() and int(announced[:20]) > self.limits.max_bytes:
            raise too_large(self.limits)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._gathered(receive)
        except TimeoutError:
            raise LateError([Issue(f"the body did not come to its end within {self.seconds:g} seconds")]) from None

    async def _gathered(self, receive: Receive) -> bytes:
        text = bytearray()
        with self._given_back(text):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                text += self._taken(message.get("body", b""))
                if len(text) > self.limits.max_bytes:
                    raise too_large(self.limits)
                if not message.get("more_body", False):
                    return bytes(text)

    def _taken(self, piece: bytes) -> bytes:
        self.held += len(piece)
        if self.held > self.most_bytes:
            self.held -= len(piece)
            raise OverloadError([Issue("too much is being sent at once; please try again")])
        return piece

    @contextmanager
    def _given_back(self, text: bytearray) -> Iterator[None]:
        """Count what was read as held until it has been handed on."""
        try:
            yield
        finally:
            self.held -= len(text)
