"""Every error as an OperationOutcome. This is the one place that catches everything."""

from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from cds_service.logs import LOG
from fhir_mappings.publication.searchset import JSON
from hooks.protocol.errors import OF_HTTP, CallError, Issue, outcome, told
from hooks.request.body import encoded

_FHIR = "/fhir"


def register(app: Flask) -> None:
    """Make an application answer every error in the same form."""
    app.register_error_handler(CallError, call_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)


def call_error(error: CallError) -> Response:
    """Answer a call that cannot be answered: the table in `hooks.protocol.errors` says how."""
    status, content = told(error)
    g.crd_version = error.version
    LOG.info("refused", extra={"fields": {"status": status, "error": type(error).__name__}})
    answer = _told(content, status)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP itself, such as a wrong address or method, keeping its headers (Allow, say)."""
    status = error.code or 500
    if status < 400:
        return Response(error.get_response().data, status, dict(error.get_headers()))
    code, text = OF_HTTP.get(status, ("processing", error.name))
    answer = _told(outcome(code, [Issue(text)]), status)
    headers = (pair for pair in error.get_headers() if pair[0].lower() not in {"content-type", "content-length"})
    answer.headers.extend(headers)
    return answer


def unexpected(error: Exception) -> Response:
    """Answer a fault of ours: what went wrong goes to the log without its text, since that could hold patient data."""
    LOG.error("failed", exc_info=error)
    code, text = OF_HTTP[500]
    return _told(outcome(code, [Issue(text)]), 500)


def _told(content: object, status: int) -> Response:
    """Return an error in the media type of its address: under a FHIR base that of FHIR."""
    return (fhir_reply if request.path.startswith(_FHIR) else reply)(content, status)


def reply(content: object, status: int = 200) -> Response:
    """Return JSON."""
    return Response(encoded(content), status, content_type="application/json")


def fhir_reply(content: object, status: int = 200) -> Response:
    """Return a FHIR resource."""
    return Response(encoded(content), status, content_type=JSON)
