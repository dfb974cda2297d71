"""From which server may be fetched.

A registered client's call: from the base URLs of its registration. An open service: from this machine, and from the
servers of the setting `open_fhir_servers`. Plain http is for this machine only. Whether a name means this machine is
decided by the addresses that it resolves to, and to one of these the connection is then made.
"""

from dataclasses import dataclass

from cds_service.http.addresses import Base, RefusedError, base_of, is_loopback


@dataclass(frozen=True, slots=True)
class Allowed:
    """The base URLs that may be fetched from; with `loopback` any server of this machine too."""

    base_urls: tuple[str, ...] = ()
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Permitted:
    """A server that may be fetched from; `pinned` says that it must be this machine."""

    base: Base
    pinned: bool


def permitted(server: str, allowed: Allowed) -> Permitted:
    """Whether a server may be fetched from, without asking anybody; raises RefusedError."""
    base = base_of(server)
    listed = any(base == base_of(one) for one in allowed.base_urls)
    if listed and base.scheme == "https":
        return Permitted(base, pinned=False)
    if (listed or allowed.loopback) and is_loopback(base.host):
        return Permitted(base, pinned=True)
    raise RefusedError("nothing is fetched from this server: it is not registered here")


def permitted_below(url: str, allowed: Allowed) -> Permitted:
    """Return an address at or below one that is allowed, to be sent to; raises RefusedError for any other."""
    base = base_of(url)
    bases = [base_of(one) for one in allowed.base_urls]
    listed = any(_lies_below(base, one) for one in bases)
    if listed and base.scheme == "https":
        return Permitted(base, pinned=False)
    if (listed or allowed.loopback) and is_loopback(base.host):
        return Permitted(base, pinned=True)
    raise RefusedError("nothing is sent to this address: it is not registered here")


def _lies_below(one: Base, other: Base) -> bool:
    same = (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
    return same and one.path[: len(other.path)] == other.path
