"""What a reviewer decides of a request: each decision is a further answer with its person, and nothing is overwritten.

What is approved is authorized in the same transaction, by the register that order-sign reads: there is one number.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from cds_service.prior_auth.answers import Decision, Writing, items_of, read_again
from cds_service.prior_auth.grants import allowed, asked_beyond, is_slip, least_end, too_little, units_of_a_dose
from cds_service.prior_auth.more_information import asked_for_more
from cds_service.register.call_session import SqlSession
from cds_service.register.register import SqlRegister
from cds_service.replay.judged_again import judged_again, unsettled
from cds_service.requests_on_file.kept_requests import DECIDED, PENDED, KeptAnswer, Request
from cds_service.requests_on_file.notices import announce
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.requests_on_file.store_session import StoreSession
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.dosing.sheet import DosingSheet
from fhir_mappings.prior_auth.claim import ClaimItem
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer, in_units, pended
from fhir_mappings.prior_auth.pas_urls import Review
from fhir_mappings.prior_auth.subscription import EVENT
from fhir_mappings.wording import Wording
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization
from hooks.response.service import Answering
from policies.evaluation.findings_codec import from_plain
from policies.model.dates import last_day
from policies.model.determination import Authorization
from policies.model.notes import Note
from policies.model.policy import Policy

Json = dict[str, Any]
EXTENSION_DAYS = 14
"""By how much the time for a decision may be extended, once (42 CFR 422.568(b)(1)(i))."""
_MONTHS = 6
"""How long an approval lasts where no policy says so."""


class Act(Enum):
    """What a reviewer does."""

    APPROVE = "approved"
    CHANGE = "changed"
    DENY = "denied"
    ASK = "asked"
    EXTEND = "extended"
    APPEAL = "appealed"


class DecisionError(Exception):
    """A decision that cannot be taken; the note says why."""

    def __init__(self, note: Note) -> None:
        self.note = note
        super().__init__(note.key)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer decided of one item: the act, the person, and what belongs to it.

    `end` is the last day of a changed approval, `units` how much of it; `criterion` and `words` say why it is denied,
    or what is asked; `evidence` what the reviewer found.
    """

    act: Act
    person: str
    sequence: int
    words: str = ""
    criterion: str = ""
    reason: str = ""
    evidence: str = ""
    end: date | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """What is decided on: a request, the verdict on one item of it, and how that was judged and its dose read.

    `kept` is None where nothing was determined, `dosing` also where the call is lost.
    """

    request: Request
    verdict: Verdict
    kept: Kept | None = None
    dosing: DosingSheet | None = None

    @property
    def about(self) -> Json:
        """Return what the item was judged by, and whom it would be given to."""
        return dict(self.request.about.get(str(self.verdict.sequence), {}))

    @property
    def asked(self) -> ClaimItem | None:
        """Return the item as it was asked for."""
        items = read_again(self.request)[1].items
        return next((one for one in items if one.sequence == self.verdict.sequence), None)


