"""`GET /metrics`, and the counting of every request. Open on this machine; elsewhere for an administrator."""

from time import perf_counter

from flask import Blueprint, Flask, Response, g, request

from cds_service.app.container import Container
from cds_service.app.metrics import CONTENT_TYPE
from cds_service.web.caller import visit

_NOWHERE = "none"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HOOK = "hooks.call"
"""The endpoint of the services."""


def register(app: Flask, container: Container) -> None:
    """Serve the figures, and count every request of an application."""
    app.register_blueprint(_blueprint(container))
    metrics = container.metrics
    services = frozenset(one.id for one in container.services.offered)

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        """Count a request; what is not known beforehand is counted under one name, whatever was sent."""
        method = request.method if request.method in _METHODS else _NOWHERE
        metrics.requested(method, request.url_rule.rule if request.url_rule else _NOWHERE, response.status_code)
        service = (request.view_args or {}).get("service_id")
        if request.endpoint == _HOOK and service in services:
            metrics.called(str(service), g.get("crd_version", _NOWHERE), response.status_code, perf_counter() - g.begun)
        return response


def _blueprint(container: Container) -> Blueprint:
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def figures() -> Response:
        container.gate.check_operator(visit(container.order_sign.payer.base_url))
        return Response(container.metrics.text(), content_type=CONTENT_TYPE)

    return routes
