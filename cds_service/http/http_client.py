"""Every HTTP call that leaves this process; nothing else may use `requests`."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

_TIMEOUT_SECONDS = 10
_CHUNK_BYTES = 65_536
_MOST_CONNECTIONS = 16
_OK = 200
Session = requests.Session


class OutgoingError(Exception):
    """An answer that could not be had; the message says why, and holds nothing of the answer."""


class StatusError(OutgoingError):
    """An answer of another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered with HTTP {status}")
        self.status = status


@contextmanager
def session() -> Iterator[Session]:
    """Yield a session that takes no proxy and no credentials from the environment."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def answers(http: Session, url: str) -> bool:
    """Whether an address answers with success."""
    try:
        return http.get(url, timeout=_TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


def post_json(http: Session, url: str, body: bytes) -> tuple[int, Any]:
    """Post a body as JSON; returns the status and the reply."""
    reply = http.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=_TIMEOUT_SECONDS)
    return reply.status_code, reply.json()


@dataclass(slots=True)
class Line:
    """The connections to one server; once cut, what is open is shut, and nothing is opened any more.

    `addresses` are where to connect, the first that answers, whatever the name of the host would give by then; none:
    where the name leads.
    """

    addresses: tuple[str, ...] = ()
    _sockets: list[socket.socket] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _is_cut: bool = False

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """Open a connection; raises OSError."""
        opened = self._opened(host, port, timeout)
        with self._lock:
            if self._is_cut:
                opened.close()
                raise ConnectionAbortedError("the line is cut")
            self._sockets.append(opened.dup())
        return opened

    def _opened(self, host: str, port: int, timeout: Any) -> socket.socket:
        *others, last = self.addresses or (host,)
        for address in others:
            try:
                return socket.create_connection((address, port), timeout)
            except OSError:
                continue
        return socket.create_connection((last, port), timeout)

    def cut(self) -> None:
        """Shut what is open: whoever waits for an answer waits no longer."""
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                with one, suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._sockets.clear()


class _Adapter(HTTPAdapter):
    """Connects through a line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(pool_connections=1, pool_maxsize=_MOST_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make connections by the line."""
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = _pools(self._line)


def _pools(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.connect(self.host, self.port or 80, self.timeout)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.connect(self.host, self.port or 443, self.timeout)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


@contextmanager
def session_on(line: Line) -> Iterator[Session]:
    """Yield a session that connects by a line only, and keeps no cookies; threads may share it."""
    with session() as opened:
        opened.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            opened.mount(scheme, _Adapter(line))
        yield opened


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer as it came, and its content encoding."""

    body: bytes
    encoding: str


@contextmanager
def _as_outgoing_errors() -> Iterator[None]:
    """Raise OutgoingError, in words that hold nothing of an answer, for whatever goes wrong on the way."""
    try:
        yield
    except (requests.Timeout, TimeoutError):
        raise OutgoingError("not in time") from None
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise OutgoingError(f"the server cannot be reached or broke off: {type(error).__name__}") from None


def fetch(http: Session, url: str, headers: Mapping[str, str], until: float, most_bytes: int) -> Answer:
    """Get an address by a time of the monotonic clock, following no redirect; raises OutgoingError."""
    left = _left(until)
    with (
        _as_outgoing_errors(),
        http.get(url, headers=dict(headers), timeout=left, allow_redirects=False, stream=True) as reply,
    ):
        body = _read(reply, until, most_bytes)
        return Answer(body, reply.headers.get("Content-Encoding", "").strip().lower())


def download(http: Session, url: str, target: Path, headers: Mapping[str, str]) -> None:
    """Get an address into a file, however large, following no redirect; raises OutgoingError.

    The server may take ten seconds between two parts.
    """
    with (
        _as_outgoing_errors(),
        http.get(url, headers=dict(headers), timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True) as reply,
        target.open("wb") as file,
    ):
        if reply.status_code != _OK:
            raise OutgoingError(f"the server answered with HTTP {reply.status_code}")
        for part in reply.raw.stream(_CHUNK_BYTES, decode_content=True):
            file.write(part)


def post_form(http: Session, url: str, fields: Mapping[str, str], until: float, most_bytes: int) -> bytes:
    """Post fields of a form by a time of the monotonic clock, following no redirect; raises OutgoingError."""
    left, headers = _left(until), {"Accept": "application/json", "Accept-Encoding": "identity"}
    with (
        _as_outgoing_errors(),
        http.post(url, data=dict(fields), headers=headers, timeout=left, allow_redirects=False, stream=True) as reply,
    ):
        return _read(reply, until, most_bytes)


def _read(reply: requests.Response, until: float, most_bytes: int) -> bytes:
    """Read an answer with success to its end; raises OutgoingError."""
    if reply.status_code != _OK:
        raise StatusError(reply.status_code)
    parts, size = [], 0
    for part in reply.raw.stream(_CHUNK_BYTES, decode_content=False):
        size += len(part)
        if size > most_bytes:
            raise OutgoingError("the answer is too large")
        _left(until)
        parts.append(part)
    _left(until)
    return b"".join(parts)


def _left(until: float) -> float:
    """Return how long there is; raises OutgoingError once it is late: what a cut leaves may look like an answer."""
    left = until - monotonic()
    if left <= 0:
        raise OutgoingError("not in time")
    return left


def exchange(http: Session, url: str, body: bytes | None, token: str) -> tuple[int, str, bytes]:
    """Get an address, or post JSON to it, with a bearer token if there is one; raises OutgoingError.

    Returns the status, the media type and the content, whatever they are. No redirect is followed.
    """
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    method, more = ("GET", {}) if body is None else ("POST", {"Content-Type": "application/json"})
    try:
        reply = http.request(
            method, url, data=body, headers=headers | more, timeout=_TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise OutgoingError(f"{url}: {type(error).__name__}") from None
    return reply.status_code, reply.headers.get("Content-Type", "").partition(";")[0].strip(), reply.content


def deliver(http: Session, url: str, body: bytes, headers: Mapping[str, str], until: float) -> int:
    """Post FHIR to an address by a time of the monotonic clock, following no redirect; returns the status.

    Nothing of the answer is read. Raises OutgoingError.
    """
    left = _left(until)
    headers_sent = {**headers, "Content-Type": "application/fhir+json"}
    with (
        _as_outgoing_errors(),
        http.post(url, data=body, headers=headers_sent, timeout=left, allow_redirects=False, stream=True) as reply,
    ):
        _left(until)
        return reply.status_code