@dataclass(frozen=True, slots=True)
class Decisions:
    """Keeps what reviewers decide; `answering` is the service by which orders are judged."""

    store: PriorAuthStore
    archive: Archive
    register: SqlRegister
    writing: Writing
    answering: Answering
    say: Wording
    now: Callable[[], datetime]

    def decide(self, request: Request, verdict: Verdict) -> KeptAnswer:
        """Keep a decision; raises DecisionError, StoreError and RegisterError."""
        _check(verdict)
        case = self._case(request, verdict)
        if verdict.act in _FINAL and (why := unsettled(case.about, case.kept, self._policy(case.kept))):
            raise DecisionError(Note(why))
        if case.kept is None:
            with self.store.session(request.first) as session:
                return self._decided(case, session, None)
        with self.register.answering(case.kept.call_id, self.answering.today(), request.tenant) as register:
            register.hold([case.kept.question])
            register.hold_members([(MemberKey(**case.about["member"]), case.kept.policy)])
            return self._decided(case, StoreSession(register.connection, register.sealed), register)

    def _case(self, request: Request, verdict: Verdict) -> _Case:
        """Read what a decision is about; the dose only where something is given, before anything is locked."""
        name = _Case(request, verdict).about.get("determination", "")
        read = self.archive.kept if verdict.act in _GRANTS else self.archive.told
        kept = read(name) if name else None
        judgement = judged_again(self.answering, kept) if kept is not None and verdict.act in _GRANTS else None
        return _Case(request, verdict, kept, judgement.dosing if judgement is not None else None)

    def _decided(self, case: _Case, session: StoreSession, register: SqlSession | None) -> KeptAnswer:
        request, verdict = case.request, case.verdict
        state = session.state(request.id)  # first: what is read after it does not change any more
        answers = session.answers(request.id)
        items = items_of(answers[-1])
        before = next((one for one in items if one.sequence == verdict.sequence), None)
        _check_open(before, verdict, state)
        given = self._given(case, register) if verdict.act in _GRANTS else None
        after = tuple(self._item(one, case, given) if one is before else one for one in items)
        asks, words = verdict.act is Act.ASK, verdict.words
        asking = asked_for_more(request, verdict.sequence, self.writing.base_url, words) if asks else ()
        said = {name: getattr(verdict, name) for name in _SAID}
        decision = Decision(verdict.act.value, after, person=verdict.person, asking=asking, said=said)
        answer = self.writing.kept(request, read_again(request), decision, answers[-1].number + 1, self.now())
        session.answer(request, answer)
        announce(session.connection, request, answer.number, EVENT, self.now())
        session.change(request.id, state=PENDED if pended(after) else DECIDED, **self._due(request, verdict.act))
        return answer

    def _due(self, request: Request, act: Act) -> Json:
        """Return until when a request is due after a decision, where that changes."""
        if act is Act.EXTEND:
            return {"due": request.due + timedelta(days=EXTENSION_DAYS)}
        return {"due": self.now() + timedelta(days=7)} if act is Act.APPEAL else {}

    def _given(self, case: _Case, register: SqlSession | None) -> Authorization:
        """Authorize an item; of what no policy is about there is a number, and nothing that order-sign would find."""
        first, verdict, kept, about = self.answering.today(), case.verdict, case.kept, case.about
        policy = self._policy(kept)
        end = verdict.end or last_day(first, policy.figures.authorization_months if policy else _MONTHS)
        days = case.asked.days if case.asked is not None else ("", "")
        if verdict.act is Act.CHANGE:
            dose = units_of_a_dose(kept.report) if kept is not None else None
            if (slip := too_little(verdict.end, verdict.units, least_end(days, first), dose)) is not None:
                raise DecisionError(slip)
        if register is None or kept is None or policy is None:
            given = Authorization(f"PA{secrets.token_hex(6).upper()}", first, end)
        else:
            member, key = MemberKey(**about["member"]), DeterminationKey(**about["key"])
            whole = case.dosing.allowance(first, end) if case.dosing is not None else None
            whom = member, first, end, allowed(whole, _quantity(case)), policy.indication_in(from_plain(kept.findings))
            given = register.authorize(key, NewAuthorization(*whom))
        if verdict.act is Act.APPROVE and (beyond := asked_beyond(days, given)) is not None:
            raise DecisionError(Note("review.asked_longer", asked=beyond, end=given.end))
        return given

    def _policy(self, kept: Kept | None) -> Policy | None:
        """Return the policy by which an item was judged; None where none did."""
        version = date.fromisoformat(kept.policy_version) if kept is not None and kept.policy_version else None
        catalogue = self.answering.judge.catalogue
        filed = catalogue.as_judged(kept.policy, version, kept.policy_revision) if kept and version else None
        return filed.chosen_by(from_plain(kept.findings)) if filed is not None and kept is not None else None

    def _item(self, before: ItemAnswer, case: _Case, given: Authorization | None) -> ItemAnswer:
        """Return what an item is after a decision."""
        verdict = case.verdict
        if verdict.act in {Act.ASK, Act.EXTEND}:
            note = verdict.words or self.say("review.extended", days=EXTENSION_DAYS)
            return replace(before, notes=(*before.notes, note))
        if verdict.act is Act.APPEAL:
            return replace(before, review=Review.PENDED, notes=(self.say("review.appealed"),), reasons=())
        if given is None:
            why = self.say("review.denied", criterion=verdict.criterion, words=verdict.words)
            reasons = (verdict.reason,) if verdict.reason else ()
            return replace(before, review=Review.NOT_CERTIFIED, notes=(why,), reasons=reasons)
        today = self.answering.today().isoformat()
        approved = allowed(given.allowance, _quantity(case))
        units = approved.units if approved is not None else verdict.units
        granted = Granted(given.number, today, given.start.isoformat(), given.end.isoformat(), units)
        notes = (verdict.words,) if verdict.words else ()
        if verdict.act is Act.APPROVE:
            return replace(before, review=Review.CERTIFIED, granted=granted, notes=notes, changed={})
        quantity: Json = {"quantity": in_units(verdict.units)} if verdict.units is not None else {}
        changed = quantity or {"days": given.end.isoformat()}
        return replace(before, review=Review.MODIFIED, granted=granted, notes=notes, changed=changed)


def _quantity(case: _Case) -> Json:
    """Return how much is approved: what a reviewer set, else what was asked; empty where neither says."""
    units, asked = case.verdict.units, case.asked.quantity if case.asked is not None else {}
    return in_units(units) if units is not None else asked


_GRANTS = frozenset({Act.APPROVE, Act.CHANGE})
_FINAL = _GRANTS | {Act.DENY}
_SAID = ("sequence", "criterion", "words", "evidence")
"""What is kept of a verdict beside its item."""


def _check(verdict: Verdict) -> None:
    """Raise DecisionError for a decision that does not say what it must."""
    if not verdict.person:
        raise DecisionError(Note("review.nobody"))
    if verdict.act is Act.DENY and not (verdict.criterion and verdict.words):
        raise DecisionError(Note("review.no_reason"))
    if verdict.act is Act.CHANGE and verdict.end is None and verdict.units is None:
        raise DecisionError(Note("review.nothing_changed"))
    if verdict.units is not None and is_slip(verdict.units):
        raise DecisionError(Note("review.unread"))
    if verdict.act is Act.ASK and not verdict.words:
        raise DecisionError(Note("review.nothing_asked"))


def _check_open(before: ItemAnswer | None, verdict: Verdict, state: str) -> None:
    """Raise DecisionError where the item is not the reviewer's to decide any more, or not that way."""
    if before is None or state not in {PENDED, DECIDED}:
        raise DecisionError(Note("review.gone"))
    wanted = Review.NOT_CERTIFIED if verdict.act is Act.APPEAL else Review.PENDED
    if before.review is not wanted:
        raise DecisionError(Note("review.decided_already"))
