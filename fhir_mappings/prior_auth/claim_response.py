"""FHIR out: the answer to a request, a Bundle that begins with its ClaimResponse.

Source: PAS 2.2.1, PASClaimResponse, PASResponseBundle; specification, spec-30 to spec-37, spec-46. What a request
brought comes back under its own URL and id, an item under its own sequence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fhir_mappings.prior_auth.bundles import Entry, PasBundle, references
from fhir_mappings.prior_auth.claim import ClaimItem, PasClaim
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer
from fhir_mappings.prior_auth.json_values import extensions, inner
from fhir_mappings.prior_auth.pas_urls import (
    REJECT_REASONS,
    REVIEW_CODES,
    REVIEW_REASONS,
    Reject,
    Review,
    extension,
    profile,
)

Json = dict[str, Any]
_SUBMITTED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}]}
_TRACED = frozenset({"PractitionerRole", "Practitioner", "Organization", "Patient"})
"""What an answer refers to is brought with what it refers to itself, as far as it is one of these."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the payer finds wrong with the content of a request: the code (X12 901), where, and in words."""

    code: Reject
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A resource by which the payer asks for more, and where it is found."""

    url: str
    resource: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it stands: its id, when it was made, what is decided of each item, or what is wrong.

    `reviewed` tells that a person decided. `reference_number` is how the payer knows the request while it is pended.
    """

    id: str
    at: datetime
    items: tuple[ItemAnswer, ...] = ()
    problems: tuple[Problem, ...] = ()
    reviewed: bool = False
    reference_number: str = ""
    asking: tuple[Asking, ...] = field(default=())


@dataclass(slots=True)
class _Notes:
    """The process notes of an answer: each text once, by its number."""

    texts: dict[str, int] = field(default_factory=dict)

    def numbers(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of some notes, new ones added."""
        return [self.texts.setdefault(one, len(self.texts) + 1) for one in texts if one]

    @property
    def written(self) -> list[Json]:
        """Return them as FHIR has them."""
        return [{"number": number, "type": "print", "text": text} for text, number in self.texts.items()]


def response_bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str) -> Json:
    """Write the answer to a request; `base_url` is that of our base of PAS."""
    return _bundle(bundle, claim, answer, base_url, inquiry=False)


def inquiry_bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str) -> Json:
    """Write the answer that stands as an inquiry gets it: without what asks for more (spec-9)."""
    return _bundle(bundle, claim, answer, base_url, inquiry=True)


def _bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str, *, inquiry: bool) -> Json:
    asking = () if inquiry else answer.asking
    response = _response(claim, answer, asking, inquiry=inquiry)
    brought = _brought(bundle, response)
    entries = [(f"{base_url}/ClaimResponse/{answer.id}", response)]
    entries += [(one.url, one.resource) for one in brought]
    entries += [(one.url, one.resource) for one in asking]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [profile("pas-inquiry-response-bundle" if inquiry else "pas-response-bundle")]},
        "identifier": bundle.identifier,
        "type": "collection",
        "timestamp": instant(answer.at),
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def instant(at: datetime) -> str:
    """Return an instant as FHIR has it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _response(claim: PasClaim, answer: Answer, asking: tuple[Asking, ...], *, inquiry: bool) -> Json:
    notes, came = _Notes(), claim.resource
    by_sequence = {one.sequence: one for one in claim.items}
    items = [_item(one, by_sequence.get(one.sequence), answer, notes) for one in answer.items]
    added = [_added(one, by_sequence.get(one.sequence)) for one in answer.items if one.changed]
    reviewed = [{"url": "wasHumanReviewedFlag", "valueBoolean": answer.reviewed}]
    parts: Json = {
        "identifier": came.get("identifier"),
        "status": "active",
        "type": came.get("type"),
        "use": "preauthorization",
        "patient": _to(claim.patient, came.get("patient")),
        "created": instant(answer.at),
        "insurer": _to(claim.insurer, came.get("insurer")),
        "requestor": _to(claim.provider, came.get("provider")),
        "request": {"reference": claim.entry.url},
        "outcome": "error" if answer.problems else "complete",
        "item": items,
        "addItem": added,
        "processNote": notes.written,
        "insurance": _insurance(claim) if inquiry else [],
        "communicationRequest": [{"reference": one.url} for one in asking if _is_communication(one)],
        "error": [_error(one) for one in answer.problems],
    }
    head = {
        "resourceType": "ClaimResponse",
        "id": answer.id,
        "meta": {"profile": [profile("claiminquiryresponse" if inquiry else "claimresponse")]},
        "extension": [{"url": extension("claimResponseReviewer")["url"], "extension": reviewed}],
    }
    return head | {name: value for name, value in parts.items() if value}


def _insurance(claim: PasClaim) -> list[Json]:
    """Return under which coverages a request was made."""
    found = enumerate(claim.coverages, 1)
    return [{"sequence": number, "focal": number == 1, "coverage": {"reference": one.url}} for number, one in found]


def _is_communication(one: Asking) -> bool:
    return one.resource.get("resourceType") == "CommunicationRequest"


def _to(entry: Entry | None, named: Any) -> Json:
    """Return a reference to what came, by its URL: relative to the answer it would lead elsewhere."""
    return {"reference": entry.url} if entry is not None else inner(named)


def _item(answer: ItemAnswer, asked: ClaimItem | None, whole: Answer, notes: _Notes) -> Json:
    numbers = notes.numbers(answer.notes)
    extended = [
        *(extensions(asked.raw, "itemTraceNumber") if asked is not None else ()),
        *_dates(answer.granted),
        *([extension("authorizationNumber", valueString=answer.earlier)] if answer.earlier else []),
        *_reference_number(answer, whole),
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


def _reference_number(answer: ItemAnswer, whole: Answer) -> Iterator[Json]:
    """Yield how the payer knows a request that is pended."""
    if answer.review is Review.PENDED and whole.reference_number:
        yield extension("administrationReferenceNumber", valueString=whole.reference_number)


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


def _added(answer: ItemAnswer, asked: ClaimItem | None) -> Json:
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


def _error(problem: Problem) -> Json:
    part = {"url": "error", "valueString": problem.text}
    extended = [
        {"url": extension("errorElement")["url"], "extension": [part]},
        *([extension("errorPath", valueString=problem.place)] if problem.place else []),
    ]
    return {"extension": extended, "code": {"coding": [{"system": REJECT_REASONS, "code": problem.code.value}]}}


def _brought(bundle: PasBundle, response: Json) -> tuple[Entry, ...]:
    """Return what an answer refers to, and what that refers to in turn, each once and as it came (spec-31, spec-33)."""
    by_url: Mapping[str, Entry] = {one.url: one for one in bundle.entries}
    found: dict[str, Entry] = {}
    waiting = [by_url[one["reference"]] for one in references(response) if one["reference"] in by_url]
    while waiting:
        one = waiting.pop(0)
        if one.url in found:
            continue
        found[one.url] = one
        if one.kind in _TRACED:
            named = (bundle.resolve(each, one) for each in references(one.resource))
            waiting += [each for each in named if each is not None and each.kind in _TRACED]
    return tuple(found.values())
