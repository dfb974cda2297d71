"""A network between a service and its database that can be parted: bytes are dropped, and no connection is closed.

A connection that lost bytes carries none ever again: TCP never delivers what comes after a gap. It ends when the
network is whole again, as one does whose far end answers that it knows it no longer.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from threading import Lock, Thread

_BYTES = 65_536


class Lost(Enum):
    """What a parted network drops: what the service sends, what the database sends, or both."""

    REQUESTS = "requests"
    REPLIES = "replies"
    BOTH = "both"


@dataclass(eq=False)
class _Line:
    """A connection of the service, and the one to the database that it is carried on by."""

    service: socket.socket
    database: socket.socket
    is_broken: bool = False

    def close(self) -> None:
        for one in (self.service, self.database):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@dataclass
class Network:
    """Carries connections from a port of this machine to the socket of a database."""

    to: Path
    lost: Lost | None = None
    lines: set[_Line] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def start(self) -> None:
        """Carry connections until `end`."""
        Thread(target=self._accept, daemon=True).start()

    def end(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._close(set(self.lines))

    @contextmanager
    def parted(self, lost: Lost) -> Iterator[None]:
        """Drop bytes until the end; whatever lost some is closed then."""
        self.lost = lost
        try:
            yield
        finally:
            self.lost = None
            self._close({one for one in set(self.lines) if one.is_broken})

    def _accept(self) -> None:
        while True:
            try:
                service, _ = self.listener.accept()
            except OSError:
                return
            database = socket.socket(socket.AF_UNIX)
            try:
                database.connect(str(self.to))
            except OSError:  # the database is down: the service is refused, as it would be without us
                service.close()
                continue
            line = _Line(service, database)
            with self.lock:
                self.lines.add(line)
            Thread(target=self._carry, args=(line, service, database, Lost.REQUESTS), daemon=True).start()
            Thread(target=self._carry, args=(line, database, service, Lost.REPLIES), daemon=True).start()

    def _carry(self, line: _Line, near: socket.socket, far: socket.socket, kind: Lost) -> None:
        """Carry bytes one way; that one end has closed is carried too, but never over a broken line."""
        with suppress(OSError):
            while some := near.recv(_BYTES):
                line.is_broken |= self.lost in {kind, Lost.BOTH}
                if not line.is_broken:
                    far.sendall(some)
        line.is_broken |= self.lost in {kind, Lost.BOTH}
        if not line.is_broken:
            self._close({line})

    def _close(self, lines: set[_Line]) -> None:
        with self.lock:
            self.lines -= lines
        for one in lines:
            one.close()
