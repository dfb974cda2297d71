"""FHIR out: the answer to a request, a Bundle that begins with its ClaimResponse.

Source: PAS 2.2.1, PASClaimResponse, PASResponseBundle; specification, spec-30 to spec-37, spec-45, spec-46. What a
request brought comes back under its own URL and id, an item under its own sequence; the Claim is named only, and so is
who came without what the profile of an answer asks of them: an answer is to be valid whatever came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fhir_mappings.prior_auth.asked_parts import answered_ends, asked_parts
from fhir_mappings.prior_auth.bundles import Entry, PasBundle, references
from fhir_mappings.prior_auth.claim import PasClaim
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.json_values import inner
from fhir_mappings.prior_auth.pas_urls import REJECT_REASONS, Reject, extension, follow_up, profile
from fhir_mappings.prior_auth.response_items import Notes, added_item, item, of_whole

Json = dict[str, Any]
_TRACED = frozenset({"PractitionerRole", "Practitioner", "Organization", "Patient"})
"""What an answer refers to is brought with what it refers to itself, as far as it is one of these."""
_TRACING = _TRACED | {"MedicationRequest", "ServiceRequest"}
_DEMANDED = {
    "Patient": ("identifier", "name", "gender"),
    "Practitioner": ("identifier", "name"),
    "Organization": ("active", "name"),
    "PractitionerRole": ("practitioner",),
}
"""What the profiles of PAS 2.2.1 and of US Core make mandatory of those whom an answer names."""
_REACHED = ("telecom", "endpoint")
"""A role has one of these (us-core, pd-1)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the payer finds wrong with the content of a request: the code (X12 901), where, and in words.

    `key` is that of the sentence, so that it can be read in another language; empty where it is none of ours.
    """

    code: Reject
    place: str
    text: str
    key: str = ""


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


def response_bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str) -> Json:
    """Write the answer to a request; `base_url` is that of our base of PAS."""
    return _bundle(bundle, claim, answer, base_url, inquiry=False)


def inquiry_bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str) -> Json:
    """Write the answer that stands as an inquiry gets it: a Task still asks for more, a CommunicationRequest does not.

    The profile of this answer has no place for the latter (spec-9).
    """
    return _bundle(bundle, claim, answer, base_url, inquiry=True)


def _bundle(bundle: PasBundle, claim: PasClaim, answer: Answer, base_url: str, *, inquiry: bool) -> Json:
    asking = tuple(one for one in answer.asking if not (inquiry and _is_communication(one)))
    response = _response(bundle, claim, answer, asking, inquiry=inquiry)
    brought = _brought(bundle, response)
    entries = [(f"{base_url}/ClaimResponse/{answer.id}", response)]
    entries += [(one.url, one.resource) for one in asking]
    entries += [(one.url, one.resource) for one in brought]
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


def _response(bundle: PasBundle, claim: PasClaim, answer: Answer, asking: tuple[Asking, ...], *, inquiry: bool) -> Json:
    notes, came, asked = Notes(), claim.resource, asked_parts(bundle, claim)
    items = [item(one, asked.get(one.sequence), answer.reference_number, notes) for one in answer.items]
    added = [added_item(one, asked.get(one.sequence)) for one in answer.items if one.changed]
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
        **of_whole(answer.items),
        "item": items,
        "addItem": added,
        "processNote": notes.written,
        "insurance": _insurance(claim) if inquiry else [],
        "communicationRequest": [{"reference": one.url} for one in asking if _is_communication(one)],
        "error": [_error(one) for one in answer.problems],
    }
    head = _head(answer, list(answered_ends(claim)), inquiry=inquiry)
    return head | {name: value for name, value in parts.items() if value}


def _head(answer: Answer, of_whole: list[Json], *, inquiry: bool) -> Json:
    """Return which answer it is, and whether a person reviewed it."""
    reviewed = [{"url": "wasHumanReviewedFlag", "valueBoolean": answer.reviewed}]
    return {
        "resourceType": "ClaimResponse",
        "id": answer.id,
        "meta": {"profile": [profile("claiminquiryresponse" if inquiry else "claimresponse")]},
        "extension": [{"url": extension("claimResponseReviewer")["url"], "extension": reviewed}, *of_whole],
    }


def _insurance(claim: PasClaim) -> list[Json]:
    """Return under which coverages a request was made."""
    found = enumerate(claim.coverages, 1)
    return [{"sequence": number, "focal": number == 1, "coverage": {"reference": one.url}} for number, one in found]


def _is_communication(one: Asking) -> bool:
    return one.resource.get("resourceType") == "CommunicationRequest"


def _to(entry: Entry | None, named: Any) -> Json:
    """Return a reference to what came, by its URL: relative to the answer it would lead elsewhere."""
    return {"reference": entry.url} if entry is not None else inner(named)


def _error(problem: Problem) -> Json:
    part = {"url": "error", "valueString": problem.text}
    extended = [
        {"url": extension("errorElement")["url"], "extension": [part]},
        *([extension("errorPath", valueString=problem.place)] if problem.place else []),
        extension("errorFollowupAction", valueCodeableConcept=follow_up(problem.code)),
    ]
    return {"extension": extended, "code": {"coding": [{"system": REJECT_REASONS, "code": problem.code.value}]}}


def _brought(bundle: PasBundle, response: Json) -> tuple[Entry, ...]:
    """Return what an answer refers to, and what that refers to in turn, each once and as it came (spec-31, spec-33).

    The Claim is not sent back: it says nothing that the answer has to (spec-45), and `request` may lead to no update.
    """
    by_url: Mapping[str, Entry] = {one.url: one for one in bundle.entries}
    found: dict[str, Entry] = {}
    waiting = [by_url[one["reference"]] for one in references(response) if one["reference"] in by_url]
    while waiting:
        one = waiting.pop(0)
        if one.url in found or not _is_returned(one):
            continue
        found[one.url] = one
        if one.kind in _TRACING:
            named = (bundle.resolve(each, one) for each in references(one.resource))
            waiting += [each for each in named if each is not None and each.kind in _TRACED]
    return tuple(found.values())


def _is_returned(one: Entry) -> bool:
    """Whether what came can stand in an answer."""
    lacking = [name for name in _DEMANDED.get(one.kind, ()) if one.resource.get(name) in (None, "", [], {})]
    is_reached = one.kind != "PractitionerRole" or any(one.resource.get(name) for name in _REACHED)
    return one.kind != "Claim" and not lacking and is_reached
