"""What a reviewer decides of a request: each decision is a further answer with its person, and nothing is overwritten.

What is approved is authorized in the same transaction, by the register that order-sign reads: there is one number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cds_service.prior_auth.answers import Decision, Writing, asking_of, items_of, read_again
from cds_service.prior_auth.grants import Approval, Basis, DecisionError, Grants
from cds_service.prior_auth.verdicts import EXTENSION_DAYS, Act, Verdict, check_open, check_said, check_seen, check_time
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
from fhir_mappings.prior_auth.claim_response import Asking
from fhir_mappings.prior_auth.information_requests import InformationRequests, Wanted, lines_of
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer, in_units, pended
from fhir_mappings.prior_auth.pas_urls import Review
from fhir_mappings.prior_auth.subscription import EVENT
from fhir_mappings.wording import Wording
from hooks.records.register_port import MemberKey
from hooks.response.service import Answering
from policies.model.determination import Authorization
from policies.model.notes import Note

Json = dict[str, Any]


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
        check_said(verdict)
        case = self._case(request, verdict)
        if verdict.act in _FINAL and (why := unsettled(case.about, case.kept, self._grants.policy_of(case.kept))):
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
        read = self.archive.kept if verdict.act in _GRANTS else self.archive.revision
        kept = read(name) if name else None
        judgement = judged_again(self.answering, kept) if kept is not None and verdict.act in _GRANTS else None
        return _Case(request, verdict, kept, judgement.dosing if judgement is not None else None)

    def _decided(self, case: _Case, session: StoreSession, register: SqlSession | None) -> KeptAnswer:
        request, verdict = case.request, case.verdict
        state = session.state(request.id)  # first: what is read after it does not change any more
        answers = session.answers(request.id)
        items = items_of(answers[-1])
        before = next((one for one in items if one.sequence == verdict.sequence), None)
        check_open(before, verdict, state)
        check_seen(verdict, answers)
        if verdict.act is Act.EXTEND:
            check_time(request, answers, self.now())
        given = self._given(case, register) if verdict.act in _GRANTS else None
        after = tuple(self._item(one, case, given) if one is before else one for one in items)
        waiting = {one.sequence for one in after if not one.review.is_final}
        asking = tuple(one for one in asking_of(answers[-1]) if lines_of(one) & waiting) + self._asking(case)
        said = {name: getattr(verdict, name) for name in _SAID}
        decision = Decision(verdict.act.value, after, person=verdict.person, asking=asking, said=said)
        answer = self.writing.kept(request, read_again(request), decision, answers[-1].number + 1, self.now())
        session.answer(request, answer)
        announce(session.connection, request, answer.number, EVENT, self.now())
        session.change(request.id, state=PENDED if pended(after) else DECIDED, **self._due(request, verdict.act))
        return answer

    def _asking(self, case: _Case) -> tuple[Asking, ...]:
        """Return what asks for more: the form, where one has open questions or nothing else is asked; documents."""
        verdict, request, kept = case.verdict, case.request, case.kept
        if verdict.act is not Act.ASK:
            return ()
        is_form = kept is not None and (bool(kept.report.get("questions")) or not verdict.documents)
        wanted = Wanted(
            verdict.sequence,
            f"{request.first}.{verdict.sequence}",
            request.due,
            verdict.words,
            case.about.get("determination", "") if is_form else "",
            verdict.documents,
            verdict.is_recent,
        )
        return InformationRequests(*read_again(request), self.writing.base_url).asking(wanted)

    def _due(self, request: Request, act: Act) -> Json:
        """Return until when a request is due after a decision, where that changes."""
        if act is Act.EXTEND:
            return {"due": request.due + timedelta(days=EXTENSION_DAYS)}
        return {"due": self.now() + timedelta(days=7)} if act is Act.APPEAL else {}

    def _given(self, case: _Case, register: SqlSession | None) -> Authorization:
        """Authorize an item; raises DecisionError."""
        verdict, asked = case.verdict, case.asked
        days, quantity = (asked.days, asked.quantity) if asked is not None else (("", ""), {})
        approval = Approval(days, quantity, verdict.act is Act.CHANGE, verdict.end, verdict.units)
        basis = Basis(case.about, case.kept, case.dosing)
        return self._grants.given(approval, basis, self.answering.today(), register)

    @property
    def _grants(self) -> Grants:
        return Grants(self.answering.judge.catalogue)

    def _item(self, before: ItemAnswer, case: _Case, given: Authorization | None) -> ItemAnswer:
        """Return what an item is after a decision."""
        verdict = case.verdict
        if verdict.act is Act.ASK:
            return replace(before, notes=(*before.notes, *self._asked(verdict)))
        if verdict.act is Act.EXTEND:
            note = verdict.words or self.say("review.extended", days=EXTENSION_DAYS)
            return replace(before, notes=(*before.notes, note))
        if verdict.act is Act.APPEAL:
            return replace(before, review=Review.PENDED, notes=(self.say("review.appealed"),), reasons=())
        if given is None:
            why = self.say("review.denied", criterion=verdict.criterion, words=verdict.words)
            reasons = (verdict.reason,) if verdict.reason else ()
            return replace(before, review=Review.NOT_CERTIFIED, notes=(why,), reasons=reasons)
        today = self.answering.today().isoformat()
        units = given.allowance.units if given.allowance is not None else verdict.units
        granted = Granted(given.number, today, given.start.isoformat(), given.end.isoformat(), units)
        notes = (verdict.words,) if verdict.words else ()
        if verdict.act is Act.APPROVE:
            return replace(before, review=Review.CERTIFIED, granted=granted, notes=notes, changed={})
        quantity: Json = {"quantity": in_units(verdict.units)} if verdict.units is not None else {}
        changed = quantity or {"days": given.end.isoformat()}
        return replace(before, review=Review.MODIFIED, granted=granted, notes=notes, changed=changed)

    def _asked(self, verdict: Verdict) -> Iterator[str]:
        """Yield in words what is asked for."""
        if verdict.words:
            yield verdict.words
        if verdict.documents:
            named = "; ".join(self.say(f"review.document.{one}") for one in verdict.documents)
            yield self.say("review.documents_recent" if verdict.is_recent else "review.documents_asked", named=named)


_GRANTS = frozenset({Act.APPROVE, Act.CHANGE})
_FINAL = _GRANTS | {Act.DENY}
_SAID = ("sequence", "criterion", "words", "evidence", "documents")
"""What is kept of a verdict beside its item."""
