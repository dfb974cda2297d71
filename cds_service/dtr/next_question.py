"""`$next-question`: the next step of an adaptive form, worked out anew from the answers so far.

Sources: SDC 4.0.0, "Next Question Operation"; DTR 2.2.0, spec-25, spec-38, spec-147, sec-10. Nothing is kept between
steps: the response says it all, and the same response gets the same answer. The form that it contains is believed only
as to what was asked. The finished response goes the way back of every answered form, if it belongs to a determination.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cds_service.app.container import Container
from cds_service.dtr.answered_form import AnsweredForms, Came, Issue, answers_of, check_scales, issue_of
from cds_service.dtr.dtr_versions import DTR_2_0, DTR_2_2, DtrDialect
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.form_ownership import Belonging
from cds_service.dtr.parameters import PARAMETERS, Parameters, read_any
from cds_service.dtr.response_header import Head, read_head
from cds_service.storage.archive import Kept
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.forms.form import ENDED, Form
from fhir_mappings.forms.next_step import next_step
from fhir_mappings.questionnaires.adaptive_questionnaire import AdaptiveForm
from fhir_mappings.questionnaires.adaptive_response import answers_in, issue_item, sections_in, stepped
from fhir_mappings.questionnaires.draft_response import Head as DraftHead
from fhir_mappings.questionnaires.draft_response import draft
from fhir_mappings.questionnaires.line_answer import lines_answer
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.questionnaires.response_answers import Answers
from fhir_mappings.r4.instants import written_now
from hooks.report.lines_report import read_lines
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Finding

Json = dict[str, Any]
_NAMES = ("questionnaire-response", "questionnaire-response-in", "in", "resource")
_DTR_PROFILE = "/davinci-dtr/StructureDefinition/"
_OUTPUT = f"{DTR}/dtr-next-question-output-parameters"


class _Parameter(msgspec.Struct, frozen=True):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class StepInput:
    """A response as it came, and whether its sender wants the answer wrapped in Parameters."""

    response: bytes
    wrapped: bool


def read_step_input(body: bytes, max_depth: int) -> StepInput:
    """Read the body of a call: a bare response, or Parameters with one, by any name of any version; raises DtrError.

    A single output named `return` is given bare (FHIR R4, "Executing an Operation Synchronously"); it is wrapped for
    a sender who names a profile of DTR on its Parameters.
    """
    read = read_any(body, max_depth, Parameters[_Parameter], "resource that can be read")
    if read.resource_type != PARAMETERS:
        return StepInput(body, wrapped=False)
    given = next((one.resource for one in read.parameter if one.name in _NAMES and bytes(one.resource)), None)
    if given is None:
        raise DtrError(Fault.REQUIRED, "parameter questionnaire-response is needed")
    return StepInput(bytes(given), wrapped=any(_DTR_PROFILE in one for one in read.meta.profile))


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """Answers calls for the next question."""

    container: Container
    shelf: Shelf
    belonging: Belonging
    answered: AnsweredForms | None

    def answer(self, asked: StepInput, dialect: DtrDialect, tenant: str | None) -> Json:
        """Return the response after the next step; raises DtrError."""
        head, content = read_head(asked.response, self.container.settings.max_depth, Fault.INVALID)
        form = self.belonging.form(head).form
        kept = self.belonging.determination(head, form, tenant)
        text, say = Came.of(content, form).body, self.container.order_sign.say
        answers = answers_of(text, {form.canonical: form}, say, Fault.INVALID)
        check_scales(answers, Fault.INVALID)
        response = self._stepped(self._adaptive(form, _spoken(head, dialect)), content, kept, answers)
        if not asked.wrapped:
            return response
        meta = {"profile": [_OUTPUT]}
        return {"resourceType": "Parameters", "meta": meta, "parameter": [{"name": "return", "resource": response}]}

    def _stepped(self, form: AdaptiveForm, content: Json, kept: Kept | None, answers: Answers) -> Json:
        known = from_plain(kept.findings) if kept is not None else {}
        say = self.container.order_sign.say
        step = next_step(form.form, known, answers.findings, sections_in(form, content), say)
        filled = self._filled(form, known, kept) if step.new else {}
        came = content if "authored" in content else content | {"authored": written_now()}
        if not step.is_done:
            return stepped(form, came, step, filled, (self._ended("form.last"),) if step.is_last else ())
        issue = issue_of(content, Fault.INVALID)
        asked = () if issue is Issue.UNSAID else (issue_item(say),)
        response = stepped(form, came, step, filled, (*asked, self._ended("form.ended")))
        if kept is None or self.answered is None:
            return response
        kept_response = self.answered.finish(response, form.form, kept, issue)
        if kept_response is not None:
            return kept_response
        return stepped(form, came, step, filled, (issue_item(say),)) | {"status": "in-progress"}

    def _ended(self, said: str) -> Json:
        """Return the item that says that nothing more is asked, or nothing after these (DTR 2.2.0, spec-39)."""
        return {"linkId": ENDED, "text": self.container.order_sign.say(said), "type": "display"}

    def _adaptive(self, form: Form, dialect: DtrDialect) -> AdaptiveForm:
        published = next(one for one in self.shelf.all if one.form.canonical == form.canonical)
        return AdaptiveForm(published, dialect.adaptive, f"{self.container.order_sign.payer.base_url}{dialect.base}")

    def _filled(self, form: AdaptiveForm, known: Mapping[str, Finding], kept: Kept | None) -> dict[str, list[Json]]:
        """Return the answers that a static draft would hold."""
        head = DraftHead("", "", (), "", ())
        filled = draft(form.form, known, head, form.shape.draft, self._lines(form.form, kept))
        return answers_in(filled["item"])

    def _lines(self, form: Form, kept: Kept | None) -> Json | None:
        if kept is None or form.lines_of is None:
            return None
        return lines_answer(form, read_lines(kept.report["lines"]), self.container.order_sign.say)


def _spoken(head: Head, of_address: DtrDialect) -> DtrDialect:
    """Return the version that a response is written in, as its coverage shows; else that of the address."""
    if head.names_coverage:
        return DTR_2_2
    return DTR_2_0 if head.coverage else of_address
