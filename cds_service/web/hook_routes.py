"""CDS Hooks over HTTP: discovery and the services. Source: CDS Hooks 2.0, "Discovery" and "Calling a CDS Service"."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from cds_service.app.metrics import Metrics
from cds_service.clients.access import Calling
from cds_service.clients.client_assertions import UnnotedError
from cds_service.logs import LOG
from cds_service.register.noted_calls import answered
from cds_service.storage.feedback import UNKNOWN, KeptFeedback, SqlFeedback
from cds_service.web.caller import Reception
from cds_service.web.errors import reply
from hooks.discovery import Service, Services
from hooks.ehr_data.fetch_port import Step
from hooks.feedback import read_feedback
from hooks.protocol.client import Caller
from hooks.protocol.crd_versions import CRD_VERSIONS, DEFAULT_VERSION
from hooks.request.body import Limits, unpacked
from hooks.response.usage_figures import Reply


def _fetched(steps: tuple[Step, ...]) -> dict[str, object]:
    """Return what is logged of fetching: no name of a step, since it holds the patient's id."""
    if not steps:
        return {}
    return {"fetched": Counter(step.result for step in steps), "fetch_ms": max(step.ms for step in steps)}


def _signer(error: UnnotedError) -> Caller:
    """Return who signed a token whose use cannot be noted; raises the error where that is not known either."""
    if error.client is None:
        raise error
    return error.client.caller


def _encoding() -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _log(service: str, answer: Reply, begun: float) -> None:
    fields = {
        "service": service,
        "hookInstance": answer.hook_instance,
        "orders": answer.orders,
        "rulings": answer.rulings,
        **_fetched(answer.steps),
        "ms": round((perf_counter() - begun) * 1000, 1),
    }
    LOG.info("answered", extra={"fields": fields})
    if not answer.stored:
        LOG.error("not stored", extra={"fields": {"hookInstance": answer.hook_instance}})


def _log_feedback(service: str, entries: int, new: Sequence[KeptFeedback]) -> None:
    unknown = sum(one.topic == UNKNOWN for one in new)
    LOG.info(
        "feedback", extra={"fields": {"service": service, "entries": entries, "new": len(new), "unknown": unknown}}
    )


@dataclass(frozen=True, slots=True)
class _Views:
    """The views of the services; without `feedbacks` what is said of cards is counted, and not kept."""

    offered: Services
    limits: Limits
    reception: Reception
    feedbacks: SqlFeedback | None
    metrics: Metrics

    def call(self, service_id: str) -> Response:
        """Answer a call of a hook."""
        begun = perf_counter()
        service, body = self.offered.find(service_id), request.get_data(cache=False)
        try:
            calling = self.reception.gate.calling(self.reception.visit(body))
            answer = self._answered(service, calling, lambda: unpacked(body, _encoding(), self.limits))
        except UnnotedError as error:
            answer = service.answer_without_store(unpacked(body, _encoding(), self.limits), _signer(error))
        g.crd_version = answer.figures.version
        self.metrics.answered(service_id, answer)
        _log(service_id, answer, begun)
        return Response(answer.body, content_type="application/json")

    def _answered(self, service: Service, calling: Calling, body: Callable[[], bytes]) -> Reply:
        if calling.use is None:
            return service.answer(body(), calling.caller)
        return answered(service, self.reception.gate, calling, calling.use, body)

    def feedback(self, service_id: str) -> Response:
        """Take what became of cards."""
        self.offered.find(service_id)
        body = request.get_data(cache=False)
        caller = self.reception.gate.caller(self.reception.visit(body))
        given = read_feedback(unpacked(body, _encoding(), self.limits), self.limits)
        new = self.feedbacks.keep(caller.tenant, service_id, given) if self.feedbacks is not None else ()
        self.metrics.given(service_id, new)
        _log_feedback(service_id, len(given), new)
        return Response(b"", content_type="application/json")


def blueprint(
    offered: Services, limits: Limits, reception: Reception, feedbacks: SqlFeedback | None, metrics: Metrics
) -> Blueprint:
    """Return the routes; without `feedbacks` what is said of cards is counted, and not kept."""
    routes, views = Blueprint("hooks", __name__), _Views(offered, limits, reception, feedbacks, metrics)
    plain, expressive = offered.discovery(), offered.discovery(expressions=True)

    @routes.get("/cds-services", strict_slashes=False)
    def discover() -> Response:
        caller = reception.gate.known(reception.visit())
        return reply(expressive if caller is not None and _reads_expressions(caller) else plain)

    routes.add_url_rule("/cds-services/<service_id>", "call", views.call, methods=["POST"], strict_slashes=False)
    at = "/cds-services/<service_id>/feedback"
    routes.add_url_rule(at, "feedback", views.feedback, methods=["POST"], strict_slashes=False)
    routes.before_app_request(partial(_unknown_first, offered))
    return routes


def _unknown_first(offered: Services) -> None:
    """Refuse what is no service before its method: where there is none no method could be right."""
    if not isinstance(request.routing_exception, MethodNotAllowed):
        return
    home, _, rest = request.path.strip("/").partition("/")
    if home == "cds-services" and rest:
        offered.find(rest.removesuffix("/feedback"))


def _reads_expressions(caller: Caller) -> bool:
    return CRD_VERSIONS.get(caller.version, DEFAULT_VERSION).prefetch_expressions
