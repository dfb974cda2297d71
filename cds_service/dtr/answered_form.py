"""An answered form that comes back: held against the very form it answers, kept, and judged with the chart.

A convenience beside the standard (DTR has no operation for it): `POST [base]/QuestionnaireResponse`. The answer is the
response itself, as it is kept, with the new coverage information on it. The same response again gets the same answer.
What earlier responses to the same form answered, and this one does not, stands (`questionnaires.carried_answers`).
"""

from dataclasses import dataclass, replace
from typing import Any

from cds_service.database.transactions import StoreError
from cds_service.dtr.answer_check import (
    Intake,
    Issue,
    answers_of,
    check_authored,
    check_possible,
    check_status,
    issue_of,
    not_answered,
    static_text,
)
from cds_service.dtr.dtr_versions import DTR_2_2
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.form_ownership import Answered, Belonging
from cds_service.dtr.form_step import Stepping
from cds_service.dtr.kept_answers import Accepted, Keeping, NotYetError, Taking
from cds_service.dtr.response_header import Head, read_head, spoken
from cds_service.dtr.response_history import offered_to
from cds_service.logs import LOG
from cds_service.storage.archive import Kept
from fhir_mappings.forms.form import Form
from fhir_mappings.questionnaires.adaptive_response import ISSUE, ended_item, issue_item
from fhir_mappings.wording import Wording
from hooks.records.register_port import RegisterError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnsweredForms:
    """Takes answered forms."""

    intake: Intake
    say: Wording
    belonging: Belonging
    stepping: Stepping
    keeping: Keeping

    def speaking(self, say: Wording) -> "AnsweredForms":
        """Return the same in another language: what is wrong with an answer, and what follows from it."""
        keeping = replace(self.keeping, service=replace(self.keeping.service, say=say))
        return replace(self, say=say, stepping=self.stepping.speaking(say), keeping=keeping)

    def take(self, body: bytes, tenant: str | None, server: str | None = None) -> Accepted:
        """Take an answered form; raises DtrError. `server` is the record system in which it was found, if it was.

        What a person said in an adaptive form to a number being issued counts here too; while it is not said, or the
        response is not finished, none is issued.
        """
        head, content = read_head(body, self.intake.max_depth)
        check_status(head, Fault.ANSWER)
        check_authored(content, self.intake.latest_moment(), Fault.ANSWER)
        answered, kept = self.belonging.of(head, tenant, self.intake.today(), server)
        if kept is None:
            raise DtrError(Fault.UNKNOWN, "it names no determination: by identifier, or by its subject")
        if server is not None and kept.fhir_server != server:
            raise DtrError(Fault.UNRELATED, "it was found in another record system than its determination is of")
        if head.decides_nothing:
            return self.keeping.take_back(content, answered.form, kept)
        self._check(content, answered, kept, is_finished=head.is_finished)
        if not answered.is_adaptive:
            return self.keeping.keep(Taking(content, answered, kept, Issue.YES, is_found=server is not None))
        issue = issue_of(content, Fault.ANSWER, self.say) if head.is_finished else Issue.NO
        whole = self._finished(head, content, answered.form, kept) if head.is_finished else content
        try:
            return self.keeping.keep(Taking(whole, answered, kept, issue, is_found=server is not None))
        except NotYetError:
            raise not_answered(Fault.OPEN, [ISSUE], self.say) from None

    def finish(self, content: Json, form: Form, kept: Kept, issue: Issue) -> Json | None:
        """Take the finished response to an adaptive form, and return it as it is kept; raises DtrError.

        None, and nothing is kept, if the machine would authorize, and nobody has said yet whether it should.
        """
        try:
            return self.keeping.keep(Taking(content, Answered(form, is_adaptive=True), kept, issue)).resource
        except NotYetError:
            return None

    def _check(self, content: Json, answered: Answered, kept: Kept, *, is_finished: bool) -> None:
        """Raise DtrError for an answer that is none, and for a finished static form with a required question open."""
        form = answered.form
        offered = offered_to(self.keeping.archive, kept.determination, content.get("item", ()))
        answers = answers_of(static_text(content, form), form, self.say, offered=offered)
        check_possible(answers, Fault.ANSWER)
        if is_finished and not answered.is_adaptive and answers.open:
            raise not_answered(Fault.OPEN, answers.open, self.say)

    def _finished(self, head: Head, content: Json, form: Form, kept: Kept) -> Json:
        """Return a finished adaptive response with all that is known written in; raises DtrError for what is open."""
        say = self.say
        after = self.stepping.after(content, form, kept, spoken(head, DTR_2_2), Fault.ANSWER)
        if after.step.open:
            raise not_answered(Fault.OPEN, after.step.open, say)
        asked = () if issue_of(content, Fault.ANSWER, say) is Issue.UNSAID else (issue_item(say),)
        return after.response((*asked, ended_item("form.ended", say)), is_done=True) | {"status": head.status}


@dataclass(frozen=True, slots=True)
class FoundForms:
    """Takes forms that nobody posted: a call brings them, or they are found in the client's record system.

    The checks are those of what is posted; a fault is logged without what the response says.
    """

    answered: AnsweredForms

    def __call__(self, response: bytes, tenant: str, server: str, patient: str) -> None:
        """Take a finished response, or one that was taken back; a form that somebody still fills in is passed over.

        So is one of another patient than the call is about, whatever determination it names.
        """
        try:
            head, _ = read_head(response, self.answered.intake.max_depth)
            if head.patient == patient and (head.is_finished or head.decides_nothing):
                self.answered.take(response, tenant, server)
        except DtrError as error:
            LOG.info("form passed over", extra={"fields": {"fault": error.fault.name}})
        except (StoreError, RegisterError) as error:
            LOG.error("the store failed", extra={"fields": {"error": str(error)}})
