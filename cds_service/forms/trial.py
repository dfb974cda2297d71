"""A call tried out: judged as a signing is, with every reason shown, and nothing stored, fetched or noted.

What an answer needs of a store it finds in one of its own, in memory, that is gone with the answer.

A bare chart (a Bundle with one patient) becomes a call with an order for a drug of ours and a coverage of the plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from cds_service.forms.details import Drawn, drawn_of
from cds_service.forms.outcome import Line, lines
from cds_service.forms.trial_policies import TrialPolicies, UnknownChoiceError
from cds_service.register.register import SqlRegister
from cds_service.storage.engine import MEMORY, open_engine
from fhir_mappings.coverage.business_lines import BusinessLines
from fhir_mappings.coverage.coverage_information import written_on
from fhir_mappings.wording import Wording
from hooks.coverage_decision.determination_table import Decided
from hooks.discovery import for_call
from hooks.protocol.client import Caller
from hooks.protocol.errors import CallError
from hooks.protocol.payer import CardDetail, Delivery, Payer
from hooks.report.order_report import order_report
from hooks.response.explain_block import KEY
from hooks.response.response import Written
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from policies.model.dates import CallDay

Json = dict[str, Any]
_ORDER, _COVERAGE = "tried-order", "tried-coverage"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is tried: the text of a call or of a chart, the policy as chosen, day, CRD version, delivery, card."""

    text: str
    policy: str = ""
    day: str = ""
    version: str = ""
    delivery: str = ""
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class TriedOrder:
    """One order: its title, its report in words, its criteria, and its timeline; None where it was not judged."""

    title: str
    report: Json
    lines: tuple[Line, ...]
    drawn: Drawn | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial: the orders, the reply in full, what it says, how long each step took, and the service."""

    orders: tuple[TriedOrder, ...]
    cards: tuple[Json, ...]
    actions: tuple[Json, ...]
    steps: Mapping[str, float]
    raw: str
    call: str
    service: str


class TrialError(Exception):
    """A call that cannot be tried; each part says what is wrong, and where."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        super().__init__("; ".join(parts))


def tried(policies: TrialPolicies, asked: Asked, say: Wording) -> Tried:
    """Try a call; raises TrialError for one that cannot be answered."""
    try:
        chosen = policies.chosen(asked.policy)
    except UnknownChoiceError as error:
        raise TrialError(error.parts) from None
    answering = chosen.answering
    body = _call(answering, asked, chosen.policy)
    day = _day(asked.day)
    service = replace(for_call(answering, body).without_store(), say=say)
    if body != asked.text.encode():
        service = replace(service, payer=_of_line(service.payer, answering.judge.catalogue, chosen.policy))
    service = replace(service, today=lambda: CallDay(day)) if day is not None else service
    written = _written(service, body, _caller(asked))
    reply = orjson.loads(written.text)
    return Tried(
        orders=tuple(_order(one, say) for one in written.decided),
        cards=tuple(reply.get("cards", ())),
        actions=tuple(_coverage(reply)),
        steps=reply.get("extension", {}).get(KEY, {}).get("ms", {}),
        raw=orjson.dumps(reply, option=orjson.OPT_INDENT_2).decode(),
        call=body.decode(),
        service=service.hook.service_id,
    )


def _written(service: Answering, body: bytes, caller: Caller) -> Written:
    """Answer with a store in memory that is gone with the answer; raises TrialError for what no call may be."""
    engine = open_engine(MEMORY)
    try:
        _, written, _ = replace(service, register=SqlRegister(engine)).answered(body, caller)
    except CallError as error:
        raise TrialError([f"{one.place}: {one.text}" if one.place else one.text for one in error.issues]) from None
    finally:
        engine.dispose()
    return written


def _caller(asked: Asked) -> Caller:
    delivery = next((one for one in Delivery if one.value == asked.delivery), Delivery.BOTH)
    detail = CardDetail.FULL if asked.is_full else CardDetail.SHORT
    return Caller(version=asked.version, delivery=delivery, explain=True, card_detail=detail)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise TrialError([f"{text} is no date such as 2026-11-25"]) from None


def _call(answering: Answering, asked: Asked, policy: str) -> bytes:
    """Return the call; a Bundle is made one."""
    try:
        content = orjson.loads(asked.text)
    except orjson.JSONDecodeError as error:
        raise TrialError([f"this is not JSON: {error}"]) from None
    if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        return asked.text.encode()
    return orjson.dumps(_of_chart(answering, content, policy))


def _patient_of(chart: Json) -> Json:
    """Return the one patient of a chart; raises TrialError for none, and for several."""
    listed = chart.get("entry")
    entries = (one.get("resource") for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    patients = [one for one in entries if isinstance(one, dict) and one.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise TrialError([f"a chart is a Bundle with one Patient; this one has {len(patients)}"])
    return patients[0]


def _order_for(patient: str, product: Json) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": _ORDER,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {"coding": [product]},
    }


def _coverage_of(patient: str, system: str, value: str) -> Json:
    return {
        "resourceType": "Coverage",
        "id": _COVERAGE,
        "status": "active",
        "beneficiary": {"reference": f"Patient/{patient}"},
        "payor": [{"identifier": {"system": system, "value": value}}],
    }


def _of_chart(answering: Answering, chart: Json, policy: str) -> Json:
    """Return a signing of a drug for the one patient of a chart, with a coverage of the plan; raises TrialError."""
    patient = _patient_of(chart)
    name, product = str(patient.get("id", "")), _product(answering.judge.catalogue, policy)
    order, coverage = _order_for(name, product), _coverage_of(name, *min(answering.payer.identifiers))
    return {
        "hook": "order-sign",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {
            "userId": "Practitioner/tried",
            "patientId": name,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]},
        },
        "prefetch": {"patient": patient, "coverage": _searchset(coverage), "chart": chart},
    }


def _of_line(payer: Payer, known: Catalogue, policy: str) -> Payer:
    """Return the plan as it answers for a chart: its member is of a line of business that the policy is for."""
    named = known.versions(policy).policies[-1].holds_for
    return replace(payer, lines=BusinessLines(always=named[0])) if named else payer


def _searchset(resource: Json) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource}]}


def _product(catalogue: Catalogue, policy: str) -> Json:
    """Return the code of a policy's drug that is billed, else its first; raises TrialError where none is chosen."""
    if policy not in catalogue.ids:
        raise TrialError([f"choose a drug for the chart: {', '.join(catalogue.ids)}"])
    product = catalogue.versions(policy).policies[-1].figures.product
    if product.billing_code:
        return {"system": product.billing_system, "code": product.billing_code, "display": product.billing_display}
    first = catalogue.drugs.by_id[product.drug].codes[0]
    return {"system": first.system.uri, "code": first.code, "display": first.display}


def _order(decided: Decided, say: Wording) -> TriedOrder:
    report, judgement = say.report(order_report(decided)), decided.judgement
    policy, request, drawn = judgement.policy, judgement.request, drawn_of(judgement, say)
    if policy is None or request is None or judgement.ruling is None or drawn is None:
        return TriedOrder(report["product"], report, (), None)
    return TriedOrder(policy.title, report, tuple(lines(report, policy.requests[request], say)), drawn)


def _coverage(reply: Json) -> Iterator[Json]:
    """Yield what the system actions say of coverage: the resource, and each part by name."""
    for action in reply.get("systemActions", ()):
        resource = action["resource"]
        for parts in written_on(resource):
            yield {"on": f"{resource['resourceType']}/{resource['id']}", "parts": parts}
