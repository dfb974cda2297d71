"""Every error as an OperationOutcome. This is the one place that catches everything."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from cds_service.clients.client_assertions import UnnotedError
from cds_service.database.transactions import StoreError
from cds_service.http.error_page import error_page, is_for_people
from cds_service.logs import LOG
from fhir_mappings.publication.searchset import JSON
from fhir_mappings.wording import Wording
from hooks.protocol.errors import OF_HTTP, CallError, Issue, outcome, status_and_outcome
from hooks.records.register_port import RegisterError
from hooks.request.body import encoded

_FHIR = "/fhir"
_OF_BODY = frozenset({"content-type", "content-length"})
RETRY_SECONDS = "5"
STORE_FAILED = "what this service keeps cannot be reached at the moment; please try again"


def register(app: Flask, payer: str, own: Wording) -> None:
    """Make an application answer every error in the same form; people who browse get a page in their language."""

    def readable(answered: Callable[[Any], Response]) -> Callable[[Any], Response]:
        """Return a handler that shows the same error as a page to who browses, with its status and headers."""

        def handle(error: Any) -> Response:
            answer = answered(error)
            if answer.status_code < HTTPStatus.BAD_REQUEST or not is_for_people():
                return answer
            shown = error_page(answer.status_code, _text_of(answer), payer, own)
            shown.headers.extend(pair for pair in answer.headers if pair[0].lower() not in _OF_BODY)
            return shown

        return handle

    app.register_error_handler(CallError, readable(call_error))
    app.register_error_handler(HTTPException, readable(http_error))
    for one in (StoreError, RegisterError, UnnotedError):
        app.register_error_handler(one, readable(store_failed))
    app.register_error_handler(Exception, readable(unexpected))


def _text_of(answer: Response) -> str:
    """Return what a program would be answered, as the outcome says it."""
    return "; ".join(one["details"]["text"] for one in answer.get_json()["issue"])


def call_error(error: CallError) -> Response:
    """Answer a call that cannot be answered: the table in `hooks.protocol.errors` says how."""
    status, content = status_and_outcome(error)
    g.crd_version = error.version
    LOG.info("refused", extra={"fields": {"status": status, "error": type(error).__name__}})
    answer = _error_response(content, status)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP itself, such as a wrong address or method, keeping its headers (Allow, say)."""
    status = error.code or 500
    if status < 400:
        return Response(error.get_response().data, status, dict(error.get_headers()))
    code, text = _said(error)
    answer = _error_response(outcome(code, [Issue(text)]), status)
    headers = (pair for pair in error.get_headers() if pair[0].lower() not in {"content-type", "content-length"})
    answer.headers.extend(headers)
    return answer


def _said(error: HTTPException) -> tuple[str, str]:
    """Return the code of an error of HTTP, and what is said of it."""
    return OF_HTTP.get(error.code or 500, ("processing", error.name))


def store_failed(error: StoreError | RegisterError | UnnotedError) -> Response:
    """Answer what cannot be answered without the store, while it fails; a call of a hook has an answer of its own."""
    LOG.error("the store failed", extra={"fields": {"error": str(error)}})
    answer = _error_response(outcome("transient", [Issue(STORE_FAILED)]), HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def unexpected(error: Exception) -> Response:
    """Answer a fault of ours: what went wrong goes to the log without its text, since that could hold patient data."""
    LOG.error("failed", exc_info=error)
    code, text = OF_HTTP[500]
    return _error_response(outcome(code, [Issue(text)]), 500)


def _error_response(content: object, status: int) -> Response:
    """Return an error in the media type of its address."""
    return Response(encoded(content), status, content_type=media_of(request.path))


def media_of(path: str) -> str:
    """Return the media type of an error at an address: under a FHIR base that of FHIR."""
    return JSON if path.startswith(_FHIR) else "application/json"


def reply(content: object, status: int = 200) -> Response:
    """Return JSON."""
    return Response(encoded(content), status, content_type="application/json")


def fhir_reply(content: object, status: int = 200) -> Response:
    """Return a FHIR resource."""
    return Response(encoded(content), status, content_type=JSON)
