"""An answered form that comes back: held against the very form it answers, kept, and judged with the chart.

A convenience beside the standard (DTR has no operation for it): `POST [base]/QuestionnaireResponse`. The answer is the
response itself, as it is kept, with the new coverage information on it. The same response again gets the same answer.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from cds_service.app.container import Container
from cds_service.dtr.errors import DtrError, DtrIssue, Fault
from cds_service.dtr.form_ownership import Answered, Belonging
from cds_service.dtr.response_header import read_head
from cds_service.replay.stored_call_reader import Reread, reread
from cds_service.storage.archive import Archive, Kept
from cds_service.storage.register import AnsweredForm, SqlRegister
from fhir_mappings.coverage.coverage_information import EXTENSION, Stamp
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.forms.form import Form
from fhir_mappings.forms.next_step import next_step
from fhir_mappings.questionnaires.adaptive_response import ISSUE, issue_in, without_issue
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import Answers, read_answers
from fhir_mappings.r4.instants import instant
from fhir_mappings.wording import Wording
from hooks.protocol.crd_versions import CRD_VERSIONS
from hooks.protocol.errors import CallError
from hooks.records.determinations import Determining, Sent
from hooks.records.register_port import RegisterError
from policies.evaluation.findings_codec import from_plain

Json = dict[str, Any]
_NOT_CONTENT = frozenset({"id", "meta"})
_UNREADABLE = "the call of its determination can no longer be read"


@dataclass(frozen=True, slots=True)
class Came:
    """A response as it is answered, its new id, and the text from which its answers are read again later.

    That text names the static form: an adaptive response is kept so, since later signings know only that one.
    """

    name: str
    content: Json
    body: bytes

    @classmethod
    def of(cls, content: Json, form: Form) -> "Came":
        """Take a response to a form."""
        return cls(str(uuid4()), content, orjson.dumps(without_issue(content) | {"questionnaire": form.canonical}))

    @property
    def said(self) -> str:
        """Return the hash of what it says; its id, its meta, and what we said to it are no part of that."""
        said = {name: value for name, value in self.content.items() if name not in _NOT_CONTENT}
        said["extension"] = [one for one in said.get("extension", ()) if one.get("url") != EXTENSION]
        return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Issue(Enum):
    """What a person said to an authorization number being issued at once."""

    YES = True
    NO = False
    UNSAID = None


class _NotYetError(Exception):
    """The machine would authorize, and nobody has said yet whether it should: nothing may be kept."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answered form as it is kept, and whether it is new."""

    id: str
    resource: Json
    is_new: bool


