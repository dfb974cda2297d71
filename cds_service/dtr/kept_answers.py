"""Keeping an answered form: judged with the chart of its determination, and kept with the new revision, or not at all.

Everything is read and written in one transaction, in which no other form for the same determination is answered: two
windows never lose an answer to each other, and the same form ten times at once is one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

from cds_service.dtr.answer_check import Intake, Issue, answers_of, check_possible, static_text
from cds_service.dtr.errors import DtrError, DtrIssue, Fault
from cds_service.dtr.form_ownership import Answered
from cds_service.dtr.response_history import WITHDRAWS, History, filled_before, offered_to
from cds_service.register.answered_forms import AnsweredForm
from cds_service.register.call_session import SqlSession
from cds_service.register.register import SqlRegister, TakenError
from cds_service.replay.answered_call import AnswerContext, AnsweredCall, CallGoneError, call_again
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.forms.form import Form
from fhir_mappings.offers.clicks import by_record
from fhir_mappings.questionnaires.adaptive_response import answers_in, without_issue
from fhir_mappings.questionnaires.carried_answers import Answers as Given
from fhir_mappings.questionnaires.carried_answers import (
    Filled,
    Standing,
    added,
    contradicted,
    names_in,
    placed,
    standing,
)
from fhir_mappings.questionnaires.response_answers import Answers
from fhir_mappings.wording import Wording
from hooks.records.determinations import determined, would_authorize
from hooks.records.register_port import RegisterError
from hooks.response.service import Answering

Json = dict[str, Any]
_ATTEMPTS = 5


class NotYetError(Exception):
    """The machine would authorize, and nobody has said yet whether it should: nothing may be kept."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answered form as it is kept, and whether it is new."""

    id: str
    resource: Json
    is_new: bool


@dataclass(frozen=True, slots=True)
class Taking:
    """A response that is being taken: what came, its form and determination, and what is said to a number.

    `is_found` tells that nobody sent it: it was found in a call, or in a record system.
    """

    content: Json
    answered: Answered
    kept: Kept
    issue: Issue
    is_found: bool = False

    @property
    def items(self) -> list[Json]:
        """Return its items as the static form knows them."""
        return list(without_issue(self.content).get("item", ()))


@dataclass(frozen=True, slots=True)
class _Said:
    """The items of a response, each yes and no at the record that it is about, and what was proposed there."""

    items: list[Json]
    proposed: Json


