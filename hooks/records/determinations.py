"""From decided orders to determinations that last: authorizations are looked up or given, and everything is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fhir_mappings.forms.form import form_of
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import read_answers
from fhir_mappings.wording import Wording
from hooks.coverage_decision.authorization import refusal
from hooks.coverage_decision.determination_table import Decided, DeterminationTable, Held, parts
from hooks.records.determination_key import key_of, member_of, record_of, whose
from hooks.records.register_port import DeterminationKey, NewAuthorization, Session
from hooks.request.occasion import Occasion
from policies.model.criteria import RequestKind
from policies.model.dates import CallDay, begins, last_day
from policies.model.determination import Authorization
from policies.model.findings import Finding
from policies.model.own_record import OwnRecord
from policies.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it is answered: what was decided, the id under which it is kept, and what that stands for.

    The id is empty where nothing was kept: nobody is given an id that leads nowhere.
    """

    decided: Decided
    assertion_id: str
    key: DeterminationKey | None = None


@dataclass(frozen=True, slots=True)
class _InForce:
    """The authorization of a member that holds on a day, and the one that follows it.

    `due` is the first day of the authorization that is to be given now; None where none is.
    """

    live: Authorization | None = None
    following: Authorization | None = None
    due: date | None = None
    is_renewed: bool = False


def questions(occasion: Occasion, decided: tuple[Decided, ...]) -> tuple[DeterminationKey, ...]:
    """Return what a call asks about: its patient, and the question of each order of which something is determined."""
    call, tenant = occasion.call, occasion.tenant
    determined = (one for one in decided if one.determination is not None)
    return (whose(call, "", tenant), *(key_of(call, one, tenant) for one in determined))


def own_records(occasion: Occasion, decided: tuple[Decided, ...], session: Session) -> dict[str, OwnRecord]:
    """Return what was authorized before for the member, by the reference of the order; raises RegisterError.

    Two orders by one policy for several diseases have each the record of its own disease.
    Until the session ends nobody else authorizes anything for the member.
    """
    call, caller = occasion.call, occasion.caller
    members = [(member_of(call, one.coverage, caller), one) for one in decided]
    session.hold_members((of, policy) for of, one in members for policy in one.judgement.held_under)
    found: dict[str, OwnRecord] = {}
    for of, one in members:
        policy = one.judgement.policy
        if policy is not None and one.determination is not None:
            record = session.own_record(of, policy.id, occasion.today, one.judgement.indication)
            if record is not None:
                found[one.judgement.order.reference] = _renewing(record, policy, occasion.today)
    return found


def _renewing(record: OwnRecord, policy: Policy, today: CallDay) -> OwnRecord:
    """Return a record as a request finds it: of an authorization that ends soon the continuation is asked for."""
    held = record.held
    ends = held is not None and held.end >= today and is_renewed(held, policy, today)
    return replace(record, ended=held.end) if held is not None and ends else record


NamedAnswers = Callable[[Decided], Mapping[str, Finding]]
"""Finds what a person answered to an order in a form that the request names."""


def none_named(_: Decided) -> Mapping[str, Finding]:
    """Name no form: a hook call does not."""
    return {}


def earlier_answers(occasion: Occasion, decided: Decided, say: Wording, session: Session) -> Mapping[str, Finding]:
    """Return what a person answered before in the form of an order, by the fact; raises RegisterError.

    Empty where nothing is determined or answered; a form of another version counts no more.
    """
    policy, request = decided.judgement.policy, decided.judgement.request
    if policy is None or request is None or decided.determination is None:
        return {}
    response = session.answered(key_of(occasion.call, decided, occasion.tenant))
    if response is None:
        return {}
    name, text = response
    form = form_of(policy, request, occasion.payer.base_url)
    try:
        return read_answers(text, {form.canonical: form}, say, f"QuestionnaireResponse/{name}").findings
    except AnswersError:
        return {}


def determined(
    occasion: Occasion, decided: tuple[Decided, ...], table: DeterminationTable, session: Session
) -> tuple[Sent, ...]:
    """Write a determination for every order that gets one, and keep it; raises RegisterError."""
    return tuple(_one(occasion, one, table, session) for one in decided if one.determination is not None)


def failed(decided: tuple[Decided, ...], table: DeterminationTable) -> tuple[Sent, ...]:
    """Return what is answered where the store failed: nothing can be determined, and nothing is kept."""
    answered = (one for one in decided if one.determination is not None)
    return tuple(Sent(replace(one, determination=table.technical(one.judgement)), "") for one in answered)


def would_authorize(occasion: Occasion, decided: Decided, session: Session) -> bool:
    """Whether an order would be given an authorization that there is not yet; nothing is kept."""
    return _in_force(occasion, decided, session).due is not None


def _one(occasion: Occasion, decided: Decided, table: DeterminationTable, session: Session) -> Sent:
    key = key_of(occasion.call, decided, occasion.tenant)
    held = _held(occasion, decided, key, session)
    if held is not None:
        decided = replace(decided, determination=table.determination(decided.judgement, decided.coverage, held))
    record = record_of(decided, occasion.cause, occasion.version.name)
    return Sent(decided, session.determine(key, record), key)


def _held(occasion: Occasion, decided: Decided, key: DeterminationKey, session: Session) -> Held | None:
    """Return the authorization that holds today, or give one; None if a person has to."""
    found = _in_force(occasion, decided, session)
    given = _given(occasion, decided, key, found.due, session) if found.due is not None else None
    if found.live is None:
        return Held(given) if given is not None else None
    following = found.following or given
    return Held(found.live, following, is_ending=found.is_renewed and following is None)


def _in_force(occasion: Occasion, decided: Decided, session: Session) -> _InForce:
    """Return which authorization holds for the member of an order, and whether one is to be given now.

    One that holds was reported, and holds until its last day, whatever is asked and whatever the chart says by now.
    """
    judgement, today = decided.judgement, occasion.today
    against = refusal(judgement, decided.coverage, occasion.payer, occasion.call)
    if not judgement.held_under or (against is not None and against.is_of_call):
        return _InForce()
    member, policy = member_of(occasion.call, decided.coverage, occasion.caller), judgement.policy
    disease = judgement.indication
    held = (session.live_authorization(member, one, today, disease) for one in judgement.held_under)
    live = next((one for one in held if one is not None), None)
    if live is None:
        return _InForce(due=begins(judgement.as_of.day, today) if against is None else None)
    if policy is None or not is_renewed(live, policy, today):
        return _InForce(live)
    after = live.end + timedelta(days=1)
    following = session.live_authorization(member, policy.id, after, disease)
    is_due = following is None and judgement.request is RequestKind.CONTINUATION and against is None
    return _InForce(live, following, after if is_due else None, is_renewed=True)


def _given(occasion: Occasion, decided: Decided, key: DeterminationKey, first: date, session: Session) -> Authorization:
    policy, _, _ = parts(decided.judgement)
    end = last_day(first, policy.figures.authorization_months)
    dosing = decided.judgement.dosing
    member = member_of(occasion.call, decided.coverage, occasion.caller)
    allowance = dosing.allowance(first, end) if dosing is not None else None
    return session.authorize(key, NewAuthorization(member, first, end, allowance, decided.judgement.indication))


def is_renewed(authorization: Authorization, policy: Policy, today: CallDay) -> bool:
    """Whether an authorization ends so soon that its renewal is offered: within the policy's days."""
    return policy.renewal_days > 0 and (authorization.end - today).days <= policy.renewal_days
