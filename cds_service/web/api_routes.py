"""`GET /openapi.json`, and `/api`, the same as a page that needs no script; the preset for the certification kit."""

from functools import cache
from typing import Any

from flask import Blueprint, Response

from cds_service.conformance.preset import preset
from cds_service.openapi.document import Offer, document
from cds_service.openapi.operation_table import table
from cds_service.web.errors import reply
from cds_service.web.pages import page


def blueprint(offer: Offer, payer: str) -> Blueprint:
    """Return the routes; the document is written once, when it is first asked for. `payer` is the payer's name."""
    routes = Blueprint("api", __name__)

    @cache
    def written() -> dict[str, Any]:
        return document(table(), offer)

    @routes.get("/openapi.json")
    def described() -> Response:
        return reply(written())

    @routes.get("/api")
    def addresses() -> Response:
        return page("api.html", document=written(), payer=payer)

    @routes.get("/certification/preset.json")
    def certification() -> Response:
        return reply(preset(offer.base_url))

    return routes
