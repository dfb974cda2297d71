"""A call of a WSGI application by a worker: its body is there in one piece, and its answer is taken in one piece.

So a request changes threads once, to its worker and back. Source: PEP 3333.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote

from cds_service.front.request_body import Scope

Environ = dict[str, Any]
Pairs = list[tuple[str, str]]
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"expect"})
"""What says how a body comes: it has come."""
_BARE = {b"content-type": "CONTENT_TYPE"}
_IN_QUERY = "%=&+:/?;,$@!*'()|~"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a whole: it is kept until it has gone out, however slowly, and holds no worker."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class _Answering:
    """What an application says of its answer; nothing is sent, so that what it says last counts."""

    status: str = ""
    headers: Pairs = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)

    def start(self, status: str, headers: Pairs, _error: object = None) -> Callable[[bytes], None]:
        """Take status and headers; returns what takes pieces of the body."""
        self.status, self.headers = status, headers
        return self.pieces.append


def answered(application: Callable[[Environ, Any], Iterable[bytes]], scope: Scope, body: bytes) -> Reply:
    """Return the answer to a request whose body was read; raises what the application raises."""
    answering = _Answering()
    pieces = application(_environ(scope, body), answering.start)
    try:
        answering.pieces.extend(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answering.headers]
    return Reply(int(answering.status[:3]), headers, b"".join(answering.pieces))


def _environ(scope: Scope, body: bytes) -> Environ:
    """Return a request as WSGI knows it, with the addresses of the connection."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": _ascii(bytes(scope["query_string"])),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = map(str, scope["client"])
    return environ | _headers(scope["headers"]) | {"CONTENT_LENGTH": str(len(body))}


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by the names of WSGI; of several with commas."""
    found: dict[str, str] = {}
    for key, value in pairs:
        small = bytes(key).lower()
        if small not in _FRAMING:
            name = _BARE.get(small) or "HTTP_" + small.decode("latin-1").upper().replace("-", "_")
            text = bytes(value).decode("latin-1")
            found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _ascii(query: bytes) -> str:
    """Return a query in plain ASCII: bytes beyond it are escaped, as they should have been sent."""
    return query.decode() if query.isascii() else quote(query, safe=_IN_QUERY)
