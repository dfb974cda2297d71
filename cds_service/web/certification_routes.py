"""`GET /certification/preset.json`: what a tester loads into the certification kit (docs/certification.md)."""

from flask import Blueprint, Response

from cds_service.conformance.preset import preset
from cds_service.web.errors import reply


def blueprint(base_url: str) -> Blueprint:
    """Return the route."""
    routes = Blueprint("certification", __name__)

    @routes.get("/certification/preset.json")
    def of_this_service() -> Response:
        return reply(preset(base_url))

    return routes