@dataclass(frozen=True, slots=True)
class AnsweredForms:
    """Takes answered forms."""

    container: Container
    archive: Archive
    register: SqlRegister
    belonging: Belonging

    def take(self, body: bytes, tenant: str | None, *, knows_bounds: bool = False) -> Accepted:
        """Take an answered form; raises DtrError.

        A number that is off its scale is taken, and tells nothing (DTR 2.2.0, conf-10); it is refused where the client
        is one that knows the bounds. What a person said in an adaptive form to a number being issued counts here too;
        while it is not said, or the response is not finished, none is issued.
        """
        head, content = read_head(body, self.container.settings.max_depth)
        answered = self.belonging.form(head)
        kept = self.belonging.determination(head, answered.form, tenant)
        if kept is None:
            raise DtrError(Fault.UNKNOWN, "it names no determination: by identifier, or by coverage and subject")
        came = Came.of(content, answered.form)
        answers = self._answers(came, answered.form)
        if knows_bounds:
            check_scales(answers, Fault.ANSWER)
        missing = self._missing(answered, kept, answers) if head.is_finished else ()
        if missing:
            raise DtrError.of(Fault.OPEN, [DtrIssue("is required, and not answered", one) for one in missing])
        if not answered.is_adaptive:
            return self._accepted(came, kept, answers)
        issue = issue_of(content, Fault.ANSWER)
        try:
            return self._accepted(came, kept, answers, issue if head.is_finished else Issue.NO)
        except _NotYetError:
            raise DtrError.of(Fault.OPEN, [DtrIssue("is required, and not answered", ISSUE)]) from None

    def finish(self, content: Json, form: Form, kept: Kept, issue: Issue) -> Json | None:
        """Take the finished response to an adaptive form, and return it as it is kept; raises DtrError.

        None, and nothing is kept, if the machine would authorize, and nobody has said yet whether it should.
        """
        came = Came.of(content, form)
        try:
            return self._accepted(came, kept, self._answers(came, form), issue).resource
        except _NotYetError:
            return None

    def _missing(self, answered: Answered, kept: Kept, answers: Answers) -> tuple[str, ...]:
        """Return what a finished response leaves open; an adaptive one is finished when nothing is left to ask."""
        if not answered.is_adaptive:
            return answers.open
        known, say = from_plain(kept.findings), self.container.order_sign.say
        return next_step(answered.form, known, answers.findings, (), say).open

    def _answers(self, came: Came, form: Form) -> Answers:
        """Read the answers, with evidence that names the response as it is kept; raises DtrError."""
        named = f"QuestionnaireResponse/{came.name}"
        return answers_of(came.body, {form.canonical: form}, self.container.order_sign.say, reference=named)

    def _accepted(self, came: Came, kept: Kept, answers: Answers, issue: Issue = Issue.YES) -> Accepted:
        """Keep a response and judge with it, unless the same was kept before; raises DtrError."""
        same = self.archive.same_response(kept.determination, came.said)
        if same is not None:
            return Accepted(same[0], same[1], is_new=False)
        self._check_newer(came, kept)
        return Accepted(came.name, self._kept(kept, answers, came, issue), is_new=True)

    def _check_newer(self, came: Came, kept: Kept) -> None:
        """Raise DtrError for a response that was written before the last one that is here."""
        last = self.archive.last_response(kept.determination)
        then = instant(orjson.loads(last).get("authored")) if last is not None else None
        now = instant(came.content.get("authored"))
        if then is not None and now is not None and now < then:
            text = "a later answer to this form is here already; have the form again, and answer that"
            raise DtrError(Fault.STALE, text)

    def _kept(self, kept: Kept, answers: Answers, came: Came, issue: Issue) -> Json:
        """Judge with the answers, and keep response and revision together; raises DtrError."""
        whole = self.archive.kept(kept.determination, kept.number)
        if whole is None:
            raise DtrError(Fault.UNKNOWN, _UNREADABLE)
        try:
            again = reread(self.container.order_sign, whole.call)
            with self.register.answering(kept.call_id, self.container.today()) as session:
                sent = self._determined(again, kept, answers, session, issue)
                reply = self._written(came, kept, again, sent)
                received = datetime.now(UTC)
                form = AnsweredForm(came.name, kept.determination, came.said, received, came.body, orjson.dumps(reply))
                session.keep_response(form)
        except CallError:
            raise DtrError(Fault.UNKNOWN, _UNREADABLE) from None
        except RegisterError:
            raise DtrError(Fault.LOST, "the answers could not be kept; please send them again") from None
        return reply

    def _determined(self, again: Reread, kept: Kept, answers: Answers, session: Any, issue: Issue) -> Sent:
        service, decided = again.service, again.decided(kept, answers.findings)
        if decided is None:
            raise DtrError(Fault.UNKNOWN, "the order of its determination is not in its call any more")
        payer = replace(service.payer, automatic_approval=service.payer.automatic_approval and issue is not Issue.NO)
        spoken, cause = kept.crd_version, "cause.form"
        determining = Determining(payer, service.say, again.call, kept.tenant, spoken, cause)
        if issue is Issue.UNSAID and determining.would_authorize(decided, session):
            raise _NotYetError
        return determining.all((decided,), session)[0]

    def _written(self, came: Came, kept: Kept, again: Reread, sent: Sent) -> Json:
        """Return the response as it is kept: as it came, with the coverage information of now in place of an older."""
        told, payer = sent.decided.determination, self.container.order_sign.payer
        assert told is not None  # noqa: S101 - what has no determination is not sent
        coverage = own_coverage(again.chart, payer.identifiers, sent.decided.judgement.as_of.day).reference
        stamp = Stamp(coverage, self.container.today(), sent.assertion_id)
        ours = CRD_VERSIONS[kept.crd_version].written(told, stamp)
        others = [one for one in came.content.get("extension", ()) if one.get("url") != ours["url"]]
        return came.content | {"id": came.name, "extension": [*others, ours]}


def answers_of(
    body: bytes, forms: dict[str, Form], say: Wording, wrong: Fault = Fault.ANSWER, reference: str = ""
) -> Answers:
    """Read the answers of a response to one of the forms; raises DtrError, `wrong` with every fault."""
    try:
        return read_answers(body, forms, say, reference)
    except AnswersError as error:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None


def issue_of(content: Json, wrong: Fault) -> Issue:
    """Return what an adaptive response says to a number being issued; raises DtrError, `wrong` for no yes or no."""
    try:
        return Issue(issue_in(content))
    except AnswersError as error:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None


def check_scales(answers: Answers, wrong: Fault) -> None:
    """Raise DtrError, `wrong` with every number that is off its scale."""
    if answers.off_scale:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in answers.off_scale])
