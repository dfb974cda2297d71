"""A response as a renderer writes it, made whole: what it belongs to, and where each answer comes from.

Renderers such as LHC-Forms write items and answers only. Sources: DTR 2.0.1 and 2.2.0, dtr-questionnaireresponse and
information-origin (an answer that a person gave or changed names its author, any other has none).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.forms.dtr_urls import DTR

Json = dict[str, Any]
_ORIGIN = f"{DTR}/information-origin"
_HEAD = ("resourceType", "meta", "extension", "identifier", "questionnaire", "subject")
STATUSES = frozenset({"in-progress", "completed"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A draft as it was shown, who answered it (in words, as the person gave it), and when (an instant).

    `of_persons` are the questions that the draft answers by what a person said before.
    """

    draft: Json
    author: str
    authored: str
    of_persons: Collection[str]


def completed(came: Json, answered: Answered) -> Json:
    """Return a response with the head of its draft and an origin at each answer; the items stay as they came."""
    head = {name: answered.draft[name] for name in _HEAD if name in answered.draft}
    status = came.get("status")
    before = dict(_answers(answered.draft.get("item", ())))
    items = [kept for one in _items(came) if (kept := _item(one, before, answered)) is not None]
    response = {
        "status": status if isinstance(status, str) and status in STATUSES else "in-progress",
        "authored": answered.authored,
        "author": {"display": answered.author},
    }
    return {**head, **response, **({"item": items} if items else {})}


def filled(response: Json) -> frozenset[str]:
    """Return the linkIds that a response answers."""
    return frozenset(name for name, _ in _answers(response.get("item", ())))


def _items(holder: Json) -> list[Json]:
    items = holder.get("item", ())
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _answers(items: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """Yield the first answer of each item that has one, by its linkId."""
    for one in items:
        if one.get("answer"):
            yield one["linkId"], one["answer"][0]
        yield from _answers(one.get("item", ()))


def _item(item: Json, before: Mapping[str, Json], answered: Answered) -> Json | None:
    """Return an item with origins; None for one that holds nothing, which FHIR does not allow."""
    below = [_item(one, before, answered) for one in _items(item)]
    kept = [one for one in below if one is not None]
    link_id, answers = item.get("linkId"), item.get("answer")
    given = [_with_origin(one, before.get(str(link_id)), str(link_id), answered) for one in _listed(answers)]
    if not given and not kept:
        return None
    named = {name: item[name] for name in ("linkId", "text") if name in item}
    return named | ({"answer": given} if given else {}) | ({"item": kept} if kept else {})


def _listed(answers: object) -> list[Json]:
    return [one for one in answers if isinstance(one, dict)] if isinstance(answers, list) else []


def _with_origin(answer: Json, before: Json | None, link_id: str, answered: Answered) -> Json:
    value = {name: one for name, one in answer.items() if name != "extension"}
    if before is not None and _same(value, before) and link_id not in answered.of_persons:
        return {"extension": before.get("extension", []), **value}
    changed = before is not None and link_id not in answered.of_persons
    return {"extension": [_origin("override" if changed else "manual", answered.author)], **value}


def _origin(source: str, author: str) -> Json:
    who = {"url": "practitioner", "valueReference": {"display": author}}
    parts: list[Json] = [{"url": "source", "valueCode": source}, {"url": "author", "extension": [who]}]
    return {"url": _ORIGIN, "extension": parts}


def _same(value: Json, before: Json) -> bool:
    """Whether two answers say the same: of an option its code counts, not how it is shown."""
    return _said(value) == _said(before)


def _said(answer: Json) -> Json:
    return {
        name: one.get("code") if name == "valueCoding" and isinstance(one, dict) else one
        for name, one in answer.items()
        if name.startswith("value")
    }
