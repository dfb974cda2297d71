"""What the demonstration sends to be authorized: a Bundle of Da Vinci PAS for an order that was signed.

The order bears the coverage information that was answered, and with it the id of its determination: chart and answers
of that are at hand, and need not come again.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
NPI = "1932102951"
"""The demonstration's practice; a made-up number with its right check digit."""
_NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
_PARTIES = frozenset({"Patient", "Coverage", "Organization"})


def request_bundle(order: Json, call: Json, at: str) -> Json:
    """Return the request for an order as it was answered, of the call that signed it; `at` is the time (an instant)."""
    found = {f"{one['resourceType']}/{one['id']}": one for one in _resources(call["prefetch"]) if _is_party(one)}
    plan: Json = {"resourceType": "Organization", "id": "plan", "name": "The plan"}
    practice: Json = {
        "resourceType": "Organization",
        "id": "practice",
        "name": "The practice",
        "identifier": [{"system": _NPI_SYSTEM, "value": NPI}],
    }
    covered = next(name for name in found if name.startswith("Coverage/"))
    claim = _claim(order, f"Patient/{call['context']['patientId']}", covered, at)
    known = {"Organization/plan": plan, "Organization/practice": practice} | found
    resources = [claim, order | {"status": "active"}, *known.values()]
    server = call.get("fhirServer", "https://ehr.example.org/fhir")
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"},
        "type": "collection",
        "timestamp": at,
        "entry": [{"fullUrl": f"{server}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources],
    }


def _is_party(one: Json) -> bool:
    return one["resourceType"] in _PARTIES and "id" in one


def _resources(value: Any) -> Iterator[Json]:
    """Yield the resources of a prefetch, those of its Bundles one by one."""
    if not isinstance(value, dict):
        return
    if value.get("resourceType") == "Bundle":
        for entry in value.get("entry", ()):
            yield from _resources(entry.get("resource"))
    elif "resourceType" in value:
        yield value
    else:
        for one in value.values():
            yield from _resources(one)


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def _claim(order: Json, patient: str, coverage: str, at: str) -> Json:
    requested = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-requestedService"
    reference = {"reference": f"{order['resourceType']}/{order['id']}"}
    return {
        "resourceType": "Claim",
        "id": str(uuid4()),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"}],
        "status": "active",
        "type": _coded("claim-type", "professional"),
        "use": "preauthorization",
        "patient": {"reference": patient},
        "created": at,
        "insurer": {"reference": "Organization/plan"},
        "provider": {"reference": "Organization/practice"},
        "priority": _coded("processpriority", "normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": coverage}}],
        "item": [
            {
                "sequence": 1,
                "extension": [{"url": requested, "valueReference": reference}],
                "productOrService": _coded("data-absent-reason", "not-applicable"),
            }
        ],
    }
