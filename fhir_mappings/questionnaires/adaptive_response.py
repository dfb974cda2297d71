"""FHIR out: the response to an adaptive form, step by step: what was answered, and the questions that come now.

Sources: SDC 4.0.0, "Adaptive Questionnaires"; DTR 2.2.0, dtr-questionnaireresponse-adapt. What came is given back
as it came: head, extensions, answers. What is known and not answered is written into it, with its origin.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fhir_mappings.coverage.coverage_information import EXTENSION
from fhir_mappings.forms.form import ENDED, TAKEN, Form
from fhir_mappings.offers.proposal_items import clickable, record_items
from fhir_mappings.questionnaires.adaptive_questionnaire import ASKED, AdaptiveForm, Asked, flat
from fhir_mappings.questionnaires.draft_response import claimed
from fhir_mappings.questionnaires.response import AnswersError, Fault
from fhir_mappings.questionnaires.translations import shown_as
from fhir_mappings.wording import Wording
from policies.model.findings import Finding

Json = dict[str, Any]
Answers = Mapping[str, list[Json]]
"""The answers of items as JSON, by linkId."""

_FORM = "Questionnaire"
AUTHORIZATION, ISSUE = "request:authorization", "request:issue"
"""The linkIds of the last question, where there is one: its group, and the question."""


def answers_in(items: Iterable[Json]) -> dict[str, list[Json]]:
    """Return the answers of items, however deep these are nested."""
    found: dict[str, list[Json]] = {}
    for item in items:
        answers = item.get("answer", ())
        if answers:
            found[item["linkId"]] = answers
        found |= answers_in([*item.get("item", ()), *(one for part in answers for one in part.get("item", ()))])
    return found


def issue_item(say: Wording) -> Json:
    """Return the last question where the machine can authorize: whether to issue the number (DTR 2.2.0, spec-41)."""
    asked = {"linkId": ISSUE, "text": say("form.issue"), "type": "boolean", "required": True}
    return {"linkId": AUTHORIZATION, "text": say("form.authorization"), "type": "group", "item": [asked]}


def ended_item(key: str, say: Wording) -> Json:
    """Return the item that says that nothing more is asked, or nothing after these (DTR 2.2.0, spec-39)."""
    return {"linkId": ENDED, "text": say(key), "type": "display"}


def issue_in(content: Json, say: Wording) -> bool | None:
    """Return whether a number is to be issued; None if that is not answered; raises AnswersError for no yes or no."""
    given = answers_in(content.get("item", ())).get(ISSUE)
    value = given[0].get("valueBoolean") if given else None
    if given and not isinstance(value, bool):
        raise AnswersError([Fault(ISSUE, say("fault.yes_no"))])
    return value


def without_issue(content: Json) -> Json:
    """Return a response as the static form has it: without what only an adaptive one asks."""
    plain = {name: part for name, part in content.items() if name not in {"contained", "item"}}
    items = [one for one in content.get("item", ()) if one.get("linkId") != AUTHORIZATION]
    return plain | ({"item": items} if items else {})


def sections_in(form: Form, content: Json) -> tuple[str, ...]:
    """Return the sections that a response was asked: those of its contained form, else those that it answers.

    What was taken from the record and only shown belongs to no section that was asked.
    """
    contained = [one for one in content.get("contained", ()) if one.get("resourceType") == _FORM]
    asked = [item for one in contained for item in one.get("item", ())] + list(content.get("item", ()))
    sections = {fact.name: one.link_id for one in form.sections for fact in one.facts}
    sections |= {one.link_id: one.link_id for one in form.sections}
    of_sections = (item for item in asked if item.get("linkId") != TAKEN)
    named = (str(one.get("linkId", "")) for item in of_sections for one in flat(item))
    return tuple(dict.fromkeys(sections[name] for name in named if name in sections))


def shows_taken(content: Json) -> bool:
    """Whether a response has shown what was taken from the record."""
    contained = [one for one in content.get("contained", ()) if one.get("resourceType") == _FORM]
    shown = [item for one in contained for item in one.get("item", ())] + list(content.get("item", ()))
    return any(one.get("linkId") == TAKEN for one in shown)


def adaptive_draft(form: AdaptiveForm, filled: Json, findings: Mapping[str, Finding], say: Wording) -> Json:
    """Turn the draft of a static form into that of its adaptive one: nothing is asked yet, but what it begins with."""
    asked = Asked(
        form.starters(),
        records=record_items(form.form, findings, say, form.form.questions),
        optional=clickable(form.form, findings),
    )
    return stepped(form, filled | {"item": []}, asked, answers_in(filled["item"]), is_done=False)


def stepped(form: AdaptiveForm, came: Json, shown: Asked, answers: Answers, *, is_done: bool) -> Json:
    """Write the response after a step: in progress, or completed where nothing is left to ask or to show.

    `answers` are what was answered and what is filled in, by linkId.
    """
    asked = form.asked_form(shown)
    items = shown_as(
        {"item": [_section(one, answers) for one in asked.get("item", ()) if one["type"] == "group"]}, asked
    )
    kept = {name: part for name, part in came.items() if name not in {"item", "contained", "meta"}}
    others = [one for one in came.get("contained", ()) if one.get("resourceType") != _FORM]
    extensions = [one for one in came.get("extension", ()) if one.get("url") != EXTENSION]
    return {
        **kept,
        **claimed(form.shape.response, form.shape.draft, extensions),
        "contained": [asked, *others],
        **({"extension": extensions} if extensions else {}),
        "questionnaire": f"#{ASKED}",
        "status": "completed" if is_done else "in-progress",
        **({"item": items["item"]} if items["item"] else {}),
    }


def _section(section: Json, answers: Answers) -> Json:
    items = [_item(one, answers) for one in section.get("item", ()) if one["type"] != "display"]
    return {"linkId": section["linkId"], "text": section["text"], "item": items}


def _item(item: Json, answers: Answers) -> Json:
    answer = answers.get(item["linkId"])
    return {"linkId": item["linkId"], "text": item["text"], **({"answer": answer} if answer else {})}
