"""Prior authorization requests for tests, built as an EHR would send them: from the call of a hook, or anew."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import cds_service
from fhir_mappings.prior_auth.pas_urls import CERTIFICATION_TYPES, DEFINITION, NPI, TEMP, TOPIC, X12

Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
SERVER = "https://ehr.example.org/fhir"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
PRACTICE_NPI, OTHER_NPI = "1932102951", "1043233208"
ORDERED = ("MedicationRequest", "ServiceRequest")


def sample(name: str) -> Json:
    """Return a sample call by the beginning of its file's name."""
    (file,) = SAMPLES.glob(f"{name}*.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def extension(name: str, **value: Any) -> Json:
    return {"url": f"{DEFINITION}/extension-{name}", **value}


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def organization(name: str, *identifiers: Json, **members: Any) -> Json:
    return {
        "resourceType": "Organization",
        "id": name,
        "active": True,
        "name": f"The organization {name}",
        "identifier": list(identifiers),
    } | members


def payer(name: str = "plan", value: str = "MMM") -> Json:
    return organization(name, {"system": "https://payer.example.org/identifier", "value": value})


def practice() -> Json:
    return organization("practice", {"system": NPI, "value": PRACTICE_NPI})


def item(sequence: int, order: str = "", **members: Any) -> Json:
    """Return an item for an order, with everything that the profile makes mandatory."""
    extensions = [
        extension("serviceItemRequestType", valueCodeableConcept=concept(f"{X12}/1525", "HS")),
        extension("certificationType", valueCodeableConcept=concept(CERTIFICATION_TYPES, "I")),
        extension(
            "itemTraceNumber", valueIdentifier={"system": "https://ehr.example.org/trace", "value": f"T{sequence}"}
        ),
    ]
    if order:
        extensions.append(extension("requestedService", valueReference={"reference": order}))
    absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {
        "extension": extensions,
        "sequence": sequence,
        "category": concept(f"{X12}/1365", "1"),
        "productOrService": concept(absent, "not-applicable"),
        "locationCodeableConcept": concept(
            "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set", "11"
        ),
    } | members


def claim(patient: str, coverage: str, *items: Json, identifier: str = "111", **members: Any) -> Json:
    """Return a Claim for the items."""
    return {
        "resourceType": "Claim",
        "id": f"claim-{identifier}",
        "identifier": [{"system": "https://ehr.example.org/requests", "value": identifier}],
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "preauthorization",
        "patient": {"reference": patient},
        "created": "2026-11-25T09:00:00Z",
        "insurer": {"reference": "Organization/plan"},
        "provider": {"reference": "Organization/practice"},
        "priority": concept("http://terminology.hl7.org/CodeSystem/processpriority", "normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": coverage}}],
        "item": list(items),
    } | members


