"""One member, judged by one version of a policy: the pure function behind `cds-service impact`."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec
import orjson

from fhir_mappings.judgement.judge import Judgement, Outcome
from fhir_mappings.members.member_chart import MemberChart
from fhir_mappings.members.policy_version import PolicyVersion
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.resources import Resource
from policies.evaluation.findings_codec import as_plain, to_plain
from policies.model.dates import CallDay

_RESOURCE = msgspec.json.Decoder(Resource)
_FEW = 64


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a version of a policy says of an order: plain values, which pickle.

    `outcome` is the name of an `Outcome`; without JUDGED there is neither request nor ruling. `criteria` are the truths
    by the criteria's ids, in the policy's order; `questions` the facts that are open and matter, in asking order.
    `findings` are the facts as JSON, as a determination keeps them (`policies.evaluation.findings_codec`).
    """

    outcome: str
    request: str
    ruling: str
    criteria: tuple[tuple[str, str], ...]
    questions: tuple[str, ...]
    findings: bytes


def judge(chart: MemberChart, order: bytes, policy: PolicyVersion, on: date) -> Ruled:
    """Judge an order (FHIR R4 as JSON) by a member's chart and a version of a policy, as if signed on a day.

    The version judges whatever its own date is; an order that is not for its drug comes back with an outcome other than
    JUDGED. Raises PolicyError, UnknownVersionError, or msgspec.DecodeError for an order that is none.
    """
    return ruled(policy.judge().judge((_order(order),), chart.chart, CallDay(on))[0])


def ruled(judgement: Judgement) -> Ruled:
    """Return a judgement as plain values."""
    ruling, request = judgement.ruling, judgement.request
    if judgement.outcome is not Outcome.JUDGED or ruling is None or request is None:
        return Ruled(judgement.outcome.name, "", "", (), (), b"{}")
    return Ruled(
        outcome=judgement.outcome.name,
        request=request.value,
        ruling=ruling.truth.value,
        criteria=tuple([(one.criterion.id, one.truth.value) for one in ruling.reasons]),
        questions=tuple([one.fact.name for one in ruling.questions]),
        findings=orjson.dumps(to_plain(judgement.findings), as_plain, orjson.OPT_PASSTHROUGH_DATETIME),
    )


def drafted_order(policy: PolicyVersion, on: date) -> bytes:
    """Return an order of a policy's drug, drafted on a day: a MedicationRequest with the drug's first code."""
    drugs = policy.judge().catalogue.drugs
    first = drugs.by_id[policy.load().figures.product.drug].codes[0]
    return msgspec.json.encode(
        {
            "resourceType": "MedicationRequest",
            "id": "order",
            "status": "draft",
            "intent": "order",
            "authoredOn": on.isoformat(),
            "medicationCodeableConcept": {"coding": [{"system": first.system.uri, "code": first.code}]},
        }
    )


@lru_cache(_FEW)
def _order(raw: bytes) -> Order:
    return Order(_RESOURCE.decode(raw), msgspec.Raw(raw))
