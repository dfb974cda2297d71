"""The base of Da Vinci PAS 2.2.1, `/fhir/pas`: `Claim/$submit`, and what it can do (`metadata`).

What cannot be processed is one OperationOutcome (spec-35): 400 for what is no JSON, 422 for a Bundle that is none by
its profile. What the payer finds wrong in the content is an answer like any other.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from cds_service.clients.scopes import Need
from cds_service.prior_auth.operations import BASE, PriorAuth
from cds_service.web.caller import Reception
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint, check_media, guarded, reader
from fhir_mappings.prior_auth.bundles import BundleError
from fhir_mappings.publication.searchset import JSON
from hooks.protocol.client import OPEN
from hooks.protocol.errors import ForbiddenError, Issue, outcome

CLAIM = "Claim"
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Base:
    """The operations of the base."""

    reception: Reception
    prior_auth: PriorAuth

    def submit(self) -> Response:
        """Answer a request, an update or a cancellation."""
        check_media()
        answer = self.prior_auth.submission.submit(request.get_data(), self.tenant())
        return Response(answer.reply, content_type=JSON)

    def tenant(self) -> str:
        """Return whose requests are written and read; raises ForbiddenError for an administrator, who sends none."""
        found = reader().tenant
        if found is not None:
            return found
        if self.reception.gate.is_open:
            return OPEN
        raise ForbiddenError([Issue("requests are sent and asked for by a registered client")])


def blueprint(reception: Reception, prior_auth: PriorAuth, stated: Json) -> Blueprint:
    """Return the routes; `stated` is what the base can do."""
    routes = base_blueprint("pas", __name__, BASE)
    served = _Base(reception, prior_auth)

    def add(path: str, need: Need, view: Callable[..., Response], method: str = "POST") -> None:
        view_ = guarded(reception, need, view)
        routes.add_url_rule(path, view.__name__, view_, methods=[method], strict_slashes=False)

    add(f"/{CLAIM}/$submit", Need(CLAIM, "c"), served.submit)
    routes.add_url_rule("/metadata", "metadata", lambda: fhir_reply(stated), strict_slashes=False)
    routes.register_error_handler(BundleError, refused)
    return routes


def refused(error: BundleError) -> Response:
    """Answer a Bundle that cannot be processed."""
    issues = [Issue(f"{one.place}: {one.text}" if one.place else one.text, one.place) for one in error.faults]
    code, status = ("invalid", 422) if error.is_json else ("structure", 400)
    return fhir_reply(outcome(code, issues), status)
