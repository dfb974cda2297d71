"""Calls for tests, built as an EHR would send them and then changed at one place."""

import json
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
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


def observation(name: str, code: str, **members: Any) -> Json:
    """Return a final result under a LOINC code."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": {"reference": PATIENT},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-05-01",
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


def called(hook: str, context: Json, prefetch: Json | None = None, **members: Any) -> Json:
    """Return a call of a hook; without a prefetch it brings patient and coverage."""
    given = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example.org/fhir",
        "context": context,
        "prefetch": given | (prefetch or {}),
    } | members


def order_select(*orders: Json, selections: list[str] | None = None, **members: Any) -> Json:
    """Return an order-select call with these orders, of which the first is selected unless others are named."""
    call = order_sign(*orders, **members) | {"hook": "order-select"}
    first = call["context"]["draftOrders"]["entry"][0]["resource"]
    call["context"]["selections"] = [reference(first)] if selections is None else selections
    return call


def order_dispatch(*orders: Json, older: bool = False, **members: Any) -> Json:
    """Return an order-dispatch call that brings these orders in the prefetch; `older` is the context of 1.0."""
    sent = orders or (medication_request(MARGETUXIMAB, status="draft" if older else "active"),)
    names = [reference(one) for one in sent]
    task = {"resourceType": "Task", "id": "t1", "status": "ready", "intent": "order", "for": {"reference": PATIENT}}
    shape = {"order": names[0], "task": task} if older else {"dispatchedOrders": names, "fulfillmentTasks": [task]}
    context = {"patientId": "p1", "performer": "Organization/pharmacy", **shape}
    return called("order-dispatch", context, {"orders": searchset(*sent)}, **members)


def appointment(name: str = "a1", *basis: str, **members: Any) -> Json:
    """Return a proposed Appointment of the patient, based on orders."""
    performer = {"coding": [{"system": f"{TERMINOLOGY}/v3-ParticipationType", "code": "PPRF"}]}
    return {
        "resourceType": "Appointment",
        "id": name,
        "status": "proposed",
        "start": "2026-12-01T09:00:00Z",
        "end": "2026-12-01T10:00:00Z",
        "requestedPeriod": [{"start": "2026-12-01", "end": "2026-12-08"}],
        "participant": [
            {"actor": {"reference": PATIENT}, "status": "needs-action"},
            {"type": [performer], "actor": {"reference": "Practitioner/dr1"}, "status": "needs-action"},
        ],
        **({"basedOn": [{"reference": one} for one in basis]} if basis else {}),
    } | members


def service_request(name: str = "s1", **members: Any) -> Json:
    """Return an order to give margetuximab, by its billing code."""
    coding = {"system": HCPCS, "code": "J9353"}
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "code": {"coding": [coding]},
        "subject": {"reference": PATIENT},
        "authoredOn": "2026-06-01",
        "requester": {"reference": "Practitioner/dr1"},
    } | members


def appointment_book(*booked: Json, **members: Any) -> Json:
    """Return an appointment-book call with these appointments and what stands beside them."""
    entries = [{"resource": one} for one in booked or (appointment(),)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    context = {"userId": "Practitioner/dr1", "patientId": "p1", "appointments": bundle}
    return called("appointment-book", context, **members)


def encounter(hook: str = "encounter-start", prefetch: Json | None = None, **members: Any) -> Json:
    """Return a call about an encounter, which comes in the prefetch unless another one is given."""
    met = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "308335008"}]}],
        "subject": {"reference": PATIENT},
    }
    context = {"userId": "Practitioner/dr1", "patientId": "p1", "encounterId": "e1"}
    return called(hook, context, {"encounter": met} if prefetch is None else prefetch, **members)


def every_hook() -> dict[str, Json]:
    """Return a call of each hook that is answered with coverage information, by the hook."""
    return {
        "order-sign": order_sign(),
        "order-select": order_select(),
        "order-dispatch": order_dispatch(),
        "appointment-book": appointment_book(),
        "encounter-start": encounter("encounter-start"),
        "encounter-discharge": encounter("encounter-discharge"),
    }


def reference(resource: Json) -> str:
    """Return Type/id."""
    return f"{resource['resourceType']}/{resource['id']}"


def in_version(call: Json, version: str) -> Json:
    """Return a call that asks to be answered in a version of CRD."""
    return call | {"extension": {**call.get("extension", {}), "davinci-crd.requestedVersion": version}}


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


def unexplained(reply: Json) -> Json:
    """Return a reply without the block that says how it came about."""
    return {name: value for name, value in reply.items() if name != "extension"}


def coverage_information(resource: Json) -> Json:
    """Return the coverage information on a resource, by the names of its parts; of a part that repeats the last."""
    parts = next(one["extension"] for one in resource["extension"] if one["url"].endswith("ext-coverage-information"))
    return {part["url"]: next(value for name, value in part.items() if name != "url") for part in parts}
