"""Prior authorization requests of PAS 2.2.1, made of calls of order-sign: what a tester of `/fhir/pas` sends.

Each is valid by its profiles, with what they make mandatory. Source: PAS 2.2.1, PASRequestBundle, PASClaim,
PASClaimUpdate, PASInquiryRequestBundle; specification, spec-65 to spec-71.
"""

from copy import deepcopy
from typing import Any

from fhir_mappings.prior_auth.pas_urls import CERTIFICATION_TYPES, DEFINITION, NPI, TEMP, TOPIC, X12, extension

Json = dict[str, Any]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
SERVER = "https://ehr.example.org/fhir"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
PRACTICE_NPI = "1932102951"
ORDERED = ("MedicationRequest", "ServiceRequest")
CANCELLED = {"url": f"{DEFINITION}/modifierextension-infoCancelled", "valueBoolean": True}
_PARTIES = frozenset({"Patient", "Coverage", "Organization"})
_TERMS = "http://terminology.hl7.org/CodeSystem"
_REQUESTS = "https://ehr.example.org/requests"


def concept(system: str, code: str) -> Json:
    """Return a CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def organization(name: str, *identifiers: Json, **members: Any) -> Json:
    """Return an Organization by its id."""
    return {
        "resourceType": "Organization",
        "id": name,
        "active": True,
        "name": f"The organization {name}",
        "identifier": list(identifiers),
    } | members


def payer(name: str = "plan", value: str = "MMM") -> Json:
    """Return the payer, by the value of its identifier."""
    return organization(name, {"system": "https://payer.example.org/identifier", "value": value})


def practice() -> Json:
    """Return who asks."""
    return organization("practice", {"system": NPI, "value": PRACTICE_NPI})


def document_information() -> Json:
    """Return what kind of report a supporting record is: data for verification."""
    kind = {"url": "reportTypeCode", "valueCodeableConcept": concept(f"{X12}/755", "77")}
    return extension("documentInformation", extension=[kind])


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
    return {
        "extension": extensions,
        "sequence": sequence,
        "category": concept(f"{X12}/1365", "1"),
        "productOrService": concept(f"{_TERMS}/data-absent-reason", "not-applicable"),
        "locationCodeableConcept": concept(
            "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set", "11"
        ),
    } | members


def claim(patient: str, coverage: str, *items: Json, identifier: str = "111", **members: Any) -> Json:
    """Return a Claim for the items."""
    return {
        "resourceType": "Claim",
        "id": f"claim-{identifier}",
        "identifier": [{"system": _REQUESTS, "value": identifier}],
        "status": "active",
        "type": concept(f"{_TERMS}/claim-type", "professional"),
        "use": "preauthorization",
        "patient": {"reference": patient},
        "created": "2026-11-25T09:00:00Z",
        "insurer": {"reference": "Organization/plan"},
        "provider": {"reference": "Organization/practice"},
        "priority": concept(f"{_TERMS}/processpriority", "normal"),
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


def _supporting(number: int, record: Json) -> Json:
    return {
        "sequence": number,
        "extension": [document_information()],
        "category": concept(TEMP, "additionalInformation"),
        "valueReference": {"reference": f"{record['resourceType']}/{record['id']}"},
    }


def request_of(call: Json, identifier: str = "111", **members: Any) -> Json:
    """Return the request that says the same as a call of order-sign: an item an order, the chart as it came."""
    drafted = [entry["resource"] for entry in call["context"]["draftOrders"]["entry"]]
    orders = [deepcopy(one) | {"status": "active"} for one in drafted if one["resourceType"] in ORDERED]
    beside = [one for one in drafted if one["resourceType"] not in ORDERED]
    chart = [{"id": f"r{number}"} | deepcopy(one) for number, one in enumerate(resources_of(call))]
    names = {f"{one['resourceType']}/{one['id']}" for one in orders}
    chart = [one for one in chart if f"{one['resourceType']}/{one['id']}" not in names]
    (covered,) = [one for one in chart if one["resourceType"] == "Coverage"]
    if "subscriber" not in covered:
        own: Json = {"relationship": concept(f"{_TERMS}/subscriber-relationship", "self")}
        covered |= own | covered | {"subscriber": covered["beneficiary"]}
    supporting = [
        _supporting(number, one) for number, one in enumerate(chart, 1) if one["resourceType"] not in _PARTIES
    ]
    items = [item(number, f"{one['resourceType']}/{one['id']}") for number, one in enumerate(orders, 1)]
    patient = f"Patient/{call['context']['patientId']}"
    beside_items = {"supportingInfo": supporting} if supporting else {}
    asked = claim(patient, f"Coverage/{covered['id']}", *items, identifier=identifier, **beside_items)
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
    inquired = claim(
        asked["patient"]["reference"], asked["insurance"][0]["coverage"]["reference"], identifier=identifier
    )
    inquired.pop("item")
    who = organization("practice", {"system": NPI, "value": npi})
    return bundle(inquired | members, *parties, who, server=call.get("fhirServer", SERVER))


def following(request: Json, *items: Json, identifier: str = "111-update", **members: Any) -> Json:
    """Return the update of a request: the same Bundle, the earlier Claim beside the new one."""
    found = deepcopy(request)
    earlier = deepcopy(found["entry"][0])
    earlier["resource"].pop("related", None)
    prior = concept(f"{_TERMS}/ex-relatedclaimrelationship", "prior")
    related = [{"claim": {"reference": f"Claim/{earlier['resource']['id']}"}, "relationship": prior}]
    new = found["entry"][0]["resource"]
    new |= {"id": f"claim-{identifier}", "identifier": [{"system": _REQUESTS, "value": identifier}], "related": related}
    new |= {"item": list(items)} | members
    if not new["item"]:
        new.pop("item")
    found["entry"][0]["fullUrl"] = f"{earlier['fullUrl'].rpartition('/')[0]}/claim-{identifier}"
    name = earlier["resource"]["id"]
    found["entry"] = [one for one in found["entry"] if one["resource"].get("id") != name]
    found["entry"].append(earlier)
    found["identifier"] = found["identifier"] | {"value": f"b-{identifier}"}
    return found


def items_of(request: Json) -> list[Json]:
    """Return copies of the items of a request."""
    return deepcopy(request["entry"][0]["resource"]["item"])


def added(sequence: int, code: str = "J1323") -> Json:
    """Return an item that an update adds, by its code of HCPCS."""
    one = item(sequence, productOrService=concept(HCPCS, code))
    return one | {"extension": [*one["extension"], extension("infoChanged", valueCode="added")]}


def cancelled(one: Json) -> Json:
    """Return an item as an update cancels it."""
    replaced = ("certificationType", "infoChanged")
    kept = [part for part in one["extension"] if not part["url"].endswith(replaced)]
    further = [
        extension("certificationType", valueCodeableConcept=concept(CERTIFICATION_TYPES, "3")),
        extension("infoChanged", valueCode="changed"),
    ]
    return one | {"extension": [*kept, *further], "modifierExtension": [CANCELLED]}


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
