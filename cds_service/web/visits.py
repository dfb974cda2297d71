"""A request as the gate sees it."""

from flask import request

from cds_service.clients.gate import Visit


def visit(base_url: str, body: bytes = b"") -> Visit:
    """Return the request that is being answered; its address is the one under which clients know this service."""
    return Visit(
        authorization=request.headers.get("Authorization", ""),
        method=request.method,
        url=base_url + request.path,
        body=body,
        address=request.remote_addr or "",
    )
