"""A request as the gate sees it."""

from flask import request

from cds_service.clients.access import Visit

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
