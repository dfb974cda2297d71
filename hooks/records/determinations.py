"""From decided orders to determinations that last: authorizations are looked up or given, and everything is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fhir_mappings.coverage.coverages import CoverageState
from fhir_mappings.dosing.verdict import Verdict
from fhir_mappings.forms.form import form_of
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import read_answers
from fhir_mappings.wording import Wording
from hooks.coverage_decision.determination_table import Decided, Deciding, Held, parts
from hooks.protocol.configuration import UNSOLICITED, Configuration
from hooks.protocol.payer import Payer
from hooks.records.determination_key import key_of, member_of, record_of, whose
from hooks.records.register_port import DeterminationKey, NewAuthorization, Session
from hooks.request.call import Call
from policies.model.dates import CallDay, begins
from policies.model.determination import Authorization
from policies.model.findings import Finding
from policies.model.own_record import OwnRecord
from policies.model.periods import last_day
from policies.model.policy import Policy, RequestKind

Rejudge = Callable[[Decided, Mapping[str, Finding]], Decided]


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it is answered: what was decided, the id under which it is kept, and what that stands for.

    The id is empty where nothing was kept: nobody is told an id that leads nowhere.
    """

    decided: Decided
    assertion_id: str
    key: DeterminationKey | None = None


@dataclass(frozen=True, slots=True)
class Determining:
    """Determines the orders of one call on its day, by which authorizations hold or do not.

    `version` is that of CRD in which the call is answered. `cause` is the key of the sentence that says why, by default
    that the hook was called. `rejudge` judges an order
    anew with what a person answered before; without it no earlier answer is looked for.
    """

    payer: Payer
    say: Wording
    call: Call
    tenant: str
    version: str
    today: CallDay
    cause: str = ""
    rejudge: Rejudge | None = None

    def asked(self, decided: tuple[Decided, ...]) -> tuple[DeterminationKey, ...]:
        """Return what the call asks about: its patient, and the question of each order."""
        told = (one for one in decided if one.determination is not None)
        return (whose(self.call, "", self.tenant), *(key_of(self.call, one, self.tenant) for one in told))

    def all(self, decided: tuple[Decided, ...], session: Session) -> tuple[Sent, ...]:
        """Determine every order of which something is told, and keep it; raises RegisterError."""
        return tuple(self._one(one, session) for one in decided if one.determination is not None)

    def own_records(self, decided: tuple[Decided, ...], session: Session) -> dict[str, OwnRecord]:
        """Return what was authorized before for the member, by the id of the policy; raises RegisterError.

        Until the call ends nobody else authorizes anything for the member.
        """
        members = ((member_of(self.call, one.coverage, self.tenant), one.judgement.concerns) for one in decided)
        session.hold_members((of, policy) for of, policy in members if policy)
        found: dict[str, OwnRecord] = {}
        for one in decided:
            if one.judgement.policy is not None and one.determination is not None:
                policy = one.judgement.policy.id
                record = session.own_record(member_of(self.call, one.coverage, self.tenant), policy, self.today)
                found |= {policy: self._renewing(record, one.judgement.policy)} if record is not None else {}
        return found

    def _renewing(self, record: OwnRecord, policy: Policy) -> OwnRecord:
        """Return a record as a request finds it: of an authorization that ends soon the continuation is asked for."""
        held = record.held
        ends = held is not None and held.end >= self.today and is_renewed(held, policy, self.today)
        return replace(record, ended=held.end) if held is not None and ends else record

    def failed(self, decided: tuple[Decided, ...]) -> tuple[Sent, ...]:
        """Return what is told where the store failed: nothing can be determined, and nothing is kept."""
        failed = self._deciding.technical
        told = (replace(one, determination=failed(one.judgement)) for one in decided if one.determination)
        return tuple(Sent(one, "") for one in told)

    def _one(self, decided: Decided, session: Session) -> Sent:
        key = key_of(self.call, decided, self.tenant)
        decided = self._answered(decided, key, session)
        held = self._held(decided, key, session)
        final = decided if held is None else self._authorized(decided, held)
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

    def _authorized(self, decided: Decided, held: Held) -> Decided:
        told = self._deciding.determination(decided.judgement, decided.coverage, held)
        return replace(decided, determination=told)

    @property
    def _deciding(self) -> Deciding:
        return Deciding(self.payer, self.say)

    def _held(self, decided: Decided, key: DeterminationKey, session: Session) -> Held | None:
        """Return the authorization that holds today, or give one; None if a person has to.

        One that holds was reported, and holds until its last day, whatever is asked and whatever the chart says by now.
        Without a coverage that runs nothing is authorized, and a "what if" call asks for no authorization (CRD).
        """
        judgement, member = decided.judgement, member_of(self.call, decided.coverage, self.tenant)
        if not judgement.concerns or not self._can_be_authorized(decided):
            return None
        live = session.live_authorization(member, judgement.concerns, self.today)
        policy = judgement.policy
        if live is None:
            may = policy is not None and self._approves(decided)
            first = begins(judgement.as_of.day, self.today)
            return Held(self._given(decided, key, first, session)) if may else None
        if policy is None or not is_renewed(live, policy, self.today):
            return Held(live)
        following = session.live_authorization(member, policy.id, live.end + timedelta(days=1))
        if following is None and judgement.request is RequestKind.CONTINUATION and self._approves(decided):
            following = self._given(decided, key, live.end + timedelta(days=1), session)
        return Held(live, following, is_ending=following is None)

    def _given(self, decided: Decided, key: DeterminationKey, first: date, session: Session) -> Authorization:
        policy, _, _ = parts(decided.judgement)
        end = last_day(first, policy.figures.authorization_months)
        dosing, member = decided.judgement.dosing, member_of(self.call, decided.coverage, self.tenant).member
        allowance = dosing.allowance(first, end) if dosing is not None else None
        return session.authorize(key, NewAuthorization(member, first, end, allowance))

    def would_authorize(self, decided: Decided, session: Session) -> bool:
        """Tell whether an order would be given an authorization that there is not yet; nothing is kept."""
        judgement, member = decided.judgement, member_of(self.call, decided.coverage, self.tenant)
        policy = judgement.policy
        if policy is None or not self._can_be_authorized(decided) or not self._approves(decided):
            return False
        live = session.live_authorization(member, policy.id, self.today)
        if live is None:
            return True
        renewed = is_renewed(live, policy, self.today) and judgement.request is RequestKind.CONTINUATION
        return renewed and session.live_authorization(member, policy.id, live.end + timedelta(days=1)) is None

    def _can_be_authorized(self, decided: Decided) -> bool:
        return decided.coverage.state is CoverageState.ACTIVE and self._wants_unsolicited()

    def _approves(self, decided: Decided) -> bool:
        dosing = decided.judgement.dosing
        above = dosing is not None and dosing.judged.verdict is Verdict.ABOVE
        return self._deciding.approves(decided.judgement) and not above

    def _wants_unsolicited(self) -> bool:
        """Tell whether the caller takes determinations that it did not ask for (CRD: a "what if" call does not)."""
        return Configuration.of(self.call.extension).wants(UNSOLICITED)


def is_renewed(authorization: Authorization, policy: Policy, today: CallDay) -> bool:
    """Tell whether an authorization ends so soon that its renewal is offered: within the policy's days."""
    return policy.renewal_days > 0 and (authorization.end - today).days <= policy.renewal_days
