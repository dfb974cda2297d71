"""`GET /metrics`, and the counting of every request. Open on this machine; elsewhere for an administrator."""

from time import perf_counter

from flask import Blueprint, Flask, Response, g
from flask.globals import request_ctx

from cds_service.app.metrics import CONTENT_TYPE, Metrics
from cds_service.web.caller import Reception

_NOWHERE = "none"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HOOK = "hooks.call"
"""The endpoint of the services."""


def register(app: Flask, metrics: Metrics, services: frozenset[str], reception: Reception) -> None:
    """Serve the figures, and count every request of an application; `services` are the ids of what it offers."""
    app.register_blueprint(_blueprint(metrics, reception))

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        """Count a request; what is not known beforehand is counted under one name, whatever was sent."""
        asked = request_ctx.request  # the proxy of a request is looked through at every use
        method = asked.method if asked.method in _METHODS else _NOWHERE
        metrics.requested(method, asked.url_rule.rule if asked.url_rule else _NOWHERE, response.status_code)
        service = (asked.view_args or {}).get("service_id")
        if asked.endpoint == _HOOK and service in services:
            metrics.called(str(service), g.get("crd_version", _NOWHERE), response.status_code, perf_counter() - g.begun)
        return response


def _blueprint(metrics: Metrics, reception: Reception) -> Blueprint:
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def figures() -> Response:
        reception.gate.check_operator(reception.visit())
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    return routes
