"""CDS Hooks over HTTP: discovery and the services. Source: CDS Hooks 2.0, "Discovery" and "Calling a CDS Service"."""

from collections import Counter
from time import perf_counter

from flask import Blueprint, Response, g, request

from cds_service.app.container import Container
from cds_service.clients.client_assertions import UnnotedError
from cds_service.logs import LOG
from cds_service.storage.feedback import UNKNOWN
from cds_service.web.caller import visit
from cds_service.web.errors import reply
from hooks.ehr_data.fetch_port import Step
from hooks.feedback import read_feedback
from hooks.protocol.client import Caller
from hooks.protocol.crd_versions import CRD_VERSIONS, DEFAULT_VERSION
from hooks.request.body import Limits, unpacked
from hooks.response.service import Reply


def _fetched(steps: tuple[Step, ...]) -> dict[str, object]:
    """Return what is logged of fetching: no name of a step, since it holds the patient's id."""
    if not steps:
        return {}
    return {"fetched": Counter(step.result for step in steps), "fetch_ms": max(step.ms for step in steps)}


def _caller(container: Container, body: bytes) -> Caller:
    """Return who sends a request; raises UnauthorizedError, UnnotedError."""
    return container.gate.caller(visit(container.order_sign.payer.base_url, body))


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


def _keep_feedback(container: Container, service_id: str, limits: Limits) -> None:
    body = request.get_data(cache=False)
    caller = _caller(container, body)
    given = read_feedback(unpacked(body, _encoding(), limits), limits)
    new = container.feedback.keep(caller.tenant, service_id, given) if container.feedback is not None else ()
    unknown = sum(one.topic == UNKNOWN for one in new)
    container.metrics.given(service_id, new)
    fields = {"service": service_id, "entries": len(given), "new": len(new), "unknown": unknown}
    LOG.info("feedback", extra={"fields": fields})


def blueprint(container: Container) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("hooks", __name__)
    offered, limits = container.services, container.settings.limits()
    plain, expressive = offered.discovery(), offered.discovery(expressions=True)

    @routes.get("/cds-services")
    def discover() -> Response:
        caller = container.gate.known(visit(container.order_sign.payer.base_url))
        return reply(expressive if caller is not None and _reads_expressions(caller) else plain)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        begun = perf_counter()
        service, body = offered.find(service_id), request.get_data(cache=False)
        try:
            caller, answered = _caller(container, body), service.answer
        except UnnotedError as error:
            caller, answered = _signer(error), service.answer_without_store
        answer = answered(unpacked(body, _encoding(), limits), caller)
        g.crd_version = answer.figures.version
        container.metrics.answered(service_id, answer)
        _log(service_id, answer, begun)
        return Response(answer.body, content_type="application/json")

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        offered.find(service_id)
        _keep_feedback(container, service_id, limits)
        return Response(b"", content_type="application/json")

    return routes


def _reads_expressions(caller: Caller) -> bool:
    return CRD_VERSIONS.get(caller.version, DEFAULT_VERSION).prefetch_expressions
