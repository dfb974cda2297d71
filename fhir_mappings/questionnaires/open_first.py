"""A form in the order in which a person answers it: what is open comes first, what is settled folds away.

Nothing is added and nothing left out; `in_order_of` puts what was answered back into the order of the published form.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from fhir_mappings.forms.form import DOCUMENTATION

Json = dict[str, Any]
_OPEN, _SETTLED, _LAST = range(3)
_ONLY_SHOWN = "display"


def open_first(questionnaire: Json, open_now: Collection[str]) -> Json:
    """Return a form with its open questions first, in each section and among the sections; documents stay last.

    `open_now` are the linkIds of the open questions; what belongs to one (a proposal, a table) goes with it.
    """
    sections = [_section(one, open_now) for one in questionnaire.get("item", ())]
    return questionnaire | {"item": sorted(sections, key=lambda one: _rank(one, open_now))}


def folded(questionnaire: Json, open_now: Collection[str]) -> Iterator[str]:
    """Yield the linkIds of the questions that fold away, in their order."""
    for section in questionnaire.get("item", ()):
        if section["linkId"] != DOCUMENTATION:
            yield from (one["linkId"] for one in section.get("item", ()) if _is_settled(one, open_now))


def without_answer(questionnaire: Json, filled: Collection[str]) -> Iterator[str]:
    """Yield the linkIds of the questions that must be answered whatever else is, and are not filled in."""
    for section in questionnaire.get("item", ()):
        for one in section.get("item", ()):
            if one.get("required") and "enableWhen" not in one and one["linkId"] not in filled:
                yield one["linkId"]


def in_order_of(questionnaire: Json, items: Sequence[Json]) -> list[Json]:
    """Return the items of a response in the order of a form, whatever order they were answered in.

    Items that the form does not have are left as they came, and those beside them: they are refused by their place.
    """
    places = {one["linkId"]: at for at, one in enumerate(_flat(questionnaire.get("item", ())))}
    is_known = all(one.get("linkId") in places for one in items)
    sorted_ = sorted(items, key=lambda one: places[one["linkId"]]) if is_known else items
    return [one | ({"item": in_order_of(questionnaire, one["item"])} if "item" in one else {}) for one in sorted_]


def _section(section: Json, open_now: Collection[str]) -> Json:
    ranked = sorted(section.get("item", ()), key=lambda one: _is_settled(one, open_now))
    return section | ({"item": ranked} if ranked else {})


def _rank(section: Json, open_now: Collection[str]) -> int:
    if section["linkId"] == DOCUMENTATION:
        return _LAST
    return _OPEN if any(_is_open(one, open_now) for one in section.get("item", ())) else _SETTLED


def _is_open(item: Json, open_now: Collection[str]) -> bool:
    return item["linkId"].partition(":")[0] in open_now


def _is_settled(item: Json, open_now: Collection[str]) -> bool:
    return item["type"] != _ONLY_SHOWN and not _is_open(item, open_now)


def _flat(items: Sequence[Json]) -> Iterator[Json]:
    for one in items:
        yield one
        yield from _flat(one.get("item", ()))
