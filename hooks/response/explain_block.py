"""How an answer came about, for whoever tests a connection: the `cds-service.explain` block of a reply.

It holds references, names and truths, and no value of a chart. Who gets it: every caller in open mode, and clients that
are registered so.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from fhir_mappings.judgement.judge import Outcome
from fhir_mappings.wording import Wording
from hooks.coverage_decision.authorization import refusal
from hooks.coverage_decision.determination_table import Decided, is_missing
from hooks.ehr_data.fetch_port import Fetched, Step
from hooks.report.order_report import policy_report, site_codes_report
from hooks.request.occasion import Occasion
from policies.evaluation.ruling import Reason, Ruling

Json = dict[str, Any]
KEY = "cds-service.explain"


@dataclass(slots=True)
class Clock:
    """How long each step of a call took, in milliseconds."""

    steps: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=perf_counter)

    def step(self, name: str) -> None:
        """End a step."""
        now = perf_counter()
        self.steps[name] = round((now - self._last) * 1000, 2)
        self._last = now


def explained(
    reply: Json, occasion: Occasion, decided: tuple[Decided, ...], fetched: Fetched, ms: Json, say: Wording
) -> Json:
    """Return a reply with the block; `fetched` is all that was asked for the call, `ms` how long each step took."""
    about = (one["resource"] for one in reply.get("systemActions", ()))
    answered = {f"{one['resourceType']}/{one['id']}" for one in about}
    block = {
        "orders": [_order(occasion, one, answered, say) for one in decided],
        "prefetch": sorted(occasion.call.prefetch.values),
        "fetched": [_step(one) for one in fetched.steps],
        "ms": ms,
        "warnings": [say("explain.odd_instance")] if occasion.call.is_odd_instance else [],
    }
    return reply | {"extension": {KEY: _filled(block)}}


def _order(occasion: Occasion, decided: Decided, answered: Collection[str], say: Wording) -> Json:
    """Return one order; `answered` are the references of the resources that bear a determination."""
    judgement, determination = decided.judgement, decided.determination
    policy, ruling, name = judgement.policy, judgement.ruling, judgement.order.reference
    appointments = occasion.call.asked.appointments.get(name, ())
    is_answered = any(one in answered for one in (name, *(each.reference for each in appointments)))
    is_open = ruling is not None and determination is not None and determination.authorization is None
    against = refusal(judgement, decided.coverage, occasion.payer, occasion.call) if is_open else None
    proposed = {key: one.proposed for key, one in judgement.findings.items() if one.proposals}
    return _filled(
        {
            "order": name,
            "policy": policy_report(policy) if policy is not None else None,
            "request": judgement.request.value if judgement.request is not None else None,
            "coverage": decided.coverage.state.value,
            "why-not": None if is_answered else _why_not(decided, say),
            "not-looked-for": _not_looked_for(occasion, decided, say),
            "not-authorized": against.value if against is not None else None,
            **(_ruling(ruling) if ruling is not None else {"outcome": judgement.outcome.value}),
            "proposed": {key: [each.reference for each in some] for key, some in proposed.items() if some},
            **say.report(site_codes_report(judgement)),
        }
    )


def _not_looked_for(occasion: Occasion, decided: Decided, say: Wording) -> str | None:
    """Say that authorizations were not looked for by patient, since the server of the call is none of its client's."""
    is_own = occasion.caller.speaks_for(occasion.call.fhir_server)
    return None if is_own or decided.judgement.policy is None else say("explain.not_own_server")


def _why_not(decided: Decided, say: Wording) -> str:
    """Say why an order gets no determination."""
    if decided.judgement.outcome is Outcome.NOT_TO_PERFORM:
        return say("explain.not_to_perform")
    if is_missing(decided.coverage):
        return say("explain.no_coverage", state=decided.coverage.state.value)
    return say("explain.no_action")


def _step(step: Step) -> Json:
    aged = {"age_seconds": step.age} if step.age is not None else {}
    return {"name": step.name, "result": step.result, "pages": step.pages, "ms": step.ms, **aged}


def _filled(members: Json) -> Json:
    """Leave out what is null or empty: no member of a message may be (CDS Hooks 2.0, "HTTP and JSON")."""
    return {name: value for name, value in members.items() if value not in (None, [], {})}


def _ruling(ruling: Ruling) -> Json:
    return {
        "ruling": ruling.truth.word,
        "criteria": [_criterion(one) for one in ruling.reasons],
        "questions": [one.fact.name for one in ruling.questions],
        "conflicts": [
            {"criterion": one.criterion.id, "evidence": [item.reference for item in one.evidence]}
            for one in ruling.conflicts
        ],
    }


def _criterion(reason: Reason) -> Json:
    row = {"id": reason.criterion.id, "truth": reason.truth.word}
    evidence = dict.fromkeys([item.reference for item in reason.evidence])
    return row | {"evidence": list(evidence)} if evidence else row
