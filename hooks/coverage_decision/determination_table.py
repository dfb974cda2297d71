"""From a judgement to a determination: the table of `docs/determinations.md`, row by row.

The machine never denies: a criterion never makes a product "not covered". It says "satisfied" only inside an
authorization of ours, and gives one only where every criterion is met and the payer turned automatic approval on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage
from fhir_mappings.judgement.judge import Judgement, Outcome
from hooks.coverage_decision.billing_code import assumed, billing
from hooks.coverage_decision.explanations import Explanation, lacking_note
from hooks.protocol.payer import Payer
from policies.evaluation.ruling import Ruling
from policies.kinds.disease import PATIENT_DECEASED
from policies.model.criteria import Leaf, RequestKind
from policies.model.determination import Authorization, Covered, Determination, PaNeeded
from policies.model.notes import Note, Said, Series, together
from policies.model.policy import Policy
from policies.model.truth import Truth


@dataclass(frozen=True, slots=True)
class Decided:
    """One order of a call: the judgement, the coverage it is about, and what is determined (None: nothing)."""

    judgement: Judgement
    coverage: OwnCoverage
    determination: Determination | None


@dataclass(frozen=True, slots=True)
class Held:
    """An authorization that holds on the day of the call; `following` renews it, where that is authorized already.

    `is_ending` tells that it ends soon and is not renewed yet: the renewal is offered beside it.
    """

    authorization: Authorization
    following: Authorization | None = None
    is_ending: bool = False


@dataclass(frozen=True, slots=True)
class DeterminationTable:
    """The rows of the table, in the name of a payer; made once."""

    payer: Payer

    def determination(
        self, judgement: Judgement, coverage: OwnCoverage, held: Held | None = None
    ) -> Determination | None:
        """Return what is determined about an order; None where nothing is determined (something is not to be done).

        `held` is an authorization of ours that holds for the member today, given now or before.
        """
        if judgement.outcome is Outcome.NOT_TO_PERFORM:
            return None
        if coverage.state in (CoverageState.ENDED, CoverageState.UNKNOWN_MEMBER):
            return self._not_covered(judgement, coverage)
        if held is not None and not judgement.is_deceased:
            return self._satisfied(judgement, held)
        return _ROWS[judgement.outcome](self, judgement)

    def technical(self, judgement: Judgement, reason: str = "reason.technical") -> Determination | None:
        """Row: we failed, so that nothing can be determined; None where nothing would have been.

        `reason` is the key of the sentence that says why.
        """
        return self._undetermined(judgement, reason, "technical")

    def unseen(self, judgement: Judgement) -> Determination | None:
        """Row: nobody saw the payor of the Coverage, so that nothing can be determined; no fault of ours, no code."""
        return self._undetermined(judgement, "reason.unseen", "")

    def _undetermined(self, judgement: Judgement, reason: str, reason_code: str) -> Determination | None:
        if judgement.outcome is Outcome.NOT_TO_PERFORM:
            return None
        return Determination(
            covered=Covered.INDETERMINATE,
            pa_needed=PaNeeded.INDETERMINATE,
            reason=Note(reason),
            billing=billing(judgement),
            contact=self.payer.contact,
            reason_code=reason_code,
        )

    def _satisfied(self, judgement: Judgement, held: Held) -> Determination:
        authorization, policy, request = held.authorization, judgement.policy, judgement.request
        renewable = held.is_ending and policy is not None and request is not None
        renewal = self.payer.questionnaire(policy, request) if renewable and policy and request else ""
        said = (
            Note("reason.satisfied", number=authorization.number, end=authorization.end),
            self._renewal(held, renewal),
            assumed(judgement),
        )
        return Determination(
            covered=Covered.COVERED,
            pa_needed=PaNeeded.SATISFIED,
            reason=together(*said),
            renewal=renewal,
            billing=billing(judgement),
            contact=self.payer.contact,
            authorization=authorization,
            dependencies=judgement.rests_on,
        )

    def _renewal(self, held: Held, form: str) -> Said:
        """Return what to say of the time after an authorization; empty while that is far away."""
        after = held.following
        if after is not None:
            return Note("reason.renewed", number=after.number, start=after.start, end=after.end)
        return Note("reason.renewal", form=form) if form else ""

    def _not_covered(self, judgement: Judgement, coverage: OwnCoverage) -> Determination:
        if coverage.state is CoverageState.UNKNOWN_MEMBER:
            reason = Note("reason.no_member", payer=self.payer.name)
            return self._plain(judgement, Covered.NOT_COVERED, None, reason, reason_code="no-member-found")
        if coverage.until:
            reason = Note("reason.ended", date=coverage.until)
        elif coverage.begins:
            reason = Note("reason.not_begun", date=coverage.begins)
        else:
            reason = Note("reason.inactive")
        return self._plain(judgement, Covered.NOT_COVERED, None, reason, reason_code="no-active-coverage")

    def judged(self, judgement: Judgement) -> Determination:
        """Rows: met, unknown, not met, deceased."""
        policy, request, ruling = parts(judgement)
        reason = self._reason(policy, ruling, answered=judgement.is_answered)
        if is_deceased(policy, ruling):
            return self._plain(judgement, Covered.COVERED, PaNeeded.AUTH_NEEDED, reason)
        notes = (reason, lacking_note(judgement), assumed(judgement))
        return Determination(
            covered=Covered.COVERED,
            pa_needed=PaNeeded.AUTH_NEEDED,
            reason=together(*notes),
            doc_needed=("clinical",),
            doc_purpose=("withpa",),
            questionnaire=self.payer.questionnaire(policy, request),
            billing=billing(judgement),
            contact=self.payer.contact,
            dependencies=judgement.rests_on,
        )

    def _reason(self, policy: Policy, ruling: Ruling, *, answered: bool) -> Said:
        if is_deceased(policy, ruling):
            return Note("reason.deceased")
        if ruling.truth is Truth.MET:
            return Note("reason.met_by_answers" if answered else "reason.met", drug=policy.title)
        if ruling.truth is Truth.UNKNOWN:
            points = Series(tuple(question.fact.what for question in ruling.questions))
            return Note("reason.unknown", n=len(ruling.questions), drug=policy.title, points=points)
        why = Explanation(ruling)
        criteria = Series(tuple(map(why.against, ruling.failures)), "; ")
        return Note("reason.not_met", drug=policy.title, criteria=criteria, payer=self.payer.name)

    def unspecific(self, judgement: Judgement) -> Determination:
        """Row: named by text only or by an unspecific code."""
        reason = Note("reason.unspecific")
        return self._plain(judgement, Covered.CONDITIONAL, PaNeeded.CONDITIONAL, reason, detail_code=True)

    def no_policy(self, judgement: Judgement) -> Determination:
        """Row: no policy; the operator's own words."""
        setting = self.payer.without_policy
        return self._plain(judgement, setting.covered, setting.pa_needed, setting.reason)

    def no_policy_yet(self, judgement: Judgement) -> Determination:
        """Row: no policy for that date."""
        setting = self.payer.without_policy
        drug, day = judgement.product.words, judgement.as_of.day
        first = judgement.first_version or ""
        reason = Note("reason.no_policy_yet", payer=self.payer.name, drug=drug, date=day, first=first)
        return self._plain(judgement, setting.covered, setting.pa_needed, reason)

    def of_lines(self, judgement: Judgement) -> Determination:
        """Rows: no policy of the drug is for the member's line of business; which is, is not known, and not guessed."""
        is_open, setting = judgement.outcome is Outcome.LINE_UNKNOWN, self.payer.without_policy
        lines, drug = ", ".join(judgement.for_lines), judgement.product.words
        key = "reason.line_unknown" if is_open else "reason.other_lines"
        reason = Note(key, payer=self.payer.name, drug=drug, lines=lines)
        if is_open:
            return self._plain(judgement, Covered.CONDITIONAL, PaNeeded.CONDITIONAL, reason)
        return self._plain(judgement, setting.covered, setting.pa_needed, reason)

    def _plain(
        self,
        judgement: Judgement,
        covered: Covered,
        pa_needed: PaNeeded | None,
        reason: Said,
        *,
        detail_code: bool = False,
        reason_code: str = "",
    ) -> Determination:
        conditional = covered is Covered.CONDITIONAL or pa_needed is PaNeeded.CONDITIONAL
        return Determination(
            covered=covered,
            pa_needed=pa_needed,
            reason=reason,
            detail_code=detail_code,
            other_info=conditional and not detail_code,
            billing=billing(judgement),
            contact=self.payer.contact,
            reason_code=reason_code,
        )


