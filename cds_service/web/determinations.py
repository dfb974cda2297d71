"""`GET /determinations/{id}`: one determination with its criteria, evidence and revisions.

It is read by the tenant that caused it, and by an administrator; in open mode by anyone on this machine.
"""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from cds_service.app.container import Container
from cds_service.web.caller import visit
from cds_service.web.errors import reply
from cds_service.web.read_notes import DETERMINATION, shows


def blueprint(container: Container) -> Blueprint:
    """Return the route."""
    routes = Blueprint("determinations", __name__)

    @routes.get("/determinations/<name>")
    def determination(name: str) -> Response:
        reader = container.gate.reader(visit(container.order_sign.payer.base_url))
        shows(DETERMINATION, name, reader.tenant)
        found = container.archive.find(name, reader.tenant) if container.archive is not None else None
        if found is None:
            raise NotFound
        return reply(found)

    return routes
