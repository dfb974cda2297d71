"""What every address of a FHIR base shares: the formats that are spoken, and how a fault is reported.

Source: FHIR R4, "RESTful API", "Content Types and encodings": `_format` wins over Accept; JSON is what we speak.
"""

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, g, request

from cds_service.clients.access import Reader
from cds_service.clients.scopes import Need
from cds_service.dtr.errors import DtrError, DtrIssue, Fault
from cds_service.http.threshold import CALL_TYPES
from cds_service.web.caller import Reception
from cds_service.web.errors import fhir_reply
from hooks.protocol.errors import Issue, outcome

JSON_TYPES = frozenset({"application/json", "application/fhir+json", "text/json"})
_FORMATS = JSON_TYPES | {"json", "application/fhir json"}
"""A plus sign that was not escaped arrives as a space."""
_ACCEPTED = JSON_TYPES | {"application/*", "*/*"}


def base_blueprint(name: str, import_name: str, prefix: str) -> Blueprint:
    """Return a blueprint whose routes answer in JSON, and answer faults as an OperationOutcome."""
    routes = Blueprint(name, import_name, url_prefix=prefix)
    routes.before_request(_check_format)
    routes.register_error_handler(DtrError, refused)
    return routes


def guarded(reception: Reception, need: Need, view: Callable[..., Response]) -> Callable[..., Response]:
    """Return a view that is answered only to whom it may; `reader()` then tells who that is."""

    @wraps(view)
    def answered(*places: str, **named: str) -> Response:
        body = request.get_data(cache=True)
        g.reader = reception.door.reader(reception.visit(body), need)
        return view(*places, **named)

    return answered


def reader() -> Reader:
    """Return who is being answered, inside a guarded view."""
    found: Reader = g.reader
    return found


def check_media() -> None:
    """Raise DtrError for a body that is sent as something other than JSON; the threshold does so before."""
    if request.mimetype not in CALL_TYPES:
        raise DtrError(Fault.MEDIA, "send application/fhir+json")


def _check_format() -> None:
    asked = request.args.get("_format", "").partition(";")[0].strip().lower()
    is_ours = asked in _FORMATS if asked else _accepts_json()
    if not is_ours:
        raise DtrError(Fault.FORMAT, "there is application/fhir+json here, and nothing else")


def _accepts_json() -> bool:
    """Whether a client takes JSON; without Accept it does. Parameters such as fhirVersion=4.0 do not matter."""
    accepts = list(request.accept_mimetypes)
    kinds = {name.partition(";")[0].strip() for name, quality in accepts if quality > 0}
    return not accepts or not kinds.isdisjoint(_ACCEPTED)


def refused(error: DtrError) -> Response:
    """Answer a call that cannot be answered."""
    return fhir_reply(outcome(error.fault.code, [_issue(one) for one in error.issues]), error.fault.status)


def _issue(one: DtrIssue) -> Issue:
    place = f"QuestionnaireResponse.descendants().where(linkId='{one.link_id}')" if one.link_id else ""
    return Issue(f"{one.link_id}: {one.text}" if one.link_id else one.text, place)
