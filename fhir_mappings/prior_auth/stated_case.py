"""A request as the call of a hook that says the same: its orders, its coverage, and what it brings as the chart.

A request is judged by the evaluation that answers a signed order. What came with it is the whole chart that is stated:
a type of record of which nothing came is stated to be none, as by an empty key of a prefetch. What the Claim refers to
and did not bring is lacking, so that the machine authorizes nothing on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhir_mappings.prior_auth.bundles import Entry, PasBundle
from fhir_mappings.prior_auth.claim import ClaimItem, PasClaim
from fhir_mappings.prior_auth.json_values import encoded, inner, text
from fhir_mappings.r4.elements import is_id
from fhir_mappings.r4.references import base, local

Json = dict[str, Any]
ORDERED = frozenset({"MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder"})
_NO_RECORD = frozenset({"Claim", "ClaimResponse", "Subscription", "Task", "QuestionnaireResponse"})
"""What says nothing of the patient's history: requests, answers to them, and forms, which are read as answers."""


@dataclass(frozen=True, slots=True)
class StatedCase:
    """A request as a call: its body, and the order that each item is for (Type/id), by its sequence.

    `server` is where the patient lives, empty where nothing says; `forms` are the answered forms, as JSON.
    """

    body: bytes
    orders: Mapping[int, str]
    patient: str
    server: str
    forms: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Names:
    """Type/id of each entry by its URL; `of_urns` are those of the entries that no server has."""

    by_url: Mapping[str, str]
    of_urns: Mapping[str, str]

    def localized(self, entry: Entry) -> Json:
        """Return a resource whose references by urn lead to Type/id, and which has the id that it is known by."""
        name = self.by_url.get(entry.url, entry.name)
        changed = inner(_replaced(entry.resource, self.of_urns)) if self.of_urns else entry.resource
        return changed | {"id": name.partition("/")[2]}


def stated(bundle: PasBundle, claim: PasClaim, keys: Iterable[str], instance: str) -> StatedCase:
    """State a request as a call of order-sign; `keys` are those of the prefetch, `instance` is its hookInstance."""
    names = _names(bundle)
    ordered = dict(_ordered(bundle, claim))
    orders = {one.url: one for one in ordered.values()}
    patient = claim.patient or claim.entry
    apart = orders.keys() | {one.url for one in claim.coverages} | {patient.url}
    chart = [one for one in bundle.entries if one.url not in apart and one.kind not in _NO_RECORD | {"Coverage"}]
    body = {
        "hook": "order-sign",
        "hookInstance": instance,
        "context": _context(names.by_url[patient.url], orders.values(), names),
        "prefetch": dict.fromkeys(keys) | _prefetch(claim, patient, chart, names),
    }
    server = base(patient.url)
    return StatedCase(
        body=encoded(body | ({"fhirServer": server} if server else {})),
        orders={number: names.by_url.get(one.url, one.name) for number, one in ordered.items()},
        patient=names.by_url[patient.url].partition("/")[2],
        server=server,
        forms=tuple(encoded(names.localized(one)) for one in bundle.of_kind("QuestionnaireResponse")),
    )


def _prefetch(claim: PasClaim, patient: Entry, chart: list[Entry], names: _Names) -> Json:
    """Return what a request brings, as a prefetch has it."""
    return {
        "patient": names.localized(patient),
        "coverage": _set([names.localized(one) for one in claim.coverages]),
        "stated": _collected(chart, names),
        **({"lost": _outcome(claim.lost)} if claim.lost else {}),
    }


def _ordered(bundle: PasBundle, claim: PasClaim) -> Iterator[tuple[int, Entry]]:
    """Yield the order that each item is for: the one that it names, its own code, or the only one that none names."""
    asked = [one for one in claim.items if not one.is_cancelled]
    named = {one.service.url for one in claim.items if one.service is not None}
    free = [one for one in bundle.of_kind(*ORDERED) if one.url not in named and _is_order(one)]
    unnamed = [one for one in asked if one.service is None]
    for one in asked:
        if one.service is not None:
            yield one.sequence, one.service
        elif one.has_code:
            yield one.sequence, _by_code(one, claim)
        elif len(free) == 1 and len(unnamed) == 1:
            yield one.sequence, free[0]


def _is_order(entry: Entry) -> bool:
    resource = entry.resource
    status, intent = text(resource.get("status")), text(resource.get("intent", "order"))
    return status in {"draft", "active"} and intent in {"order", "original-order"}


def _by_code(item: ClaimItem, claim: PasClaim) -> Entry:
    """Return an order for what an item names by its code alone."""
    patient = claim.patient or claim.entry
    url = f"{claim.entry.url}#item-{item.sequence}"
    order = {
        "resourceType": "ServiceRequest",
        "id": str(uuid5(NAMESPACE_URL, url)),
        "status": "active",
        "intent": "order",
        "code": item.product,
        "subject": {"reference": patient.url},
        "authoredOn": text(claim.resource.get("created"))[:10],
    }
    return Entry(url, order)


def _names(bundle: PasBundle) -> _Names:
    """Return Type/id of each entry: its own id, else one that is made of its URL; no two have the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for one in bundle.entries:
        named, pair = text(one.resource.get("id")), local(one.url)
        name = f"{one.kind}/{named or (pair[1] if pair else '')}"
        if not is_id(name.partition("/")[2]) or name in taken:
            name = f"{one.kind}/{uuid5(NAMESPACE_URL, one.url)}"
        taken.add(name)
        found[one.url] = name
    return _Names(found, {url: name for url, name in found.items() if url.startswith("urn:")})


def _replaced(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_replaced(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _replaced(one, known) for name, one in value.items()}
    named = value.get("reference")
    return changed | {"reference": known[named]} if isinstance(named, str) and named in known else changed


def _context(patient: str, orders: Iterable[Entry], names: _Names) -> Json:
    entries = [{**_url(one), "resource": names.localized(one)} for one in orders]
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {"userId": "Practitioner/unknown", "patientId": patient.partition("/")[2], "draftOrders": drafts}


def _collected(entries: Iterable[Entry], names: _Names) -> Json:
    found = [{**_url(one), "resource": names.localized(one)} for one in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": found}


def _url(entry: Entry) -> Json:
    """Return the URL of an entry where it is one of a server."""
    return {"fullUrl": entry.url} if base(entry.url) and "#" not in entry.url else {}


def _set(resources: list[Json]) -> Json:
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def _outcome(lost: int) -> Json:
    text_ = f"{lost} of the resources that the request refers to did not come with it"
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "incomplete", "diagnostics": text_}],
    }
