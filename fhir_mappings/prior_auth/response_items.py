"""FHIR out: the items of a ClaimResponse, each with what is decided of it.

Source: PAS 2.2.1, PASClaimResponse.item and .addItem; specification, spec-36 and spec-37.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fhir_mappings.prior_auth.claim import ClaimItem
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer
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


def item(answer: ItemAnswer, asked: ClaimItem | None, reference_number: str, notes: Notes) -> Json:
    """Write what is decided of an item; `reference_number` is how the payer knows a request that is pended."""
    numbers = notes.numbers(answer.notes)
    extended = [
        *(extensions(asked.raw, "itemTraceNumber") if asked is not None else ()),
        *_dates(answer.granted),
        *([extension("authorizationNumber", valueString=answer.earlier)] if answer.earlier else []),
        *_reference_number(answer, reference_number),
        *(_requested(asked) if asked is not None else ()),
        *(_detail(answer.granted, asked) if asked is not None and answer.granted and not answer.changed else ()),
    ]
    return {
        **({"extension": extended} if extended else {}),
        "itemSequence": answer.sequence,
        **({"noteNumber": numbers} if numbers else {}),
        "adjudication": [_adjudication(answer)],
    }


def _adjudication(answer: ItemAnswer) -> Json:
    number = [{"url": "number", "valueString": answer.granted.number}] if answer.granted is not None else []
    reasons = [
        {"url": "reasonCode", "valueCodeableConcept": {"coding": [{"system": REVIEW_REASONS, "code": one}]}}
        for one in answer.reasons
    ]
    code, words = answer.review.value
    action = {"coding": [{"system": REVIEW_CODES, "code": code, "display": words}]}
    parts = [*number, *reasons, extension("reviewActionCode", valueCodeableConcept=action)]
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


def _detail(granted: Granted, asked: ClaimItem) -> Iterator[Json]:
    """Yield what is authorized in detail: the code that was asked for, and the quantity that is known."""
    parts: list[Json] = (
        [{"url": "productOrServiceCode", "valueCodeableConcept": asked.product}] if asked.has_code else []
    )
    if granted.units is not None:
        parts.append({"url": "quantity", "valueQuantity": {"value": granted.units}})
    if parts:
        yield {"url": extension("itemAuthorizedDetail")["url"], "extension": parts}


def added_item(answer: ItemAnswer, asked: ClaimItem | None) -> Json:
    """Write what a modified item is authorized as (spec-37): certified in total, under the same number."""
    changed, granted = answer.changed, answer.granted
    certified = ItemAnswer(answer.sequence, Review.CERTIFIED, granted)
    came = asked.raw if asked is not None else {}
    quantity = changed.get("quantity") or inner(came.get("quantity"))
    extended = [*extensions(came, "itemTraceNumber"), *_dates(granted)]
    period = {"start": granted.start, "end": granted.end} if granted is not None else {}
    return {
        "extension": extended,
        "itemSequence": [answer.sequence],
        "productOrService": changed.get("product") or inner(came.get("productOrService")),
        "servicedPeriod": period,
        **({"quantity": quantity} if quantity else {}),
        "adjudication": [_adjudication(certified)],
    }
