"""FHIR out: the response to an adaptive form, step by step: what was answered, and the questions that come now.

Sources: SDC 4.0.0, "Adaptive Questionnaires"; DTR 2.2.0, dtr-questionnaireresponse-adapt. What came is given back
as it came: head, extensions, answers. Only a section that is new is filled in.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fhir_mappings.coverage.coverage_information import EXTENSION
from fhir_mappings.forms.next_step import Step
from fhir_mappings.questionnaires.adaptive_questionnaire import ASKED, AdaptiveForm, flat
from fhir_mappings.questionnaires.response import AnswersError, Fault
from fhir_mappings.wording import Wording

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


def issue_in(content: Json) -> bool | None:
    """Return whether a number is to be issued; None if that is not answered; raises AnswersError for no yes or no."""
    given = answers_in(content.get("item", ())).get(ISSUE)
    value = given[0].get("valueBoolean") if given else None
    if given and not isinstance(value, bool):
        raise AnswersError([Fault(ISSUE, "takes true or false")])
    return value


def without_issue(content: Json) -> Json:
    """Return a response as the static form has it: without what only an adaptive one asks."""
    plain = {name: part for name, part in content.items() if name not in {"contained", "item"}}
    items = [one for one in content.get("item", ()) if one.get("linkId") != AUTHORIZATION]
    return plain | ({"item": items} if items else {})


def sections_in(form: AdaptiveForm, content: Json) -> tuple[str, ...]:
    """Return the sections that a response was asked: those of its contained form, else those that it answers."""
    contained = [one for one in content.get("contained", ()) if one.get("resourceType") == _FORM]
    asked = [item for one in contained for item in one.get("item", ())] + list(content.get("item", ()))
    sections = {fact.name: one.link_id for one in form.form.sections for fact in one.facts}
    sections |= {one.link_id: one.link_id for one in form.form.sections}
    named = (str(one.get("linkId", "")) for item in asked for one in flat(item))
    return tuple(dict.fromkeys(sections[name] for name in named if name in sections))


def adaptive_draft(form: AdaptiveForm, filled: Json) -> Json:
    """Turn the draft of a static form into that of its adaptive one: nothing is asked yet, but what it begins with."""
    starters = form.starters()
    drafted = stepped(form, filled | {"item": []}, Step((), starters, ()), answers_in(filled["item"]))
    return drafted | {"status": "in-progress"}


def stepped(form: AdaptiveForm, came: Json, step: Step, filled: Answers, more: Iterable[Json] = ()) -> Json:
    """Write the response after a step: in progress, or completed where nothing is left to ask.

    `filled` are the answers for new sections; `more` items of the form that take no answer.
    """
    asked, given = form.asked_form(step.shown, more), answers_in(came.get("item", ()))
    offered = filled if step.new else {}
    sections = [one for one in asked.get("item", ()) if one["type"] == "group"]
    items = [_section(one, given, offered if one["linkId"] in step.new else {}) for one in sections]
    kept = {name: part for name, part in came.items() if name not in {"item", "contained"}}
    others = [one for one in came.get("contained", ()) if one.get("resourceType") != _FORM]
    extensions = [one for one in came.get("extension", ()) if one.get("url") != EXTENSION]
    return {
        **kept,
        "meta": {"profile": [form.shape.response]},
        "contained": [asked, *others],
        **({"extension": extensions} if extensions else {}),
        "questionnaire": f"#{ASKED}",
        "status": "completed" if step.is_done else "in-progress",
        **({"item": items} if items else {}),
    }


def _section(section: Json, given: Answers, filled: Answers) -> Json:
    items = [_item(one, given, filled) for one in section.get("item", ()) if one["type"] != "display"]
    return {"linkId": section["linkId"], "text": section["text"], "item": items}


def _item(item: Json, given: Answers, filled: Answers) -> Json:
    answer = given.get(item["linkId"]) or filled.get(item["linkId"])
    return {"linkId": item["linkId"], "text": item["text"], **({"answer": answer} if answer else {})}
