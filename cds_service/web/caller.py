"""A request as the gate sees it."""

from dataclasses import dataclass

from flask import request

from cds_service.clients.access import Gate, Visit
from cds_service.clients.fhir_access import Door

_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def visit(base_url: str, body: bytes = b"", token: str = "") -> Visit:
    """Return the request that is being answered; its address is the one under which clients know this service.

    What a proxy passes on comes from elsewhere, though the proxy itself may stand on this machine. `token` is one that
    came in the body, where no bearer token came.
    """
    is_passed_on = any(name in request.headers for name in _OF_PROXIES)
    return Visit(
        authorization=request.headers.get("Authorization", f"Bearer {token}" if token else ""),
        method=request.method,
        url=base_url + request.path,
        body=body,
        address="" if is_passed_on else request.remote_addr or "",
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
