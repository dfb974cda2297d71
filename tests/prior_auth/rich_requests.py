"""A request that has every element that the profiles of PAS 2.2.1 know beside what a drug needs."""

from typing import Any

from fhir_mappings.prior_auth.pas_urls import NPI, TEMP, X12
from tests.prior_auth.request_bundles import HCPCS, Json, changed, concept, extension

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
ENDS = ("applicationSenderCode", "applicationReceiverCode", "interchangeSenderID", "interchangeReceiverID")
STATES = "https://www.usps.com/"


def rich(request: Json) -> Json:
    """Return a request with a team, a stay in a hospital, diagnoses, identifiers of X12 and every part of an item."""
    (one,) = request["entry"][0]["resource"]["item"]
    claim = request["entry"][0]["resource"]
    found = changed(
        request,
        extension=[
            extension("TransmissionIdentifiers", extension=[{"url": name, "valueString": name} for name in ENDS])
        ],
        identifier=[
            claim["identifier"][0]
            | {
                "extension": [
                    extension("identifierSubDepartment", valueString="223412"),
                    extension("identifierJurisdiction", valueCodeableConcept=concept(STATES, "PR")),
                ]
            }
        ],
        careTeam=[member(1, "PractitionerRole/role-1", of_all=False), member(2, "Organization/practice", of_all=True)],
        diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept(ICD, "C50.911")}],
        supportingInfo=[*claim["supportingInfo"], *stay()],
        provider={"reference": "PractitionerRole/role-1"},
        item=[one | {"careTeamSequence": [1], "diagnosisSequence": [1]} | parts(one)],
    )
    server = found["entry"][0]["fullUrl"].rpartition("/Claim/")[0]
    people = ({"fullUrl": f"{server}/{each['resourceType']}/{each['id']}", "resource": each} for each in staff())
    found["entry"] += people
    return found


def member(sequence: int, name: str, *, of_all: bool) -> Json:
    return {
        "extension": [extension("careTeamClaimScope", valueBoolean=of_all)],
        "sequence": sequence,
        "provider": {"reference": name},
        "role": concept(f"{X12}/98", "DN"),
        "qualification": concept("http://nucc.org/provider-taxonomy", "207RX0202X"),
    }


def stay() -> list[Json]:
    return [
        {"sequence": 901, "category": concept(TEMP, "admissionDates"), "timingDate": "2026-12-10"},
        {"sequence": 902, "category": concept(TEMP, "dischargeDates"), "timingDate": "2026-12-12"},
    ]


def parts(one: Json) -> dict[str, Any]:
    told = [
        extension("epsdtIndicator", valueBoolean=False),
        extension("nursingHomeResidentialStatus", valueCodeableConcept=concept(f"{X12}/1345", "2")),
        extension("nursingHomeLevelOfCare", valueCodeableConcept=concept(f"{X12}/1337", "2")),
        extension("productOrServiceCodeEnd", valueCodeableConcept=concept(HCPCS, "J9353")),
        extension("revenueUnitRateLimit", valueDecimal=100),
        extension("authorizationNumber", valueString="OLD-1"),
        extension("administrationReferenceNumber", valueString="REF-1"),
    ]
    return {
        "extension": [*one["extension"], *told],
        "productOrService": concept(HCPCS, "J9353"),
        "revenue": concept("https://www.nubc.org/CodeSystem/RevenueCodes", "0636"),
        "modifier": [concept(HCPCS, "JZ")],
        "unitPrice": {"value": 100, "currency": "USD"},
        "quantity": {"value": 852, "unit": "units"},
        "servicedDate": "2026-12-10",
    }


def staff() -> tuple[Json, ...]:
    return (
        {
            "resourceType": "PractitionerRole",
            "id": "role-1",
            "practitioner": {"reference": "Practitioner/doctor-1"},
            "organization": {"reference": "Organization/practice"},
        },
        {
            "resourceType": "Practitioner",
            "id": "doctor-1",
            "identifier": [{"system": NPI, "value": "1234567893"}],
            "name": [{"family": "Beispiel", "given": ["Dora"]}],
        },
    )
