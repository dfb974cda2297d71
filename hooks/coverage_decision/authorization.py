"""Whether an order is authorized without a person, or what stands against it: one question, one answer.

The machine never denies: what is refused here waits for a person at the payer (`docs/determinations.md`).
"""

from enum import Enum

from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage
from fhir_mappings.dosing.verdict import Verdict
from fhir_mappings.judgement.judge import Judgement
from hooks.protocol.configuration import UNSOLICITED, Configuration
from hooks.protocol.payer import Payer
from hooks.request.call import Call
from policies.evaluation.ruling import Ruling
from policies.model.findings import Origin
from policies.model.truth import Truth


class Refusal(Enum):
    """Why the machine authorizes nothing, as the explain block shows it; the first that holds, from the top."""

    NO_ACTIVE_COVERAGE = "no-active-coverage"
    WHAT_IF = "what-if-call"
    NOT_AUTOMATIC = "approval-not-automatic"
    NOT_JUDGED = "not-judged"
    DRAFT = "policy-is-draft"
    NOT_MET = "criteria-not-met"
    CONFLICT = "evidence-contradictory"
    WEAK_EVIDENCE = "evidence-weak"
    ANSWERED = "answers-beyond-chart"
    INCOMPLETE_CHART = "chart-incomplete"
    DOSE_ABOVE = "dose-above-policy"

    @property
    def is_of_call(self) -> bool:
        """Whether not even an authorization that holds is looked for: the call cannot be about one."""
        return self in (Refusal.NO_ACTIVE_COVERAGE, Refusal.WHAT_IF)


def refusal(judgement: Judgement, coverage: OwnCoverage, payer: Payer, call: Call) -> Refusal | None:
    """Return what stands against authorizing a judged order at once; None if nothing does.

    The payer wants it, and the chart alone proves every criterion on strong evidence, with nothing against it. What was
    sought in vain may contradict what came, so that a chart which is known to lack it proves too little. A "what if"
    call (`unsolicited-determ: false`) asks for no authorization (CRD, configuration options).
    """
    if coverage.state is not CoverageState.ACTIVE:
        return Refusal.NO_ACTIVE_COVERAGE
    if not Configuration.of(call.extension).wants(UNSOLICITED):
        return Refusal.WHAT_IF
    if not payer.automatic_approval:
        return Refusal.NOT_AUTOMATIC
    if judgement.ruling is None:
        return Refusal.NOT_JUDGED
    if judgement.policy is not None and judgement.policy.is_draft:
        return Refusal.DRAFT
    # The dose comes last: it is worked out only where everything else would let the order through.
    return _of_proof(judgement, judgement.ruling) or _of_dose(judgement)


def _of_proof(judgement: Judgement, ruling: Ruling) -> Refusal | None:
    if ruling.truth is not Truth.MET:
        return Refusal.NOT_MET
    if ruling.conflicts:
        return Refusal.CONFLICT
    if not all(reason.strong for reason in ruling.reasons if reason.truth is Truth.MET):
        return Refusal.WEAK_EVIDENCE
    if not all(one.counted or one.origin is not Origin.ANSWER for one in judgement.findings.values()):
        return Refusal.ANSWERED
    return Refusal.INCOMPLETE_CHART if judgement.lacking else None


def _of_dose(judgement: Judgement) -> Refusal | None:
    is_above = judgement.dosing is not None and judgement.dosing.judged.verdict is Verdict.ABOVE
    return Refusal.DOSE_ABOVE if is_above else None
