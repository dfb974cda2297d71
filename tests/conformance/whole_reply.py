"""A made-up reply that uses every member which the standards know, in each version; tests break it at one place."""

from copy import deepcopy
from typing import Any

from fhir_mappings.coverage.coverage_information import EXTENSION, TEMP

Json = dict[str, Any]
REMOVED = object()
CARD_TYPES = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
ORDER = {"resourceType": "MedicationRequest", "id": "mr1", "status": "draft"}


def _information(version: str) -> list[Json]:
    telecom = {"system": "phone", "value": "+1-555-0100"}
    detail = [
        {"url": "code", "valueCodeableConcept": {"coding": [{"system": TEMP, "code": "allowed-period"}]}},
        {"url": "value", "valuePeriod": {"start": "2026-06-01", "end": "2026-11-30"}},
    ]
    parts = [
        {"url": "coverage", "valueReference": {"reference": "Coverage/cov1"}},
        {"url": "covered", "valueCode": "covered"},
        {"url": "pa-needed", "valueCode": "auth-needed"},
        {"url": "doc-needed", "valueCode": "clinical"},
        {"url": "doc-purpose", "valueCode": "withpa"},
        {"url": "reason", "valueCodeableConcept": {"text": "Points are open."}},
        {"url": "questionnaire", "valueCanonical": "https://cds.example.org/fhir/Questionnaire/q|1"},
        {"url": "date", "valueDate": "2026-11-25"},
        {"url": "coverage-assertion-id", "valueString": "id-1"},
    ]
    if version == "2.0":
        return [*parts, {"url": "detail", "extension": detail}, {"url": "contact", "valueContactPoint": telecom}]
    category = {"url": "category", "valueCode": "cat-limitation"}
    return [
        *parts,
        {"url": "detail", "extension": [category, *detail]},
        {"url": "contact", "valueContactDetail": {"telecom": [telecom]}},
        {"url": "expiry-date", "valueDate": "2026-11-30"},
    ]


def whole(version: str) -> Json:
    """Return a reply with all members, as a version writes it."""
    extension = {"url": EXTENSION, "extension": _information(version)}
    action = {"type": "update", "description": "Coverage", "resource": ORDER | {"extension": [extension]}}
    return {"cards": [_card(version)], "systemActions": [action]}


def _card(version: str) -> Json:
    topic = {"system": TEMP if version == "2.0" else CARD_TYPES, "code": "therapy-alternatives-opt", "display": "Other"}
    reference: Any = "MedicationRequest/mr1" if version == "2.0" else {"reference": "MedicationRequest/mr1"}
    return {
        "uuid": "a1c2d18b-bc29-4ce9-be70-f6c26e1d78d8",
        "summary": "s" * 139,
        "detail": "**More**",
        "indicator": "info",
        "source": {
            "label": "MMM",
            "url": "https://cds.example.org/policies",
            "icon": "https://cds.example.org/icon.png",
            "topic": topic,
        },
        "suggestions": [_suggestion()],
        "selectionBehavior": "at-most-one",
        "overrideReasons": [{"system": "https://cds.example.org/reasons", "code": "other", "display": "Other"}],
        "links": [
            {"label": "The policy", "url": "https://cds.example.org/policies/x", "type": "absolute"},
            {"label": "The form", "url": "https://cds.example.org/launch", "type": "smart", "appContext": "x"},
        ],
        "extension": {"davinci-crd.associated-resource": [reference]},
    }


def _suggestion() -> Json:
    actions = [
        {"type": "delete", "description": "Take it back", "resourceId": "MedicationRequest/mr1"},
        {"type": "create", "description": "Order the other", "resource": ORDER | {"id": "mr2"}},
    ]
    return {
        "label": "The other drug",
        "uuid": "0e7e1c1c-6f0a-4a7e-9f43-3f3a2d7f5b11",
        "isRecommended": True,
        "actions": actions,
    }


def broken(message: Json, path: tuple[str | int, ...], value: Any) -> Json:
    """Return a message with another value at a path, or without the member there."""
    changed: Any = deepcopy(message)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    if value is REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return dict(changed)


def with_parts(version: str, *parts: Json, without: tuple[str, ...] = ()) -> Json:
    """Return a whole reply whose coverage information lacks the parts of these names and has others."""
    kept = [part for part in _information(version) if part["url"] not in without]
    path = ("systemActions", 0, "resource", "extension", 0, "extension")
    return broken(whole(version), path, [*kept, *parts])
