"""A server that never ends its answer: it gives a byte of the head, or of the body, now and then."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

HEAD, BODY = b"HTTP/1.1 200 OK\r\nX-Odd: ", b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n{"
_PAUSE_SECONDS = 0.01
_MOST_SECONDS = 20.0
"""After so long it ends: a test of who waits for it for ever fails then, and does not hang."""


@contextmanager
def dripping(begun: bytes) -> Iterator[str]:
    """Serve on this machine until the end; `begun` is what is sent at once, before blanks."""
    ended = Event()

    def drip(opened: socket.socket) -> None:
        with suppress(OSError), opened:
            opened.sendall(begun)
            for _ in range(int(_MOST_SECONDS / _PAUSE_SECONDS)):
                if ended.wait(_PAUSE_SECONDS):
                    return
                opened.sendall(b" ")

    def accept(server: socket.socket) -> None:
        with suppress(OSError):
            while not ended.is_set():
                drip(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=accept, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join()
