"""A request as the gate sees it."""

from dataclasses import dataclass

from flask.globals import request_ctx

from cds_service.clients.access import Gate, Visit
from cds_service.clients.fhir_access import Door

_OF_PROXIES = frozenset({"HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA"})
"""The headers by which proxies say that they pass something on, as WSGI names them."""


def visit(base_url: str, body: bytes = b"", token: str = "") -> Visit:
    """Return the request that is being answered; its address is the one under which clients know this service.

    What a proxy passes on comes from elsewhere, though the proxy itself may stand on this machine. `token` is one that
    came in the body, where no bearer token came.
    """
    asked = request_ctx.request  # the proxy of a request is looked through at every use
    environ = asked.environ
    return Visit(
        authorization=environ.get("HTTP_AUTHORIZATION", f"Bearer {token}" if token else ""),
        method=asked.method,
        url=base_url + asked.path,
        body=body,
        address=asked.remote_addr or "" if _OF_PROXIES.isdisjoint(environ) else "",
    )


@dataclass(frozen=True, slots=True)
class Reception:
    """Where requests come in: who is let in, and the address under which clients know this service."""

    door: Door
    base_url: str

    @property
    def gate(self) -> Gate:
        """Return what decides who is let in by a signed token."""
        return self.door.gate

    def visit(self, body: bytes = b"", token: str = "") -> Visit:
        """Return the request that is being answered."""
        return visit(self.base_url, body, token)
