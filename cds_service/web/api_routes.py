"""`GET /openapi.json`, and `/api`: the same as a page that needs no script."""

from flask import Blueprint, Response, render_template

from cds_service.openapi.document import Offer, document
from cds_service.openapi.operation_table import table
from cds_service.web.errors import reply


def blueprint(offer: Offer) -> Blueprint:
    """Return the routes; the document is written once."""
    routes = Blueprint("api", __name__)
    written = document(table(), offer)

    @routes.get("/openapi.json")
    def described() -> Response:
        return reply(written)

    @routes.get("/api")
    def page() -> Response:
        shown = render_template("api.html", document=written)
        answer = Response(shown, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src data:"
        return answer

    return routes
