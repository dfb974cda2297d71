"""What a reader answered on the page: made whole, and taken as any answered form is (`dtr.answered_form`)."""

from typing import Any

import orjson

from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.errors import DtrError, DtrIssue, Fault, check_body
from cds_service.dtr.kept_answers import Accepted
from cds_service.forms.form_case import Case
from fhir_mappings.questionnaires.completed_response import Answered, completed
from fhir_mappings.questionnaires.open_first import in_order_of
from fhir_mappings.r4.instants import written_now

Json = dict[str, Any]
_LONGEST_NAME = 200


def take(forms: AnsweredForms, case: Case, body: bytes) -> Accepted:
    """Take the answers to the form of a case, and nothing else; raises DtrError.

    The person who answers stands in `author`, by name: nobody here can tell who sits before a page.
    """
    check_body(body, forms.intake.max_depth)
    came = orjson.loads(body)
    if not isinstance(came, dict) or came.get("resourceType") != "QuestionnaireResponse":
        raise DtrError(Fault.STRUCTURE, "the body is no QuestionnaireResponse")
    author = came.get("author")
    named = author.get("display") if isinstance(author, dict) else None
    name = " ".join(named.split())[:_LONGEST_NAME] if isinstance(named, str) else ""
    if not name:
        raise DtrError.of(Fault.OPEN, [DtrIssue(forms.say("fault.author"), "author")])
    whole = completed(came, Answered(case.draft, name, written_now(), case.of_persons))
    ordered = whole | ({"item": in_order_of(case.questionnaire, whole["item"])} if "item" in whole else {})
    return forms.take(orjson.dumps(ordered), case.kept.tenant)
