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
from hooks.coverage_decision.determination_table import Decided, is_missing
from hooks.ehr_data.fetch_port import Fetched, Step
from hooks.request.call import Call
from policies.evaluation.ruling import Ruling

Json = dict[str, Any]
KEY = "cds-service.explain"


@dataclass(slots=True)
class Clock:
    """Tells how long each step of a call took, in milliseconds."""

    steps: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=perf_counter)

    def step(self, name: str) -> None:
        """End a step."""
        now = perf_counter()
        self.steps[name] = round((now - self._last) * 1000, 2)
        self._last = now


@dataclass(frozen=True, slots=True)
class Explained:
    """Writes the block for one call; `wanted` tells whether its caller is to get one."""

    call: Call
    fetched: Fetched
    clock: Clock
    say: Wording
    wanted: bool

    def added(self, reply: Json, decided: tuple[Decided, ...]) -> Json:
        """Return a reply with the block, if it is wanted."""
        if not self.wanted:
            return reply
        about = (one["resource"] for one in reply.get("systemActions", ()))
        answered = {f"{one['resourceType']}/{one['id']}" for one in about}
        return reply | {"extension": self._block(decided, answered)}

    def _block(self, decided: tuple[Decided, ...], answered: Collection[str]) -> Json:
        """Return the block; `answered` are the references of the resources on which something is told."""
        steps = [_step(one) for one in self.fetched.steps]
        orders = [self._order(one, is_answered=self._is_answered(one, answered)) for one in decided]
        came = sorted(self.call.prefetch.values)
        return {KEY: _filled({"orders": orders, "prefetch": came, "fetched": steps, "ms": self.clock.steps})}

    def _is_answered(self, decided: Decided, answered: Collection[str]) -> bool:
        appointments = self.call.asked.appointments.get(_name(decided), ())
        return any(one in answered for one in (_name(decided), *(each.reference for each in appointments)))

    def _order(self, decided: Decided, *, is_answered: bool) -> Json:
        judgement = decided.judgement
        policy, ruling = judgement.policy, judgement.ruling
        return _filled(
            {
                "order": _name(decided),
                "policy": {"id": policy.id, "version": policy.version.isoformat()} if policy is not None else None,
                "request": judgement.request.value if judgement.request is not None else None,
                "coverage": decided.coverage.state.value,
                "why-not": None if is_answered else self._why_not(decided),
                **(_ruling(ruling) if ruling is not None else {"outcome": judgement.outcome.value}),
                "proposed": {
                    name: [each.reference for each in one.proposed]
                    for name, one in judgement.findings.items()
                    if one.proposed
                },
            }
        )

    def _why_not(self, decided: Decided) -> str:
        """Say why nothing is told on an order."""
        if decided.judgement.outcome is Outcome.NOT_TO_PERFORM:
            return self.say("explain.not_to_perform")
        if is_missing(decided.coverage):
            return self.say("explain.no_coverage", state=decided.coverage.state.value)
        return self.say("explain.no_action")


def _step(step: Step) -> Json:
    aged = {"age_seconds": step.age} if step.age is not None else {}
    return {"name": step.name, "result": step.result, "pages": step.pages, "ms": step.ms, **aged}


def _name(decided: Decided) -> str:
    return decided.judgement.order.reference


def _filled(members: Json) -> Json:
    """Leave out what is null or empty: no member of a message may be (CDS Hooks 2.0, "HTTP and JSON")."""
    return {name: value for name, value in members.items() if value not in (None, [], {})}


def _ruling(ruling: Ruling) -> Json:
    return {
        "ruling": ruling.truth.value,
        "criteria": [
            _filled(
                {
                    "id": one.criterion.id,
                    "truth": one.truth.value,
                    "evidence": list(dict.fromkeys([item.reference for item in one.evidence])),
                }
            )
            for one in ruling.reasons
        ],
        "questions": [one.fact.name for one in ruling.questions],
        "conflicts": [
            {"criterion": one.criterion.id, "evidence": [item.reference for item in one.evidence]}
            for one in ruling.conflicts
        ],
    }
