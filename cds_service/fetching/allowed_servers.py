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