@dataclass(frozen=True, slots=True)
class _Read:
    """A response as it is kept: the hash of what it says, its new id, its text, and its answers as facts."""

    said: str
    name: str
    content: Json
    text: bytes
    answers: Answers


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps answered forms; `own_servers` are the FHIR servers of each tenant's clients, None in open mode."""

    service: Answering
    intake: Intake
    archive: Archive
    register: SqlRegister
    own_servers: Mapping[str, tuple[str, ...]] | None = None

    def keep(self, taking: Taking) -> Accepted:
        """Keep a response and judge with it, unless the same stands already; raises DtrError and NotYetError."""
        form, determination = taking.answered.form, taking.kept.determination
        filled = filled_before(self.archive, form, determination)
        offered = offered_to(self.archive, determination, taking.items)
        said = _Said(*by_record(form, taking.items, offered, self.service.say))
        return self._tried(taking.kept, lambda session: self._taken(taking, said, filled, session))

    def take_back(self, content: Json, form: Form, kept: Kept) -> Accepted:
        """Keep that a response was stopped, or entered in error, and judge without what it said; raises DtrError."""
        items = without_issue(content).get("item", ())
        offered = offered_to(self.archive, kept.determination, items)
        said = content | {"item": by_record(form, items, offered, self.service.say)[0]}
        return self._tried(kept, lambda session: self._taken_back(content, said, form, kept, session))

    def would_authorize(self, content: Json, form: Form, kept: Kept) -> bool:
        """Whether the machine would authorize by a response if it were finished; nothing is kept."""
        offered = offered_to(self.archive, kept.determination, content.get("item", ()))
        answers = answers_of(static_text(content, form), form, self.service.say, offered=offered)
        with (
            _gone_is_unknown(self.service.say),
            self.register.answering(kept.call_id, self.intake.today(), kept.tenant) as session,
        ):
            call = self._call(kept, Issue.UNSAID, session)
            return would_authorize(call.occasion, call.decided(answers, session), session)

    def _tried(self, kept: Kept, work: Callable[[SqlSession], Accepted]) -> Accepted:
        """Do something in one transaction, again if somebody else was first; raises DtrError and NotYetError."""
        for _ in range(_ATTEMPTS):
            try:
                with (
                    _gone_is_unknown(self.service.say),
                    self.register.answering(kept.call_id, self.intake.today(), kept.tenant) as session,
                ):
                    session.hold([kept.question])
                    return work(session)
            except TakenError:
                continue
            except RegisterError:
                break
        raise DtrError(Fault.LOST, self.service.say("fault.lost"))

    def _taken(self, taking: Taking, came: _Said, filled: Filled, session: SqlSession) -> Accepted:
        history = History.of(session.responses(taking.kept.determination), session.fingerprint)
        same, said = history.same(taking.content)
        if same is not None:
            return Accepted(same, orjson.loads(session.reply(same)), is_new=False)
        if taking.is_found and history.was_taken_back(taking.content):
            raise DtrError(Fault.STALE, "it was taken back, and nobody has sent it since")
        form, given = taking.answered.form, answers_in(came.items)
        self._check_newer(taking, given, history, filled)
        before = standing(form, given, history.earlier(), filled)
        items = list(taking.content.get("item", ()))
        kept_items = (
            placed(items, before.answers) if taking.answered.is_adaptive else added(form, items, before.answers)
        )
        content = taking.content | ({"item": kept_items} if kept_items else {})
        whole = _Said(placed(came.items, before.answers), came.proposed)
        read = self._read(content, form, said, before, whole)
        check_possible(read.answers, Fault.ANSWER)
        return self._kept(taking.kept, read, session, taking.issue)

    def _taken_back(self, content: Json, said: Json, form: Form, kept: Kept, session: SqlSession) -> Accepted:
        history = History.of(session.responses(kept.determination), session.fingerprint)
        gone, (same, _) = history.taken_back(said), history.same(content)
        if same is not None and not gone:
            return Accepted(same, orjson.loads(session.reply(same)), is_new=False)
        before = standing(form, {}, history.earlier(gone), {})
        members: Json = {"status": "in-progress", WITHDRAWS: list(gone)}
        read = self._read(content, form, history.free(content), before, _Said([], {}), **members)
        return self._kept(kept, read, session, Issue.NO)

    def _check_newer(self, taking: Taking, given: Given, history: History, filled: Filled) -> None:
        """Raise DtrError for a response that is older than an answer which it contradicts: nobody would notice."""
        later = history.later(taking.content, self.intake.latest_moment())
        names = contradicted(taking.answered.form, given, later, filled)
        if names:
            raise DtrError.of(Fault.STALE, [DtrIssue(self.service.say("fault.later"), one) for one in names])

    def _read(self, content: Json, form: Form, said: str, before: Standing, came: _Said, **members: Any) -> _Read:
        """Read a response as it will be kept; its evidence names it, or the earlier one that an answer comes from."""
        name, items = str(uuid4()), came.items
        whole = [*items, *_beside(items, before)]
        proposed = before.proposed | came.proposed
        carried = {
            **({"carried": before.named} if before.named else {}),
            **({"proposed": proposed} if proposed else {}),
        }
        head = {key: value for key, value in content.items() if key != "item"}
        text = static_text(head, form, **({"item": whole} if whole else {}), **carried, **members)
        reference = f"QuestionnaireResponse/{name}"
        answers = answers_of(text, form, self.service.say, reference=reference)
        return _Read(said, name, content, text, answers)

    def _kept(self, kept: Kept, read: _Read, session: SqlSession, issue: Issue) -> Accepted:
        """Judge with the answers, and keep response and revision together; raises DtrError and NotYetError."""
        call = self._call(kept, issue, session)
        decided = call.decided(read.answers, session)
        if issue is Issue.UNSAID and would_authorize(call.occasion, decided, session):
            raise NotYetError
        (sent,) = determined(call.occasion, (decided,), call.again.service.table, session)
        reply = call.written(read.name, read.content, sent)
        received = datetime.now(UTC)
        form = AnsweredForm(read.name, kept.determination, read.said, received, read.text, orjson.dumps(reply))
        session.keep_response(form)
        return Accepted(read.name, reply, is_new=True)

    def _call(self, kept: Kept, issue: Issue, session: SqlSession) -> AnsweredCall:
        """Read the call of the determination again, for its tenant's own servers; raises CallGoneError."""
        own = None if self.own_servers is None else self.own_servers.get(kept.tenant, ())
        context = AnswerContext(issue is not Issue.NO, self.intake.today(), own)
        return call_again(self.service, kept, session, context)


@contextmanager
def _gone_is_unknown(say: Wording) -> Iterator[None]:
    try:
        yield
    except CallGoneError as error:
        raise DtrError(Fault.UNKNOWN, say.words(error.said)) from None


def _beside(items: list[Json], before: Standing) -> list[Json]:
    """Return the answers of earlier responses to what a response has no item for."""
    there = frozenset(names_in(items))
    return [{"linkId": name, "answer": one} for name, one in before.answers.items() if name not in there]
