"""Order-sign calls of about a given size: a chart that decides, and the vital signs and laboratory noise around it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

Json = dict[str, Any]
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENT = {"reference": "Patient/bench"}
_EMPTY = ("medicationRequests", "medicationDispenses", "medicationStatements", "procedures")
"""What the discovery document asks for and this patient does not have: clients send an empty searchset."""
_NOISE = (
    ("8867-4", "Heart rate", "/min", "vital-signs"),
    ("8480-6", "Systolic blood pressure", "mm[Hg]", "vital-signs"),
    ("8310-5", "Body temperature", "Cel", "vital-signs"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "laboratory"),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", "laboratory"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "laboratory"),
)


@cache
def call(size: int) -> bytes:
    """Return a call of about so many bytes, in the compact form that EHRs send."""
    body = _call([])
    each = len(_packed(noise(0)))
    return _packed(_call([noise(number) for number in range(max(0, size - len(_packed(body))) // each)]))


def _packed(content: Json) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _call(noise: list[Json]) -> Json:
    return {
        "hook": "order-sign",
        "hookInstance": "8b6f2c1e-5d1a-4f7a-9e0b-2f6d8c1a7b35",
        "fhirServer": "https://ehr.example.org/fhir",
        "context": {"userId": "Practitioner/1", "patientId": "bench", "draftOrders": _bundle([_order()])},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "bench", "gender": "female", "birthDate": "1961-04-02"},
            "coverage": _bundle([_coverage()]),
            "conditions": _bundle(list(_conditions())),
            "observations": _bundle([*_findings(), *noise]),
            "medicationAdministrations": _bundle(list(_therapies())),
            **{key: _bundle([]) for key in _EMPTY},
        },
    }


def _bundle(resources: list[Json]) -> Json:
    entries = [
        {"fullUrl": f"https://ehr.example.org/fhir/{one['resourceType']}/{one['id']}", "resource": one}
        for one in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _order() -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, "2473851", "margetuximab"),
        "subject": PATIENT,
        "authoredOn": "2026-07-01",
        "requester": {"reference": "Practitioner/1"},
    }


def _coverage() -> Json:
    identifier = {"system": "https://payer.example.org/identifier", "value": "MMM"}
    payor = [{"identifier": identifier, "display": "MMM"}]
    return {"resourceType": "Coverage", "id": "cov", "status": "active", "beneficiary": PATIENT, "payor": payor}


def _conditions() -> Iterator[Json]:
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    for name, code, display, onset in (
        ("c1", "C50.912", "Malignant neoplasm of unspecified site of left female breast", "2021-03-08"),
        ("c2", "C79.51", "Secondary malignant neoplasm of bone", "2024-01-15"),
    ):
        concept = _concept(icd, code, display)
        yield {"resourceType": "Condition", "id": name, "code": concept, "subject": PATIENT, "onsetDateTime": onset}


def _findings() -> Iterator[Json]:
    yield {
        "resourceType": "Observation",
        "id": "her2",
        "status": "final",
        "code": _concept(LOINC, "85319-2", "HER2 [Presence] in Breast cancer specimen by Immune stain"),
        "subject": PATIENT,
        "effectiveDateTime": "2024-01-20",
        "valueCodeableConcept": _concept(LOINC, "LA11843-2", "3+"),
    }


def _therapies() -> Iterator[Json]:
    given = (("224905", "trastuzumab", "2024-02-05"), ("2267574", "fam-trastuzumab deruxtecan-nxki", "2025-01-13"))
    for code, display, start in (*given, ("2361285", "tucatinib", "2025-11-03")):
        for cycle in range(3):
            day = date.fromisoformat(start) + timedelta(days=21 * cycle)
            yield {
                "resourceType": "MedicationAdministration",
                "id": f"m{code}-{cycle}",
                "status": "completed",
                "medicationCodeableConcept": _concept(RXNORM, code, display),
                "subject": PATIENT,
                "effectiveDateTime": day.isoformat(),
            }


def noise(number: int) -> Json:
    code, display, unit, category = _NOISE[number % len(_NOISE)]
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    day = (date(2024, 1, 1) + timedelta(days=number % 900)).isoformat()
    return {
        "resourceType": "Observation",
        "id": f"n{number}",
        "meta": {"versionId": "1", "lastUpdated": f"{day}T08:15:00Z"},
        "status": "final",
        "category": [{"coding": [{"system": system, "code": category}]}],
        "code": _concept(LOINC, code, display),
        "subject": PATIENT,
        "effectiveDateTime": f"{day}T08:00:00Z",
        "valueQuantity": {
            "value": round(1 + number % 97 * 1.1, 1),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }
