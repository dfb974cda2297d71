"""The yes or no to each proposal as an item of its own: in the adaptive form, and on the form page.

They take the place of the two items of the static form that quote all proposals of a fact at once, and stand above the
question that they settle.
"""

from collections.abc import Collection, Mapping
from typing import Any

from fhir_mappings.forms.form import Form, confirm_id, confirmed_fact
from fhir_mappings.offers.offered import Findings, owners, question, settles
from fhir_mappings.wording import Wording

Json = dict[str, Any]
_CONDITION = ("enableWhen", "enableBehavior")


def record_items(
    form: Form, findings: Findings, say: Wording, asked: Collection[str], said: Collection[str] = ()
) -> dict[str, list[Json]]:
    """Return the items of the proposals for what is asked, and of those that the response at hand answers, by question.

    `said` are the linkIds that it answers.
    """
    shown = {
        name: [confirm_id(form.questions[name], one.id) for one in some]
        for name, some in owners(form, findings, asked).items()
    }
    made: dict[str, list[Json]] = {}
    for name, fact in form.questions.items():
        every = findings[name].proposals if name in findings else ()
        of_fact = {confirm_id(fact, one.id): one for one in every}
        wanted = [link for link in of_fact if link in said or link in shown.get(name, ())]
        if wanted:
            made[name] = [{"linkId": link, "text": question(of_fact[link], say), "type": "boolean"} for link in wanted]
    return made


def clickable(form: Form, findings: Findings) -> frozenset[str]:
    """Return the questions that a yes to what is proposed settles: they need not be answered beside it."""
    named = ((name, fact) for name, fact in form.questions.items() if name in findings)
    return frozenset(name for name, fact in named if settles(form, fact, findings[name]))


def by_record(section: Json, records: Mapping[str, list[Json]]) -> Json:
    """Return a section of a static form with an item a proposal, in the place of those that quote all of them."""
    items: list[Json] = []
    for one in section.get("item", ()):
        name = one["linkId"]
        if is_quote(name):
            continue
        items += [*records.get(name, ()), without_static(one)]
    return section | ({"item": items} if items else {})


def is_quote(link_id: str) -> bool:
    """Return whether an item of a static form quotes all proposals of a fact, or takes the one yes or no to them."""
    asked = confirmed_fact(link_id)
    return link_id.endswith(":shown") or (asked is not None and not asked[1])


def without_static(item: Json) -> Json:
    """Return an item that no longer hangs on a yes to all that is quoted."""
    hangs = any(confirmed_fact(one["question"]) is not None for one in item.get("enableWhen", ()))
    return {name: part for name, part in item.items() if not (hangs and name in _CONDITION)}


def optional(questionnaire: Json, names: Collection[str]) -> Json:
    """Return a form, or an item of one, in which some questions are not required."""
    kept = {
        name: part
        for name, part in questionnaire.items()
        if not (name == "required" and questionnaire.get("linkId") in names)
    }
    return kept | ({"item": [optional(one, names) for one in kept["item"]]} if "item" in kept else {})


def as_page(form: Form, questionnaire: Json, findings: Findings, asked: Collection[str], say: Wording) -> Json:
    """Return a static form as the form page shows it: an item a proposal; what these settle is not required."""
    records = record_items(form, findings, say, asked)
    sections = [by_record(one, records) for one in questionnaire.get("item", ())]
    return optional(questionnaire | {"item": sections}, clickable(form, findings))


def without_quotes(draft: Json) -> Json:
    """Return the draft of a static form without the items that quote all proposals of a fact at once."""
    return draft | {"item": [by_record(one, {}) for one in draft.get("item", ())]}
