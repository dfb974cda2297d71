"""Prior authorization requests for tests, built as an EHR would send them: from the call of a hook, or anew."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import cds_service
from cds_service.certification.pas_bundles import (
    BACKPORT,
    HCPCS,
    PRACTICE_NPI,
    SERVER,
    added,
    bundle,
    cancelled,
    claim,
    concept,
    following,
    inquiry,
    item,
    items_of,
    organization,
    payer,
    practice,
    request_of,
    resources_of,
    subscription,
)
from fhir_mappings.prior_auth.pas_urls import DEFINITION, extension

__all__ = [
    "BACKPORT",
    "HCPCS",
    "PRACTICE_NPI",
    "SERVER",
    "added",
    "bundle",
    "cancelled",
    "claim",
    "concept",
    "extension",
    "following",
    "inquiry",
    "item",
    "items_of",
    "organization",
    "payer",
    "practice",
    "request_of",
    "resources_of",
    "subscription",
]
Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
OTHER_NPI = "1043233208"


def sample(name: str) -> Json:
    """Return a sample call by the beginning of its file's name."""
    (file,) = SAMPLES.glob(f"{name}*.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


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
