"""FHIR out: the items of a ClaimResponse, each with what is decided of it.

Source: PAS 2.2.1, PASClaimResponse.item and .addItem; specification, spec-36 and spec-37.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fhir_mappings.prior_auth.asked_parts import Asked
from fhir_mappings.prior_auth.claim import ClaimItem
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer, as_authorized, in_units
from fhir_mappings.prior_auth.json_values import extensions, inner
from fhir_mappings.prior_auth.pas_urls import REVIEW_CODES, REVIEW_REASONS, Review, extension

Json = dict[str, Any]
_SUBMITTED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}]}


@dataclass(slots=True)
class Notes:
    """The process notes of an answer: each text once, by its number."""

    texts: dict[str, int] = field(default_factory=dict)

    def numbers(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of some notes, new ones added."""
        return [self.texts.setdefault(one, len(self.texts) + 1) for one in texts if one]

    @property
    def written(self) -> list[Json]:
        """Return them as FHIR has them."""
        return [{"number": number, "type": "print", "text": text} for text, number in self.texts.items()]


def item(answer: ItemAnswer, asked: Asked | None, reference_number: str, notes: Notes) -> Json:
    """Write what is decided of an item; `reference_number` is how the payer knows a request that is pended."""
    numbers = notes.numbers(answer.notes)
    extended = [
        *(extensions(asked.item.raw, "itemTraceNumber") if asked is not None else ()),
        *_dates(answer.granted),
        *([extension("authorizationNumber", valueString=answer.earlier)] if answer.earlier else []),
        *_reference_number(answer, reference_number),
        *(_requested(asked.item) if asked is not None else ()),
        *(asked.diagnoses if asked is not None else ()),
        *(_as_asked(answer.granted, asked) if asked is not None and answer.granted and not answer.changed else ()),
    ]
    return {
        **({"extension": extended} if extended else {}),
        "itemSequence": answer.sequence,
        **({"noteNumber": numbers} if numbers else {}),
        "adjudication": [_adjudication(answer.review, _number(answer), answer.reasons)],
    }


def of_whole(answers: Sequence[ItemAnswer]) -> Json:
    """Return the members of an answer that say for the whole what is so of every item: number or reasons, and the days.

    The code of the action stands on the items alone: its extension has no place at the head (its own contexts).
    """
    actions = {(_number(one), one.reasons) for one in answers}
    parts = _parts(*actions.pop()) if len(actions) == 1 else []
    days = {(one.granted.start, one.granted.end) if one.granted is not None else None for one in answers}
    period = days.pop() if len(days) == 1 else None
    return {
        **({"adjudication": [_reviewed(parts)]} if parts else {}),
        **({"preAuthPeriod": {"start": period[0], "end": period[1]}} if period is not None else {}),
    }


def _number(answer: ItemAnswer) -> str:
    return answer.granted.number if answer.granted is not None else ""


def _adjudication(review: Review, number: str, reasons: Iterable[str]) -> Json:
    code, words = review.value
    action = {"coding": [{"system": REVIEW_CODES, "code": code, "display": words}]}
    return _reviewed([*_parts(number, reasons), extension("reviewActionCode", valueCodeableConcept=action)])


def _parts(number: str, reasons: Iterable[str]) -> list[Json]:
    coded = ({"coding": [{"system": REVIEW_REASONS, "code": one}]} for one in reasons)
    numbered = [{"url": "number", "valueString": number}] if number else []
    return [*numbered, *({"url": "reasonCode", "valueCodeableConcept": one} for one in coded)]


def _reviewed(parts: list[Json]) -> Json:
    return {"extension": [{"url": extension("reviewAction")["url"], "extension": parts}], "category": _SUBMITTED}


def _dates(granted: Granted | None) -> Iterator[Json]:
    if granted is not None:
        yield extension("itemPreAuthIssueDate", valueDate=granted.issued)
        yield extension("itemPreAuthPeriod", valuePeriod={"start": granted.start, "end": granted.end})


def _reference_number(answer: ItemAnswer, number: str) -> Iterator[Json]:
    if answer.review is Review.PENDED and number:
        yield extension("administrationReferenceNumber", valueString=number)


def _requested(asked: ClaimItem) -> Iterator[Json]:
    on, period = asked.raw.get("servicedDate"), asked.raw.get("servicedPeriod")
    if isinstance(on, str):
        yield extension("itemRequestedServiceDate", valueDateTime=on)
    elif isinstance(period, dict):
        yield extension("itemRequestedServiceDate", valuePeriod=period)


def _as_asked(granted: Granted, asked: Asked) -> Iterator[Json]:
    """Yield what is authorized as it was asked: how much, who gives it, and the days in a hospital."""
    yield from _detail(granted, asked.item)
    yield from (one.authorized for one in asked.providers)
    yield from asked.stay


def _detail(granted: Granted, asked: ClaimItem) -> Iterator[Json]:
    """Yield what is authorized in detail: the code that was asked for, and how much: as counted, else as asked."""
    parts: list[Json] = (
        [{"url": "productOrServiceCode", "valueCodeableConcept": asked.product}] if asked.has_code else []
    )
    quantity = in_units(granted.units) if granted.units is not None else as_authorized(asked.quantity)
    if quantity:
        parts.append({"url": "quantity", "valueQuantity": quantity})
    if parts:
        yield {"url": extension("itemAuthorizedDetail")["url"], "extension": parts}


def added_item(answer: ItemAnswer, asked: Asked | None) -> Json:
    """Write what a modified item is authorized as (spec-37): certified in total, under the same number."""
    changed, granted = answer.changed, answer.granted
    came = asked.item.raw if asked is not None else {}
    counted = in_units(granted.units) if granted is not None and granted.units is not None else {}
    quantity = changed.get("quantity") or counted or as_authorized(inner(came.get("quantity")))
    extended = [*extensions(came, "itemTraceNumber"), *_dates(granted), *(_carried(asked) if asked is not None else ())]
    period = {"start": granted.start, "end": granted.end} if granted is not None else {}
    return {
        "extension": extended,
        "itemSequence": [answer.sequence],
        **({"provider": [one.reference for one in asked.providers]} if asked is not None and asked.providers else {}),
        "productOrService": changed.get("product") or inner(came.get("productOrService")),
        **(asked.changed_in_part if asked is not None else {}),
        "servicedPeriod": period,
        **({"quantity": quantity} if quantity else {}),
        "adjudication": [_adjudication(Review.CERTIFIED, _number(answer), ())],
    }


def _carried(asked: Asked) -> Iterator[Json]:
    """Yield what an added item keeps of what was asked."""
    yield from asked.codes
    yield from asked.stay
