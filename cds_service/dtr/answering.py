"""An answered form that comes back: held against the very form it answers, kept, and judged with the chart.

A convenience beside the standard (DTR has no operation for it): `POST [base]/QuestionnaireResponse`. The answer is the
response itself, as it is kept, with the new coverage information on it. The same response again gets the same answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from cds_service.composition import Container
from cds_service.dtr.belonging import Answered, Belonging
from cds_service.dtr.faults import DtrError, DtrIssue, Fault
from cds_service.dtr.heads import Head, read_head
from cds_service.rereading import Reread, reread
from cds_service.storage.archive import Archive, Kept
from cds_service.storage.register import AnsweredForm, SqlRegister
from fhir_mappings.answers import Answers, read_answers
from fhir_mappings.coverage_information import EXTENSION, Stamp
from fhir_mappings.coverages import own_coverage
from fhir_mappings.forms.form import Form
from fhir_mappings.forms.response import AnswersError
from fhir_mappings.forms.stepping import next_step
from fhir_mappings.wording import Wording
from hooks.determining import Determining, Sent
from hooks.dialects import dialect_of
from hooks.errors import CallError
from hooks.register import RegisterError
from policies.archive import from_plain

Json = dict[str, Any]
_NOT_CONTENT = frozenset({"id", "meta"})


@dataclass(frozen=True, slots=True)
class Came:
    """A response as it is answered, and the text from which its answers are read again later.

    That text names the static form: an adaptive response is kept so, since later signings know only that one.
    """

    content: Json
    body: bytes

    @classmethod
    def of(cls, content: Json, form: Form) -> "Came":
        """Take a response to a form."""
        plain = {name: part for name, part in content.items() if name != "contained"}
        return cls(content, orjson.dumps(plain | {"questionnaire": form.canonical}))

    @property
    def said(self) -> str:
        """Return the hash of what it says; its id, its meta, and what we said to it are no part of that."""
        said = {name: value for name, value in self.content.items() if name not in _NOT_CONTENT}
        said["extension"] = [one for one in said.get("extension", ()) if one.get("url") != EXTENSION]
        return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


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

    def take(self, body: bytes, tenant: str | None) -> Accepted:
        """Take an answered form; raises DtrError."""
        head, content = read_head(body, self.container.settings.max_depth)
        answered = self.belonging.form(head)
        kept = self.belonging.determination(head, answered.form, tenant)
        if kept is None:
            raise DtrError(Fault.UNKNOWN, "it names no determination: by identifier, or by coverage and subject")
        answers = answers_of(body, head, answered.form, self.container.order_sign.say)
        missing = self._missing(answered, kept, answers) if head.is_finished else ()
        if missing:
            raise DtrError.of(Fault.OPEN, [DtrIssue("is required, and not answered", one) for one in missing])
        return self.keep(Came.of(content, answered.form), kept, answers)

    def _missing(self, answered: Answered, kept: Kept, answers: Answers) -> tuple[str, ...]:
        """Return what a finished response leaves open; an adaptive one is finished when nothing is left to ask."""
        if not answered.is_adaptive:
            return answers.open
        known, say = from_plain(kept.findings), self.container.order_sign.say
        return next_step(answered.form, known, answers.findings, (), say).open

    def keep(self, came: Came, kept: Kept, answers: Answers) -> Accepted:
        """Keep a response and judge with it, unless the same was kept before; raises DtrError."""
        same = self.archive.same_response(kept.determination, came.said)
        if same is not None:
            return Accepted(same[0], same[1], is_new=False)
        name = str(uuid4())
        return Accepted(name, self._kept(name, kept, answers, came), is_new=True)

    def _kept(self, name: str, kept: Kept, answers: Answers, came: Came) -> Json:
        """Judge with the answers, and keep response and revision together; raises DtrError."""
        try:
            again = reread(self.container.order_sign, kept.call)
            with self.register.answering(kept.call_id, self.container.today()) as session:
                sent = self._determined(again, kept, answers, session)
                reply = self._written(name, came.content, again, sent)
                received = datetime.now(UTC)
                form = AnsweredForm(name, kept.determination, came.said, received, came.body, orjson.dumps(reply))
                session.keep_response(form)
        except CallError:
            raise DtrError(Fault.UNKNOWN, "the call of its determination can no longer be read") from None
        except RegisterError:
            raise DtrError(Fault.LOST, "the answers could not be kept; please send them again") from None
        return reply

    def _determined(self, again: Reread, kept: Kept, answers: Answers, session: Any) -> Sent:
        service, decided = again.service, again.decided(kept, answers.findings)
        if decided is None:
            raise DtrError(Fault.UNKNOWN, "the order of its determination is not in its call any more")
        determining = Determining(service.payer, service.say, again.call, kept.tenant, cause="cause.form")
        return determining.all((decided,), session)[0]

    def _written(self, name: str, content: Json, again: Reread, sent: Sent) -> Json:
        """Return the response as it is kept: as it came, with the coverage information of now in place of an older."""
        told, payer = sent.decided.determination, self.container.order_sign.payer
        assert told is not None  # noqa: S101 - what has no determination is not sent
        coverage = own_coverage(again.chart, payer.identifiers, sent.decided.judgement.as_of.day).reference
        stamp = Stamp(coverage, self.container.today(), sent.assertion_id)
        ours = dialect_of(again.call.extension).written(told, stamp)
        others = [one for one in content.get("extension", ()) if one.get("url") != ours["url"]]
        return content | {"id": name, "extension": [*others, ours]}


def answers_of(body: bytes, head: Head, form: Form, say: Wording, wrong: Fault = Fault.ANSWER) -> Answers:
    """Read the answers of a response to a form; raises DtrError, `wrong` with every fault."""
    try:
        return read_answers(body, {head.questionnaire: form}, say)
    except AnswersError as error:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None