_ROWS: Mapping[Outcome, Callable[[DeterminationTable, Judgement], Determination]] = MappingProxyType(
    {
        Outcome.JUDGED: DeterminationTable.judged,
        Outcome.UNSPECIFIC: DeterminationTable.unspecific,
        Outcome.NO_POLICY: DeterminationTable.no_policy,
        Outcome.NO_POLICY_YET: DeterminationTable.no_policy_yet,
        Outcome.OTHER_LINES: DeterminationTable.of_lines,
        Outcome.LINE_UNKNOWN: DeterminationTable.of_lines,
    }
)


def without_documents(determination: Determination) -> Determination:
    """Return the determination where nothing is signed yet: no document is asked for (CRD 2.2.1, hook-19)."""
    return replace(determination, doc_needed=(), doc_purpose=(), questionnaire="")


def is_missing(coverage: OwnCoverage) -> bool:
    """Whether no single coverage of ours is known, so that no coverage information can be written."""
    if coverage.state is CoverageState.UNSEEN:
        return coverage.coverage is None
    return coverage.state in (CoverageState.NONE, CoverageState.SEVERAL, CoverageState.FOREIGN)


def parts(judgement: Judgement) -> tuple[Policy, RequestKind, Ruling]:
    """Return policy, request and ruling of a judged order; raises ValueError for any other."""
    if judgement.policy is None or judgement.request is None or judgement.ruling is None:
        raise ValueError(f"{judgement.order.reference} was not judged")
    return judgement.policy, judgement.request, judgement.ruling


def is_deceased(policy: Policy, ruling: Ruling) -> bool:
    """Whether the gate of every request is shut: the patient is recorded as deceased."""
    return any(
        isinstance(reason.criterion, Leaf) and policy.facts[reason.criterion.fact].kind is PATIENT_DECEASED
        for reason in ruling.failures
    )
