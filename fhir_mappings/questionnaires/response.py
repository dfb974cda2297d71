"""A QuestionnaireResponse as it came in: its items, however deep, with the values of their answers.

Source: FHIR R4, QuestionnaireResponse. Lenient: only what is read must be of its type.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from fhir_mappings.forms.answer_values import Values


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a response: the linkId of the item, empty for the whole, and what is wrong."""

    link_id: str
    text: str


class AnswersError(ValueError):
    """A response that cannot be read as answers to a form of ours; `faults` holds one entry a fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{one.link_id}: {one.text}" if one.link_id else one.text for one in self.faults))


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """An item of a response; an answer holds a value of any type, and the items nested below it."""

    link_id: str = ""
    answer: tuple[dict[str, Any], ...] = ()
    item: tuple["Item", ...] = ()

    def values(self) -> list[Values]:
        """Return the value[x] members of each answer that has any."""
        read = ({name: value for name, value in one.items() if name.startswith("value")} for one in self.answer)
        return [one for one in read if one]


class Source(msgspec.Struct, frozen=True):
    """Where an answer was given first: the reference of that response, and its `authored`."""

    reference: str = ""
    authored: str = ""


class Response(msgspec.Struct, frozen=True, rename="camel"):
    """The head of a response, and its topmost items.

    `carried` are answers of earlier responses that stand in this one, `proposed` is what was said yes or no to; both by
    linkId, and only what we keep has them.
    """

    resource_type: str = ""
    id: str = ""
    questionnaire: str = ""
    status: str = ""
    authored: str = ""
    item: tuple[Item, ...] = ()
    carried: dict[str, Source] = {}
    proposed: dict[str, dict[str, Any]] = {}

    def items(self) -> tuple[Item, ...]:
        """Return every item, however deep; raises ValidationError."""
        return tuple(_flat(self.item))


def _flat(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _flat(item.item)
        for answer in item.answer:
            yield from _flat(msgspec.convert(answer.get("item", ()), tuple[Item, ...]))


def decoded(response: bytes | msgspec.Raw) -> tuple[Response, tuple[Item, ...]]:
    """Return a response and all of its items; raises AnswersError."""
    try:
        found = msgspec.json.decode(response, type=Response)
        return found, found.items()
    except msgspec.MsgspecError as error:
        raise AnswersError([Fault("", f"the response cannot be read: {error}")]) from None
