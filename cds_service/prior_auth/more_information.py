"""What the payer sends to ask for more: a CommunicationRequest and a Task that lead to the form, by its DTR context.

Source: PAS 2.2.1, PASCommunicationRequest, PASTask; "Requests for additional information" (ainfo-1 to ainfo-6): LOINC
102089-0 stands for the Questionnaire, and its identifier is the context by which the form is had.
"""

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from cds_service.prior_auth.answers import read_again
from cds_service.requests_on_file.kept_requests import Request
from fhir_mappings.prior_auth.asked_parts import asked_parts
from fhir_mappings.prior_auth.bundles import Entry, PasBundle
from fhir_mappings.prior_auth.claim import PasClaim, organization_of
from fhir_mappings.prior_auth.claim_response import Asking, instant
from fhir_mappings.prior_auth.json_values import objects
from fhir_mappings.prior_auth.pas_urls import TEMP, X12, extension, profile

Json = dict[str, Any]
_FORM = "102089-0"
_SUPPORTING, _ELECTRONIC = "OZ", "EL"
"""Support data (X12 755), sent electronically (X12 756)."""


def asked_for_more(request: Request, sequence: int, base_url: str, words: str) -> tuple[Asking, ...]:
    """Return what asks for more about an item, in a reviewer's words; nothing where no form of ours belongs to it."""
    determination = request.about.get(str(sequence), {}).get("determination", "")
    if not determination:
        return ()
    bundle, claim = read_again(request)
    context = {"identifier": [{"system": f"{base_url}/dtr-context", "value": determination}]}
    asked = asked_parts(bundle, claim).get(sequence)
    diagnoses = asked.diagnoses if asked is not None else ()
    owner = _known_as(claim.provider) or _known_by(organization_of(bundle, claim.provider))
    return (
        _asking(
            base_url,
            "CommunicationRequest",
            context | _communication(claim, _organization(bundle, claim.provider), sequence, diagnoses),
        ),
        _asking(base_url, "Task", context | _task(request, claim, owner, words) | _inputs(base_url, context, sequence)),
    )


def _asking(base_url: str, kind: str, members: Json) -> Asking:
    name = str(uuid4())
    head = {"resourceType": kind, "id": name, "meta": {"profile": [profile(kind.lower())]}}
    return Asking(f"{base_url}/{kind}/{name}", head | {member: value for member, value in members.items() if value})


def _communication(claim: PasClaim, sender: Json, sequence: int, diagnoses: tuple[Json, ...]) -> Json:
    """Return the members of what asks a person: of whom, how, and about which item and diagnoses."""
    return {
        "extension": [extension("serviceLineNumber", valuePositiveInt=sequence)],
        "status": "active",
        "category": [_concept(f"{X12}/755", _SUPPORTING)],
        "medium": [_concept(f"{X12}/756", _ELECTRONIC)],
        "payload": [({"extension": list(diagnoses)} if diagnoses else {}) | {"contentString": _FORM}],
        "requester": _to(claim.insurer),
        "recipient": [sender] if sender else [],
        "sender": sender,
    }


def _task(request: Request, claim: PasClaim, owner: Json, words: str) -> Json:
    """Return the members of what asks a program: the same, until the request is due."""
    return {
        "status": "requested",
        "statusReason": {"text": words},
        "intent": "order",
        "code": _concept(TEMP, "attachment-request-questionnaire"),
        "for": _to(claim.patient),
        "requester": _known_as(claim.insurer),
        "owner": owner,
        "reasonCode": _concept(TEMP, "priorAuthorization"),
        "reasonReference": {"reference": claim.entry.url},
        "restriction": {"period": {"end": instant(request.due)}},
    }


def _inputs(base_url: str, context: Json, sequence: int) -> Json:
    """Return where the payer is found, and by which context the form of an item is had."""
    line = {"extension": [extension("serviceLineNumber", valuePositiveInt=sequence)]}
    return {
        "input": [
            {"type": _concept(TEMP, "payer-url"), "valueUrl": base_url},
            line | {"type": _concept(TEMP, "questionnaire-context"), "valueString": context["identifier"][0]["value"]},
        ]
    }


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _to(entry: Entry | None) -> Json:
    return {"reference": entry.url} if entry is not None else {}


def _organization(bundle: PasBundle, entry: Entry | None) -> Json:
    """Return a reference to an organization: the provider, or for whom its role works."""
    if entry is not None and entry.kind == "PractitionerRole":
        entry = bundle.resolve(entry.resource.get("organization"), entry)
    return _to(entry) if entry is not None and entry.kind == "Organization" else {}


def _known_as(entry: Entry | None) -> Json:
    """Return somebody by an identifier alone, as the profile asks for the parties of a Task."""
    found = objects(entry.resource.get("identifier")) if entry is not None else ()
    return {"identifier": found[0]} if found else {}


def _known_by(identifiers: Collection[tuple[str, str]]) -> Json:
    """Return whom a role works for, by the first of its identifiers."""
    return {"identifier": dict(zip(("system", "value"), min(identifiers), strict=True))} if identifiers else {}
