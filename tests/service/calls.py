"""Calls for tests, built as an EHR would send them and then changed at one place."""

import json
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENT = "Patient/p1"
MARGETUXIMAB = {"system": RXNORM, "code": "2473851", "display": "margetuximab"}
AMOXICILLIN = {"system": RXNORM, "code": "723", "display": "amoxicillin"}


def medication_request(coding: Json, name: str = "mr1", **members: Any) -> Json:
    """Return a draft order for a coded drug."""
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding]},
        "subject": {"reference": PATIENT},
        "authoredOn": "2026-06-01",
        "requester": {"reference": "Practitioner/dr1"},
    } | members


def coverage(name: str = "cov1", value: str = "MMM", **members: Any) -> Json:
    """Return a Coverage whose payor is named by a logical reference."""
    identifier = {"system": "https://payer.example.org/identifier", "value": value}
    return {
        "resourceType": "Coverage",
        "id": name,
        "status": "active",
        "beneficiary": {"reference": PATIENT},
        "payor": [{"identifier": identifier}],
    } | members


def searchset(*resources: Json) -> Json:
    """Return a Bundle as a search gives it."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def order_sign(*orders: Json, prefetch: Json | None = None, **members: Any) -> Json:
    """Return an order-sign call with these orders; without a prefetch it brings patient and coverage."""
    given = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example.org/fhir",
        "context": {
            "userId": "Practitioner/dr1",
            "patientId": "p1",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": one} for one in orders or (medication_request(MARGETUXIMAB),)],
            },
        },
        "prefetch": given if prefetch is None else prefetch,
    } | members


def without(call: Json, *path: str) -> Json:
    """Return a call without the member at a path."""
    changed = deepcopy(call)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def replaced(call: Json, value: Any, *path: str | int) -> Json:
    """Return a call with another value at a path."""
    changed: Any = deepcopy(call)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return dict(changed)


def body(call: Json) -> bytes:
    """Return a call as it is sent."""
    return json.dumps(call).encode()
