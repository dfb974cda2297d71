"""A form in other languages: its texts by linkId, laid over the form, or beside them by FHIR's own extension.

Source: FHIR R4, extension "translation" (on any string: `lang` and `content`). What a form asks is the payer's own
words, whose translations stand with the sentences of the language.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fhir_mappings.forms.form import Form
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.wording import Wording

Json = dict[str, Any]
Texts = Mapping[tuple[str, str], str]
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_TITLE = ("", "")


def texts_in(form: Form, say: Wording) -> Texts:
    """Return the texts of a form in a language: of each item by its linkId, of each answer by linkId and code."""
    written = questionnaire(form, say)
    return {_TITLE: say.words(written["title"]), **dict(_texts(written.get("item", ()), say))}


def _texts(items: Iterable[Json], say: Wording) -> Iterator[tuple[tuple[str, str], str]]:
    for one in items:
        if "text" in one:
            yield (one["linkId"], ""), say.words(one["text"])
        for option in one.get("answerOption", ()):
            coding = option.get("valueCoding", {})
            if "display" in coding:
                yield (one["linkId"], coding["code"]), say.words(coding["display"])
        yield from _texts(one.get("item", ()), say)


def spoken(resource: Json, texts: Texts) -> Json:
    """Return a form with its texts in another language; an item that the form does not have keeps its own."""
    titled = resource | {"title": texts.get(_TITLE, resource.get("title", ""))}
    return titled | {"item": [_spoken_item(one, texts) for one in resource.get("item", ())]}


def _spoken_item(item: Json, texts: Texts) -> Json:
    link = item["linkId"]
    made = item | ({"text": texts[link, ""]} if (link, "") in texts else {})
    if "answerOption" in item:
        made |= {"answerOption": [_spoken_option(one, "valueCoding", link, texts) for one in item["answerOption"]]}
    if "enableWhen" in item:
        made |= {
            "enableWhen": [_spoken_option(one, "answerCoding", one["question"], texts) for one in item["enableWhen"]]
        }
    if "item" in item:
        made |= {"item": [_spoken_item(one, texts) for one in item["item"]]}
    return made


def _spoken_option(holder: Json, member: str, link: str, texts: Texts) -> Json:
    """Return what names an option, as an answer or a condition, with the option's name in another language."""
    coding = holder.get(member)
    if not isinstance(coding, dict) or (link, coding.get("code", "")) not in texts:
        return holder
    return holder | {member: coding | {"display": texts[link, coding["code"]]}}


def shown_as(response: Json, resource: Json) -> Json:
    """Return a response whose items and options are named as a form shows them: renderers find an option by both."""
    return _shown(response, dict(_names(resource)))


def _names(resource: Json) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what a form shows: the text of each item by its linkId, the name of each option by linkId and code."""
    for item in _every(resource):
        if "text" in item:
            yield (item["linkId"], ""), item["text"]
        for option in item.get("answerOption", ()):
            coding = option.get("valueCoding", {})
            if "display" in coding:
                yield (item["linkId"], str(coding.get("code"))), coding["display"]


def _every(holder: Json) -> Iterator[Json]:
    for one in holder.get("item", ()):
        yield one
        yield from _every(one)


def _shown(item: Json, names: Texts) -> Json:
    made = dict(item)
    if "text" in item and isinstance(item.get("linkId"), str):
        made["text"] = names.get((item["linkId"], ""), item["text"])
    if "answer" in item:
        made["answer"] = [_named(one, item["linkId"], names) for one in item["answer"]]
    if "item" in item:
        made["item"] = [_shown(one, names) for one in item["item"]]
    return made


def _named(answer: Json, link: str, names: Texts) -> Json:
    coding = answer.get("valueCoding", {})
    name = names.get((link, str(coding.get("code")))) if isinstance(coding, dict) and "display" in coding else None
    return answer if name is None else answer | {"valueCoding": coding | {"display": name}}


def with_translations(resource: Json, others: Mapping[str, Texts]) -> Json:
    """Return a form with its texts in other languages beside them, by the language's code."""
    titled = resource | _beside("title", resource.get("title", ""), _TITLE, others)
    return titled | {"item": [_translated_item(one, others) for one in resource.get("item", ())]}


def _translated_item(item: Json, others: Mapping[str, Texts]) -> Json:
    link = item["linkId"]
    made = item | _beside("text", item.get("text", ""), (link, ""), others)
    if "answerOption" in item:
        made |= {"answerOption": [_translated_option(one, link, others) for one in item["answerOption"]]}
    if "item" in item:
        made |= {"item": [_translated_item(one, others) for one in item["item"]]}
    return made


def _translated_option(option: Json, link: str, others: Mapping[str, Texts]) -> Json:
    coding = option.get("valueCoding")
    if not isinstance(coding, dict) or "display" not in coding:
        return option
    beside = _beside("display", coding["display"], (link, coding["code"]), others)
    return option | {"valueCoding": coding | beside}


def _beside(member: str, text: str, place: tuple[str, str], others: Mapping[str, Texts]) -> Json:
    """Return the member that holds the translations of a text; none where no language says it otherwise."""
    extensions = [
        {"url": TRANSLATION, "extension": [_part("lang", "valueCode", language), _part("content", "valueString", said)]}
        for language, texts in others.items()
        if (said := texts.get(place, "")) and said != text
    ]
    return {f"_{member}": {"extension": extensions}} if extensions else {}


def _part(url: str, value: str, text: str) -> Json:
    return {"url": url, value: text}
