"""A request as the gate sees it."""

from flask import request

from cds_service.clients.gate import Visit


def visit(base_url: str, body: bytes = b"", token: str = "") -> Visit:
    """Return the request that is being answered; its address is the one under which clients know this service.

    `token` is one that came in the body, where no bearer token came.
    """
    return Visit(
        authorization=request.headers.get("Authorization", f"Bearer {token}" if token else ""),
        method=request.method,
        url=base_url + request.path,
        body=body,
        address=request.remote_addr or "",
    )