def bundle(*resources: Json, server: str = SERVER, identifier: str = "b-1", **members: Any) -> Json:
    """Return a request Bundle of resources, the Claim first."""
    entries = [{"fullUrl": f"{server}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "https://ehr.example.org/bundles", "value": identifier},
        "type": "collection",
        "timestamp": "2026-11-25T09:00:00Z",
        "entry": entries,
    } | members


def resources_of(call: Json) -> list[Json]:
    """Return what the prefetch of a call brings, each resource once."""
    found: dict[str, Json] = {}

    def add(value: Any) -> None:
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            for entry in value.get("entry", ()):
                add(entry.get("resource"))
        elif isinstance(value, dict) and "resourceType" in value:
            found.setdefault(f"{value['resourceType']}/{value.get('id', len(found))}", value)

    for one in call.get("prefetch", {}).values():
        add(one)
    return list(found.values())


def request_of(call: Json, identifier: str = "111", **members: Any) -> Json:
    """Return the request that says the same as a call of order-sign: an item an order, the chart as it came."""
    drafted = [entry["resource"] for entry in call["context"]["draftOrders"]["entry"]]
    orders = [deepcopy(one) | {"status": "active"} for one in drafted if one["resourceType"] in ORDERED]
    beside = [one for one in drafted if one["resourceType"] not in ORDERED]
    chart = [{"id": f"r{number}"} | deepcopy(one) for number, one in enumerate(resources_of(call))]
    names = {f"{one['resourceType']}/{one['id']}" for one in orders}
    chart = [one for one in chart if f"{one['resourceType']}/{one['id']}" not in names]
    (covered,) = [one for one in chart if one["resourceType"] == "Coverage"]
    supporting = [
        {
            "sequence": number,
            "category": concept(TEMP, "additionalInformation"),
            "valueReference": {"reference": f"{one['resourceType']}/{one['id']}"},
        }
        for number, one in enumerate(chart, 1)
        if one["resourceType"] not in {"Patient", "Coverage", "Organization"}
    ]
    items = [item(number, f"{one['resourceType']}/{one['id']}") for number, one in enumerate(orders, 1)]
    patient = f"Patient/{call['context']['patientId']}"
    asked = claim(patient, f"Coverage/{covered['id']}", *items, identifier=identifier, supportingInfo=supporting)
    known = {f"{one['resourceType']}/{one['id']}" for one in chart}
    parties = [one for one in (payer(), practice()) if f"Organization/{one['id']}" not in known]
    whole = [asked | members, *orders, *beside, *chart, *parties]
    return bundle(*whole, server=call.get("fhirServer", SERVER), identifier=f"b-{identifier}")


def inquiry(call: Json, npi: str = PRACTICE_NPI, identifier: str = "111", **members: Any) -> Json:
    """Return an inquiry about what is asked for by `request_of` for a call."""
    request = request_of(call)
    resources = [one["resource"] for one in request["entry"][1:]]
    kinds = ("Patient", "Coverage", "Organization")
    parties = [one for one in resources if one["resourceType"] in kinds and one["id"] != "practice"]
    asked = request["entry"][0]["resource"]
    told = claim(asked["patient"]["reference"], asked["insurance"][0]["coverage"]["reference"], identifier=identifier)
    told.pop("item")
    who = organization("practice", {"system": NPI, "value": npi})
    return bundle(told | members, *parties, who, server=call.get("fhirServer", SERVER))


def attachments(tracking: str, *contents: Json, member: str = "", line: int = 1, **told: Any) -> Json:
    """Return the parameters of $submit-attachment for documents, each with the code of its own type."""
    each = [
        {
            "name": "Attachment",
            "part": [
                {"name": "LineItem", "valueString": str(line)},
                *([{"name": "Code", "valueCodeableConcept": one["type"]}] if "type" in one else []),
                {"name": "Content", "resource": one},
            ],
        }
        for one in contents
    ]
    head = {
        "TrackingId": {"valueIdentifier": {"system": "https://payer.example.org/tracking", "value": tracking}},
        "AttachTo": {"valueCode": "preauth"},
        "MemberId": {"valueIdentifier": {"system": "https://payer.example.org/members", "value": member or "none"}},
    } | told
    return {"resourceType": "Parameters", "parameter": [*({"name": k} | v for k, v in head.items()), *each]}


def subscription(endpoint: str, organization: str = PRACTICE_NPI, **channel: Any) -> Json:
    """Return a Subscription to the answers for an organization."""
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "To hear of answers",
        "criteria": TOPIC,
        "_criteria": {
            "extension": [
                {"url": f"{BACKPORT}/backport-filter-criteria", "valueString": f"org-identifier={organization}"}
            ]
        },
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "full-resource"}]},
            "header": ["Authorization: Bearer abc"],
        }
        | channel,
    }


def changed(request: Json, **members: Any) -> Json:
    """Return a request whose Claim has other members."""
    found = deepcopy(request)
    found["entry"][0]["resource"] |= members
    return found


def reviews(answer: Json) -> dict[int, str]:
    """Return the action on each item of an answer, by its sequence."""
    return {one["itemSequence"]: action(one)["reviewActionCode"] for one in response(answer).get("item", ())}


def response(answer: Json) -> Json:
    """Return the ClaimResponse that an answer begins with."""
    return dict(answer["entry"][0]["resource"])


def action(of_item: Json) -> dict[str, str]:
    """Return what the action on an item says: its code, and the number."""
    (adjudication,) = of_item["adjudication"]
    parts = adjudication["extension"][0]["extension"]
    found = {}
    for part in parts:
        name = part["url"].rpartition("-")[2] if part["url"].startswith("http") else part["url"]
        value = part.get("valueString") or part["valueCodeableConcept"]["coding"][0]["code"]
        found[name] = value
    return found


def value_of(of_item: Json, name: str) -> Any:
    """Return the value of an extension of PAS on an item; None if there is none."""
    found = [one for one in of_item.get("extension", ()) if one["url"] == f"{DEFINITION}/extension-{name}"]
    return next((value for one in found for key, value in one.items() if key != "url"), None)
