"""The base of Da Vinci PAS 2.2.1, `/fhir/pas`: `Claim/$submit`, `Claim/$inquire`, and what it can do (`metadata`).

What cannot be processed is one OperationOutcome (spec-35): 400 for what is no JSON, 422 for a Bundle that is none by
its profile. What the payer finds wrong in the content is an answer like any other.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cds_service.clients.scopes import Need
from cds_service.notifications.outbox import shown
from cds_service.prior_auth.operations import BASE, PriorAuth
from cds_service.requests_on_file.notices import Subscription
from cds_service.web.caller import Reception
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint, check_media, guarded, reader
from fhir_mappings.prior_auth.bundles import BundleError
from fhir_mappings.prior_auth.information_requests import SUBMIT_ATTACHMENT
from fhir_mappings.publication.searchset import JSON
from hooks.protocol.client import OPEN
from hooks.protocol.errors import ForbiddenError, Issue, outcome

CLAIM = "Claim"
SUBSCRIPTION = "Subscription"
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

    def attach(self) -> Response:
        """Take documents and answered forms for a request that waits for a person."""
        check_media()
        self.prior_auth.attaching.take(request.get_data(), self.tenant())
        issues = [Issue("what was sent stands with the request")]
        return fhir_reply(outcome("informational", issues, severity="information"))

    def inquire(self) -> Response:
        """Answer an inquiry."""
        check_media()
        return fhir_reply(self.prior_auth.inquiries.answer(request.get_data(), self.tenant()))

    def subscribe(self) -> Response:
        """Take a subscription."""
        check_media()
        made = self.prior_auth.subscribing.create(request.get_data(), self.tenant())
        answer = fhir_reply(shown(made), 201)
        answer.headers["Location"] = f"{self.reception.base_url}{BASE}/{SUBSCRIPTION}/{made.id}"
        return answer

    def change(self, name: str) -> Response:
        """Take a subscription in place of one of the client's own."""
        check_media()
        self._own(name)
        return fhir_reply(shown(self.prior_auth.subscribing.create(request.get_data(), self.tenant(), name)))

    def read(self, name: str) -> Response:
        """Show a subscription of the client's own."""
        return fhir_reply(shown(self._own(name)))

    def end(self, name: str) -> Response:
        """Delete a subscription of the client's own."""
        self._own(name)
        self.prior_auth.subscribing.notices.drop(name, self.tenant())
        return Response(status=204)

    def _own(self, name: str) -> Subscription:
        found = self.prior_auth.subscribing.notices.find(name, self.tenant())
        if found is None:
            raise NotFound
        return found

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
    add(f"/{CLAIM}/$inquire", Need(CLAIM, "r"), served.inquire)
    add(f"/{SUBMIT_ATTACHMENT}", Need(CLAIM, "c"), served.attach)
    add(f"/{SUBSCRIPTION}", Need(SUBSCRIPTION, "c"), served.subscribe)
    add(f"/{SUBSCRIPTION}/<name>", Need(SUBSCRIPTION, "u"), served.change, "PUT")
    add(f"/{SUBSCRIPTION}/<name>", Need(SUBSCRIPTION, "r"), served.read, "GET")
    add(f"/{SUBSCRIPTION}/<name>", Need(SUBSCRIPTION, "d"), served.end, "DELETE")
    routes.add_url_rule("/metadata", "metadata", lambda: fhir_reply(stated), strict_slashes=False)
    routes.register_error_handler(BundleError, refused)
    return routes


def refused(error: BundleError) -> Response:
    """Answer a Bundle that cannot be processed."""
    issues = [Issue(f"{one.place}: {one.text}" if one.place else one.text, one.place) for one in error.faults]
    code, status = ("invalid", 422) if error.is_json else ("structure", 400)
    return fhir_reply(outcome(code, issues), status)
