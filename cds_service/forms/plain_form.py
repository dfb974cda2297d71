"""The form without a script: fields of plain HTML out, a response as a renderer writes it in.

For browsers without JavaScript, and for installations without LHC-Forms. Every question is shown: what other answers
make needless (enableWhen) can be left open.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.forms.form_case import Case
from fhir_mappings.questionnaires.item_notes import Beside, taken
from fhir_mappings.questionnaires.open_first import folded, open_first
from fhir_mappings.wording import Wording

Json = dict[str, Any]
_VALUES = {
    "boolean": "valueBoolean",
    "choice": "valueCoding",
    "decimal": "valueDecimal",
    "integer": "valueInteger",
    "text": "valueString",
}
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
_FILE = "attachment"
_HELP = ":help"
_GREATEST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Field:
    """One item as it is shown: `kind` is its type in FHIR, `value` what is filled in, `beside` why.

    `said` is the value in words, `takes` which numbers it takes. A settled one folds away.
    """

    link_id: str
    kind: str
    text: str
    is_required: bool
    options: tuple[tuple[str, str], ...]
    value: str
    said: str
    help: str
    takes: str
    is_settled: bool
    beside: Beside | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as a browser sends it."""

    title: str
    media_type: str
    content: bytes


def fields(case: Case, say: Wording, typed: Mapping[str, str] | None = None) -> Iterator[Field]:
    """Yield the fields of a case, open ones first, with what was typed before a fault, else with the draft."""
    values = typed if typed is not None else dict(_drafted(case.draft["item"]))
    notes = case.beside(say)
    open_now = case.open_now(notes)
    arranged = open_first(case.questionnaire, open_now)
    settled = frozenset(folded(arranged, open_now))
    for item in _flat(arranged["item"]):
        name = item["linkId"]
        options = tuple(_option(one["valueCoding"]) for one in item.get("answerOption", ()))
        yield Field(
            link_id=name,
            kind=item["type"],
            text=item["text"],
            is_required=bool(item.get("required")),
            options=options,
            value=values.get(name, ""),
            said=_in_words(values.get(name, ""), item["type"], options, say),
            help=next((one["text"] for one in item.get("item", ()) if one["linkId"].endswith(_HELP)), ""),
            takes=taken(item, say),
            is_settled=name in settled,
            beside=notes.get(name),
        )


def _in_words(value: str, kind: str, options: Sequence[tuple[str, str]], say: Wording) -> str:
    """Return what is filled in, as a row says it: an answer by what is shown for it, a text by its first line."""
    if not value:
        return say("script.not_needed")
    if kind == "boolean":
        return say("page.yes" if value == "true" else "page.no")
    return dict(options).get(value, value.partition("\n")[0])


def response(questionnaire: Json, typed: Mapping[str, str], files: Mapping[str, Sequence[Upload]]) -> Json:
    """Return what was typed and attached as a response: items and answers only."""
    items: list[Json] = []
    for item in _flat(questionnaire["item"]):
        answers = list(_answers(item, typed.get(item["linkId"], "").strip(), files.get(item["linkId"], ())))
        if answers:
            items.append({"linkId": item["linkId"], "text": item["text"], "answer": answers})
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress" if typed.get("save") else "completed",
        "author": {"display": typed.get("author", "")},
        "item": items,
    }


def _flat(items: Sequence[Json]) -> Iterator[Json]:
    """Yield headings and questions, however deep; what is only shown belongs to what it stands under."""
    for one in items:
        if one["type"] != "display":
            yield one
        yield from _flat(one.get("item", ()))


def _option(coding: Json) -> tuple[str, str]:
    return str(coding["code"]), str(coding.get("display", coding["code"]))


def _drafted(items: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Yield the answers of a draft as a field holds them; a document is never filled in."""
    for one in items:
        for answer in one.get("answer", ()):
            yield from ((one["linkId"], _written(value)) for name, value in answer.items() if name in _VALUES.values())
        yield from _drafted(one.get("item", ()))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value["code"] if isinstance(value, dict) else value)


def _answers(item: Json, text: str, files: Sequence[Upload]) -> Iterator[Json]:
    """Yield the answers of an item; what does not fit stays as it was typed, to be refused by the item's name."""
    if item["type"] == _FILE:
        yield from ({"valueAttachment": _attached(one)} for one in files if one.content)
    elif text and item["type"] in _VALUES:
        yield {_VALUES[item["type"]]: _read(item, text)}


def _read(item: Json, text: str) -> Any:
    match item["type"]:
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer":
            return int(text) if text.isascii() and text.isdigit() and len(text) <= _GREATEST_DIGITS else text
        case "decimal":
            return float(text) if _DECIMAL.fullmatch(text) else text
        case "choice":
            chosen = (one["valueCoding"] for one in item["answerOption"] if one["valueCoding"]["code"] == text)
            return next(chosen, {"code": text})
        case _:
            return text


def _attached(upload: Upload) -> Json:
    data = b64encode(upload.content).decode()
    return {"contentType": upload.media_type, "title": upload.title, "data": data}
