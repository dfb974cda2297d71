"""A request that has what the profiles of PAS 2.2.1 know beside what a drug needs: for tests of must-support elements.

Source: PAS 2.2.1, PASClaim and what it refers to; the codes are those of its examples.
"""

from copy import deepcopy
from typing import Any

from cds_service.certification.pas_bundles import HCPCS, Json, concept
from fhir_mappings.prior_auth.pas_urls import LEVELS_OF_SERVICE, NPI, TEMP, X12, extension

_ICD = "http://hl7.org/fhir/sid/icd-10-cm"
_ENDS = ("applicationSenderCode", "applicationReceiverCode", "interchangeSenderID", "interchangeReceiverID")
_STATES = "https://www.usps.com/"


def rich(request: Json) -> Json:
    """Return a request with a team, a stay in a hospital, diagnoses, identifiers of X12 and every part of an item."""
    found = deepcopy(request)
    found["entry"][0]["resource"] |= _whole(found["entry"][0]["resource"])
    server = found["entry"][0]["fullUrl"].rpartition("/Claim/")[0]
    people = ({"fullUrl": f"{server}/{each['resourceType']}/{each['id']}", "resource": each} for each in _staff())
    found["entry"] += people
    return found


def _whole(claim: Json) -> Json:
    (one,) = claim["item"]
    return {
        "extension": [
            extension("TransmissionIdentifiers", extension=[{"url": name, "valueString": name} for name in _ENDS]),
            extension("levelOfServiceCode", valueCodeableConcept=concept(LEVELS_OF_SERVICE, "E")),
        ],
        "identifier": [
            claim["identifier"][0]
            | {
                "extension": [
                    extension("identifierSubDepartment", valueString="223412"),
                    extension("identifierJurisdiction", valueCodeableConcept=concept(_STATES, "PR")),
                ]
            }
        ],
        "careTeam": [
            _member(1, "PractitionerRole/role-1", of_all=False),
            _member(2, "Organization/practice", of_all=True),
        ],
        "diagnosis": [_diagnosis()],
        "supportingInfo": [*claim.get("supportingInfo", ()), *_stay()],
        "provider": {"reference": "PractitionerRole/role-1"},
        "item": [one | {"careTeamSequence": [1], "diagnosisSequence": [1]} | _parts(one)],
    }


def _member(sequence: int, name: str, *, of_all: bool) -> Json:
    return {
        "extension": [extension("careTeamClaimScope", valueBoolean=of_all)],
        "sequence": sequence,
        "provider": {"reference": name},
        "role": concept(f"{X12}/98", "DN"),
        "qualification": concept("http://nucc.org/provider-taxonomy", "207RX0202X"),
    }


def _diagnosis() -> Json:
    return {
        "extension": [extension("diagnosisRecordedDate", valueDate="2026-03-02")],
        "sequence": 1,
        "diagnosisCodeableConcept": concept(_ICD, "C50.911"),
        "type": [concept(TEMP, "principal")],
    }


def _stay() -> list[Json]:
    return [
        {"sequence": 900, "category": concept(TEMP, "patientEvent"), "timingDate": "2026-12-10"},
        {
            "sequence": 903,
            "category": concept(TEMP, "freeFormMessage"),
            "valueString": "Please call before you decline.",
        },
        {"sequence": 901, "category": concept(TEMP, "admissionDates"), "timingDate": "2026-12-10"},
        {"sequence": 902, "category": concept(TEMP, "dischargeDates"), "timingDate": "2026-12-12"},
    ]


def _parts(one: Json) -> dict[str, Any]:
    further = [
        extension("epsdtIndicator", valueBoolean=False),
        extension("nursingHomeResidentialStatus", valueCodeableConcept=concept(f"{X12}/1345", "2")),
        extension("nursingHomeLevelOfCare", valueCodeableConcept=concept(f"{X12}/1337", "2")),
        extension("productOrServiceCodeEnd", valueCodeableConcept=concept(HCPCS, "J9353")),
        extension("revenueUnitRateLimit", valueDecimal=100),
        extension("authorizationNumber", valueString="OLD-1"),
        extension("administrationReferenceNumber", valueString="REF-1"),
    ]
    return {
        "extension": [*one["extension"], *further],
        "productOrService": concept(HCPCS, "J9353"),
        "revenue": concept("https://www.nubc.org/CodeSystem/RevenueCodes", "0636"),
        "modifier": [concept(HCPCS, "JZ")],
        "unitPrice": {"value": 100, "currency": "USD"},
        "quantity": {"value": 852, "unit": "units"},
        "servicedDate": "2026-12-10",
    }


def _staff() -> tuple[Json, ...]:
    return (
        {
            "resourceType": "PractitionerRole",
            "id": "role-1",
            "practitioner": {"reference": "Practitioner/doctor-1"},
            "organization": {"reference": "Organization/practice"},
            "telecom": [{"system": "phone", "value": "787-555-0100"}],
        },
        {
            "resourceType": "Practitioner",
            "id": "doctor-1",
            "identifier": [{"system": NPI, "value": "1234567893"}],
            "name": [{"family": "Beispiel", "given": ["Dora"]}],
        },
    )
