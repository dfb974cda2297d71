"""`$next-question`: the next step of an adaptive form, worked out anew from the answers so far.

Sources: SDC 4.0.0, "Next Question Operation"; DTR 2.2.0, spec-25, spec-38, spec-147, sec-10. Nothing is kept between
steps: the response says it all, and the same response gets the same answer. The form that it contains is believed only
as to what was asked. The finished response goes the way back of every answered form, if it belongs to a determination.
"""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from cds_service.dtr.answer_check import Intake, Issue, check_authored, check_status, issue_of
from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.dtr_versions import DtrDialect, Hints, dialect
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.form_ownership import Belonging
from cds_service.dtr.form_step import Stepped, Stepping
from cds_service.dtr.parameters import PARAMETERS, Parameters, read_any
from cds_service.dtr.response_header import claimed_in, read_head, spoken
from cds_service.storage.archive import Kept
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.questionnaires.adaptive_response import ended_item, issue_item
from fhir_mappings.r4.instants import written_now
from fhir_mappings.wording import Wording

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

    intake: Intake
    say: Wording
    stepping: Stepping
    belonging: Belonging
    answered: AnsweredForms | None

    def speaking(self, say: Wording, answered: AnsweredForms | None) -> "NextQuestion":
        """Return the same in another language; `answered` takes finished forms in it."""
        return replace(self, say=say, stepping=self.stepping.speaking(say), answered=answered)

    def answer(self, asked: StepInput, address: DtrDialect, tenant: str | None) -> Json:
        """Return the response after the next step; raises DtrError. It is written in the version of what came."""
        head, content = read_head(asked.response, self.intake.max_depth, Fault.INVALID)
        check_status(head, Fault.INVALID)
        check_authored(content, self.intake.latest_moment(), Fault.INVALID)
        answered, kept = self.belonging.of(head, tenant, self.intake.today())
        came = content if "authored" in content else content | {"authored": written_now()}
        hints = Hints(head.canonicals, claimed_in(content), kept.crd_version if kept is not None else "")
        version = spoken(head, dialect(address, hints))
        after = self.stepping.after(came, answered.form, kept, version, Fault.INVALID)
        response = self._response(after, kept)
        if not asked.wrapped:
            return response
        meta = {"profile": [_OUTPUT]}
        return {"resourceType": "Parameters", "meta": meta, "parameter": [{"name": "return", "resource": response}]}

    def _response(self, after: Stepped, kept: Kept | None) -> Json:
        """Return the response after a step; the finished one is kept, if it belongs to a determination."""
        say = self.say
        issue = issue_of(after.came, Fault.INVALID, say)
        asks = (issue_item(say),)
        said = () if issue is Issue.UNSAID else asks
        if not after.is_done:
            return after.response(self._beside(after, kept, said), is_done=False)
        response = after.response((*said, ended_item("form.ended", say)), is_done=True)
        if kept is None or self.answered is None:
            return response
        finished = self.answered.finish(response, after.form.form, kept, issue)
        if finished is not None:
            return finished
        return after.response((*asks, ended_item("form.confirm", say)), is_done=False)

    def _beside(self, after: Stepped, kept: Kept | None, said: tuple[Json, ...]) -> tuple[Json, ...]:
        """Return what stands beside the questions of a step: what comes after it, and the last question if it is due.

        Where nothing is open any more, what was taken from the record is only confirmed: the number is asked for too.
        """
        say = self.say
        if after.step.open:
            return (*said, ended_item("form.last", say)) if after.step.is_last else said
        if said or kept is None or self.answered is None:
            return (*said, ended_item("form.confirm", say))
        response = after.response((), is_done=True)
        would = self.answered.keeping.would_authorize(response, after.form.form, kept)
        return (*((issue_item(say),) if would else ()), ended_item("form.confirm", say))
