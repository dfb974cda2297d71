"""What an address is: which server and path a URL names, and whether that is this machine.

The one place that says so: for the servers of clients, for their key sets, and for who reads what on loopback only.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_PORTS = {"https": 443, "http": 80}
_THIS_MACHINE = "localhost"


class RefusedError(Exception):
    """Nothing is fetched from an address; the message says why."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base URL, taken apart as URLs compare: scheme, host, port, path segments."""

    scheme: str
    host: str
    port: int
    path: tuple[str, ...]

    @property
    def url(self) -> str:
        """Return the base URL in one spelling, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return "/".join((f"{self.scheme}://{host}{port}", *self.path))

    def below(self, reference: str, beside: str = "") -> str:
        """Return the URL of a reference, which lies at or below this base; raises RefusedError for any other.

        A relative one is taken from the base, or from the URL `beside` which it stands.
        """
        try:
            url = urljoin(beside or f"{self.url}/", reference).partition("#")[0]
        except ValueError:
            raise RefusedError("it is no URL") from None
        found = base_of(url, query=True)
        same = (found.scheme, found.host, found.port) == (self.scheme, self.host, self.port)
        if not same or found.path[: len(self.path)] != self.path:
            raise RefusedError("it lies outside of the client's FHIR server")
        query = urlsplit(url).query
        return found.url + (f"?{query}" if query else "")


def base_of(url: str, *, query: bool = False) -> Base:
    """Take a URL apart; raises RefusedError for one that is none, or that names more than a place."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedError("it is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise RefusedError("it is no http or https URL")
    if parts.username is not None or parts.fragment or (parts.query and not query):
        raise RefusedError("it names more than a server and a path")
    return Base(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], _segments(parts))


def _segments(parts: SplitResult) -> tuple[str, ...]:
    path = tuple(step for step in parts.path.split("/") if step)
    if any(unquote(step) in {".", ".."} or "\\" in unquote(step) or "/" in unquote(step) for step in path):
        raise RefusedError("its path leads back")
    return path


def check_secure(url: str, *, query: bool = False) -> None:
    """Raise RefusedError for an address that is not called: neither https, nor http on this machine."""
    base = base_of(url, query=query)
    if base.scheme == "http" and not is_loopback(base.host):
        raise RefusedError("http is for this machine only, write https")


def is_origin(text: str) -> bool:
    """Whether a text is the origin of a page: scheme, host and maybe port; http on this machine only."""
    parts = urlsplit(text)
    try:
        check_secure(text)
    except RefusedError:
        return False
    return text == f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a host may be this machine: by its address, or by a name that is kept for it (RFC 6761).

    Where such a name really leads, `loopback_addresses` finds out.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == _THIS_MACHINE or host.endswith(f".{_THIS_MACHINE}")


def connect_to(url: str) -> tuple[str, ...]:
    """Return where to connect to for a URL: plain http is for this machine, and goes to no other; none: where it leads.

    Raises RefusedError.
    """
    base = base_of(url, query=True)
    return loopback_addresses(base) if base.scheme == "http" else ()


def loopback_addresses(base: Base) -> tuple[str, ...]:
    """Return the addresses of a server on this machine, to connect to; raises RefusedError if it is elsewhere.

    One address elsewhere is enough to refuse the name: a name for this machine has no other.
    """
    try:
        found = socket.getaddrinfo(base.host, base.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedError("the name of the server cannot be resolved") from None
    addresses = tuple(str(one[4][0]) for one in found)
    if not addresses or not all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in addresses):
        raise RefusedError("the name of the server says that it is this machine, and it is not")
    return addresses
