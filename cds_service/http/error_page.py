"""An error as a page, for who opened an address in a browser; programs get an OperationOutcome."""

from flask import Response, current_app, render_template, request

from cds_service.http.language import spoken
from fhir_mappings.wording import Wording

_KINDS = ("application/json", "application/fhir+json", "text/html")
_PROTOCOLS = ("/cds-services", "/fhir")
_PLACES = ("pages.policies", "api.addresses", "trying.show")


def is_for_people() -> bool:
    """Return whether a browser asked for a page: it names HTML before anything else (RFC 9110, 12.5.1).

    Below the addresses of the two protocols everybody is answered as these say.
    """
    if request.method != "GET" or request.path.startswith(_PROTOCOLS):
        return False
    return request.accept_mimetypes.best_match(_KINDS) == "text/html"


def error_page(status: int, text: str, payer: str, own: Wording) -> Response:
    """Return an error as a page that leads on; `text` is what a program would be answered."""
    say = spoken(own)
    places = [one for one in _PLACES if one in current_app.view_functions]
    reason = say(f"lost.because.{status}") if f"lost.because.{status}" in say.sentences else ""
    shown = render_template("lost.html", status=status, text=text, reason=reason, payer=payer, say=say, places=places)
    answer = Response(shown, status, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src data:"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
