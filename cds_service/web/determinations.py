"""`GET /determinations/{id}`: one determination with its criteria, evidence and revisions.

Without registered clients the service is open on loopback, and so is this page.
"""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from cds_service.composition import Container
from cds_service.web.errors import reply
from hooks.determining import TENANT


def blueprint(container: Container) -> Blueprint:
    """Return the route."""
    routes = Blueprint("determinations", __name__)

    @routes.get("/determinations/<name>")
    def determination(name: str) -> Response:
        found = container.archive.find(name, TENANT) if container.archive is not None else None
        if found is None:
            raise NotFound
        return reply(found)

    return routes
