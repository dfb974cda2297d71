"""`GET /openapi.json`, and `/api`, the same for people; the preset for the certification kit.

RapiDoc shows the document where the build has brought it; `?plain` asks for the page that needs no script.
"""

from functools import cache
from typing import Any

from flask import Blueprint, Response, request

from cds_service.certification.preset import new_session, preset
from cds_service.openapi.document import Offer, document
from cds_service.openapi.operation_table import table
from cds_service.web.errors import reply
from cds_service.web.pages import page

_VIEWER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""RapiDoc writes attributes of style; it asks nobody but this service."""


def blueprint(offer: Offer, payer: str, *, has_viewer: bool) -> Blueprint:
    """Return the routes; the document is written once, when it is first asked for.

    `payer` is the name of the payer; `has_viewer` says that RapiDoc is here.
    """
    routes = Blueprint("api", __name__)

    @cache
    def written() -> dict[str, Any]:
        return document(table(), offer)

    @routes.get("/openapi.json")
    def described() -> Response:
        return reply(written())

    @routes.get("/api")
    def addresses() -> Response:
        viewed = has_viewer and "plain" not in request.args
        return _in_viewer(written(), payer) if viewed else page("api.html", document=written(), payer=payer)

    @routes.get("/certification/preset.json")
    def certification() -> Response:
        return reply(preset(offer.base_url, new_session()))

    return routes


def _in_viewer(written: dict[str, Any], payer: str) -> Response:
    shown = page("api_viewer.html", document=written, payer=payer)
    shown.headers["Content-Security-Policy"] = _VIEWER_POLICY
    return shown
