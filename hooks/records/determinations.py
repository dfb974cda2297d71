"""From decided orders to determinations that last: authorizations are looked up or given, and everything is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from fhir_mappings.coverage.coverages import CoverageState
from fhir_mappings.dosing.verdict import Verdict
from fhir_mappings.forms.form import form_of
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import read_answers
from fhir_mappings.wording import Wording
from hooks.coverage_decision.determination_table import Decided, Deciding
from hooks.protocol.configuration import UNSOLICITED, Configuration
from hooks.protocol.payer import Payer
from hooks.records.determination_key import key_of, record_of, whose
from hooks.records.register_port import DeterminationKey, Session
from hooks.request.call import Call
from policies.model.determination import Authorization
from policies.model.findings import Finding
from policies.model.periods import last_day
from policies.model.policy import RequestKind

Rejudge = Callable[[Decided, Mapping[str, Finding]], Decided]


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it is answered: what was decided, the id under which it is kept, and what that stands for."""

    decided: Decided
    assertion_id: str
    key: DeterminationKey | None = None


@dataclass(frozen=True, slots=True)
class Determining:
    """Determines the orders of one call.

    `version` is that of CRD in which the call is answered. `cause` is the key of the sentence that says why, by default
    that the hook was called. `rejudge` judges an order
    anew with what a person answered before; without it no earlier answer is looked for.
    """

    payer: Payer
    say: Wording
    call: Call
    tenant: str
    version: str
    cause: str = ""
    rejudge: Rejudge | None = None

    def all(self, decided: tuple[Decided, ...], session: Session) -> tuple[Sent, ...]:
        """Determine every order of which something is told, and keep it; raises RegisterError."""
        return tuple(self._one(one, session) for one in decided if one.determination is not None)

    def run_out(self, decided: tuple[Decided, ...], session: Session) -> frozenset[str]:
        """Return the policies of first requests for which an authorization of ours has run; raises RegisterError.

        These are no first requests: what was authorized was begun, though the chart may not hold it.
        """
        judged = (one for one in decided if one.judgement.request is RequestKind.INITIAL)
        named = ((one, one.judgement.policy) for one in judged)
        return frozenset(
            policy.id
            for one, policy in named
            if policy is not None and session.has_run(whose(self.call, policy.id, self.tenant), one.judgement.as_of.day)
        )

    def failed(self, decided: tuple[Decided, ...]) -> tuple[Sent, ...]:
        """Return what is told where the store failed: nothing can be determined, and nothing is kept."""
        failed = self._deciding.technical
        told = (replace(one, determination=failed(one.judgement)) for one in decided if one.determination)
        return tuple(Sent(one, str(uuid4())) for one in told)

    def _one(self, decided: Decided, session: Session) -> Sent:
        key = key_of(self.call, decided, self.tenant)
        decided = self._answered(decided, key, session)
        authorization = self._authorization(decided, key, session)
        final = decided if authorization is None else self._authorized(decided, authorization)
        name = session.determine(
            key, record_of(final, self.say, self.say(self.cause or f"cause.{self.call.hook}"), self.version)
        )
        return Sent(final, name, key)

    def _answered(self, decided: Decided, key: DeterminationKey, session: Session) -> Decided:
        """Return an order judged with what a person answered before in its form.

        A form of another version counts no more.
        """
        policy, request = decided.judgement.policy, decided.judgement.request
        if self.rejudge is None or policy is None or request is None:
            return decided
        response = session.answered(key)
        if response is None:
            return decided
        name, text = response
        form = form_of(policy, request, self.payer.base_url)
        try:
            answers = read_answers(text, {form.canonical: form}, self.say, f"QuestionnaireResponse/{name}").findings
        except AnswersError:
            return decided
        return self.rejudge(decided, answers) if answers else decided

    def _authorized(self, decided: Decided, authorization: Authorization) -> Decided:
        told = self._deciding.determination(decided.judgement, decided.coverage, authorization)
        return replace(decided, determination=told)

    @property
    def _deciding(self) -> Deciding:
        return Deciding(self.payer, self.say)

    def _authorization(self, decided: Decided, key: DeterminationKey, session: Session) -> Authorization | None:
        """Return the authorization that holds for a request, or give one; None if a person has to.

        Without a policy, or a coverage that runs, there is nothing to authorize. A dose that is certainly
        above the policy's is for a person to look at.
        """
        policy = decided.judgement.policy
        if policy is None or not self._can_authorize(decided):
            return None
        start = decided.judgement.as_of.day
        live = session.live_authorization(key, start)
        dosing = decided.judgement.dosing
        if live is not None or not self._approves(decided):
            return live
        end = last_day(start, policy.figures.authorization_months)
        return session.authorize(key, start, end, dosing.allowance(start, end) if dosing is not None else None)

    def would_authorize(self, decided: Decided, session: Session) -> bool:
        """Tell whether an order would be given an authorization that there is not yet; nothing is kept."""
        if not (self._can_authorize(decided) and self._approves(decided)):
            return False
        key = key_of(self.call, decided, self.tenant)
        return session.live_authorization(key, decided.judgement.as_of.day) is None

    def _can_authorize(self, decided: Decided) -> bool:
        has_policy, runs = decided.judgement.policy is not None, decided.coverage.state is CoverageState.ACTIVE
        return has_policy and runs and self._wants_unsolicited()

    def _approves(self, decided: Decided) -> bool:
        dosing = decided.judgement.dosing
        above = dosing is not None and dosing.judged.verdict is Verdict.ABOVE
        return self._deciding.approves(decided.judgement) and not above

    def _wants_unsolicited(self) -> bool:
        """Tell whether the caller takes determinations that it did not ask for (CRD: a "what if" call does not)."""
        return Configuration.of(self.call.extension).wants(UNSOLICITED)
