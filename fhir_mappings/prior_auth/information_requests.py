"""FHIR out: what the payer sends to ask for more: a form by its DTR context, and documents by their LOINC codes.

Source: PAS 2.2.1, PASCommunicationRequest, PASTask; "Requests for additional information" (ainfo-1 to ainfo-7): LOINC
102089-0 stands for the Questionnaire, and its identifier is the context by which the form is had; each kind of what is
asked for has a Task of its own. What comes back is sent to the payer's URL in the Task (`attachments`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from fhir_mappings.prior_auth.asked_parts import asked_parts
from fhir_mappings.prior_auth.bundles import Entry, PasBundle
from fhir_mappings.prior_auth.claim import PasClaim, organization_of
from fhir_mappings.prior_auth.claim_response import Asking, instant
from fhir_mappings.prior_auth.json_values import codes, extensions, inner, objects
from fhir_mappings.prior_auth.pas_urls import LOINC, TEMP, X12, extension, profile

Json = dict[str, Any]
FORM = "102089-0"
DOCUMENTS = (
    *("11526-1", "11502-2", "18748-4", "11488-4", "34117-2", "11506-3", "74156-1"),
    *("80565-5", "57828-6", "18842-5", "11504-8", "28570-0", "11503-0"),
)
"""What a reviewer may ask for (of PASLOINCAttachmentCodes, what a drug is judged by)."""
_RECENT = "18804-5"
"""Modifier of a document: of the three months before the service alone."""
SUBMIT_ATTACHMENT = "$submit-attachment"
_SUPPORTING, _ELECTRONIC = "OZ", "EL"
"""Support data (X12 755), sent electronically (X12 756)."""
_NEEDED, _CONTEXT = "attachments-needed", "questionnaire-context"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reviewer asks for about an item, until when, and by which name the payer knows what comes back.

    `context` is the DTR context of a form, empty where none is asked for; `documents` are LOINC codes, `is_recent`
    tells that they are to be of the last three months.
    """

    sequence: int
    tracking: str
    due: datetime
    words: str = ""
    context: str = ""
    documents: tuple[str, ...] = ()
    is_recent: bool = False


@dataclass(frozen=True, slots=True)
class InformationRequests:
    """Writes what asks for more about a request; `base_url` is that of our base of PAS."""

    bundle: PasBundle
    claim: PasClaim
    base_url: str

    def asking(self, wanted: Wanted) -> tuple[Asking, ...]:
        """Return what asks for it; nothing where neither a form nor a document is wanted."""
        return (*self._form(wanted), *self._documents(wanted))

    def _form(self, wanted: Wanted) -> Iterator[Asking]:
        if wanted.context:
            context = {"system": f"{self.base_url}/dtr-context", "value": wanted.context}
            yield self._resource("CommunicationRequest", [context], self._communication(wanted, FORM, ()))
            line = {"type": _concept(TEMP, _CONTEXT), "valueString": wanted.context}
            task = self._task(wanted, "attachment-request-questionnaire", [_of_line(wanted.sequence, line)])
            yield self._resource("Task", [self._tracked(wanted), context], task)

    def _documents(self, wanted: Wanted) -> Iterator[Asking]:
        modifier = [extension("contentModifier", valueCodeableConcept=_concept(LOINC, _RECENT))]
        modifiers = modifier if wanted.is_recent else []
        for code in wanted.documents:
            asked = self._communication(wanted, code, modifiers)
            yield self._resource("CommunicationRequest", [self._tracked(wanted)], asked)
        if wanted.documents:
            needed = [
                _of_line(
                    wanted.sequence,
                    {"type": _concept(TEMP, _NEEDED), "valueCodeableConcept": _concept(LOINC, one)},
                    *modifiers,
                )
                for one in wanted.documents
            ]
            task = self._task(wanted, "attachment-request-code", needed)
            yield self._resource("Task", [self._tracked(wanted)], task)

    def _tracked(self, wanted: Wanted) -> Json:
        return {"system": f"{self.base_url}/information-request", "value": wanted.tracking}

    def _resource(self, kind: str, identifiers: list[Json], members: Json) -> Asking:
        name = str(uuid4())
        head = {"resourceType": kind, "id": name, "meta": {"profile": [profile(kind.lower())]}}
        resource = head | {"identifier": identifiers} | {member: value for member, value in members.items() if value}
        return Asking(f"{self.base_url}/{kind}/{name}", resource)

    def _communication(self, wanted: Wanted, code: str, modifiers: Iterable[Json]) -> Json:
        """Return the members of what asks a person: of whom, how, and about which item and diagnoses."""
        asked = asked_parts(self.bundle, self.claim).get(wanted.sequence)
        extended = [*(asked.diagnoses if asked is not None else ()), *modifiers]
        sender = _organization(self.bundle, self.claim.provider)
        return {
            "extension": [extension("serviceLineNumber", valuePositiveInt=wanted.sequence)],
            "status": "active",
            "category": [_concept(f"{X12}/755", _SUPPORTING)],
            "medium": [_concept(f"{X12}/756", _ELECTRONIC)],
            "payload": [({"extension": extended} if extended else {}) | {"contentString": code}],
            "requester": _to(self.claim.insurer),
            "recipient": [sender] if sender else [],
            "sender": sender,
        }

    def _task(self, wanted: Wanted, code: str, needed: list[Json]) -> Json:
        """Return the members of what asks a program: the same, until it is due, and where it is to be sent."""
        claim = self.claim
        url = f"{self.base_url}/{SUBMIT_ATTACHMENT}"
        return {
            "status": "requested",
            "statusReason": {"text": wanted.words} if wanted.words else {},
            "intent": "order",
            "code": _concept(TEMP, code),
            "for": _to(claim.patient),
            "requester": _known_as(claim.insurer),
            "owner": _known_as(claim.provider) or _known_by(organization_of(self.bundle, claim.provider)),
            "reasonCode": _concept(TEMP, "priorAuthorization"),
            "reasonReference": {"reference": claim.entry.url},
            "restriction": {"period": {"end": instant(wanted.due)}},
            "input": [{"type": _concept(TEMP, "payer-url"), "valueUrl": url}, *needed],
        }


def lines_of(asking: Asking) -> frozenset[int]:
    """Return the items that a resource asks about, by their sequence."""
    resource = asking.resource
    parts = (resource, *objects(resource.get("input")))
    found = (one.get("valuePositiveInt") for part in parts for one in extensions(part, "serviceLineNumber"))
    return frozenset(one for one in found if isinstance(one, int))


def codes_of(asking: Asking) -> tuple[str, ...]:
    """Return what a CommunicationRequest asks for: LOINC codes of documents, or `FORM`; empty for a Task."""
    found = (one.get("contentString") for one in objects(asking.resource.get("payload")))
    return tuple(one for one in found if isinstance(one, str))


def left_open(asking: Iterable[Asking], lines: Collection[int], came: Collection[str]) -> tuple[Asking, ...]:
    """Return what still asks for more once something came about some items: `came` are codes, `FORM` for a form.

    About an item of which nothing came, everything is still asked for.
    """
    left = (_left(one, came) if lines_of(one) & set(lines) else one for one in asking)
    return tuple(one for one in left if one is not None)


def _left(asking: Asking, came: Collection[str]) -> Asking | None:
    resource = asking.resource
    if resource["resourceType"] == "CommunicationRequest":
        return None if set(codes_of(asking)) <= set(came) else asking
    inputs = [one for one in objects(resource["input"]) if not _has_come(one, came)]
    if all("payer-url" in codes(one.get("type")) for one in inputs):
        return None
    return replace(asking, resource=resource | {"input": inputs})


def _has_come(needed: Json, came: Collection[str]) -> bool:
    kinds = codes(needed.get("type"), TEMP)
    asked = codes(inner(needed.get("valueCodeableConcept")), LOINC) if _NEEDED in kinds else frozenset()
    return (_CONTEXT in kinds and FORM in came) or (bool(asked) and asked <= set(came))


def _of_line(sequence: int, needed: Json, *extended: Json) -> Json:
    return {"extension": [extension("serviceLineNumber", valuePositiveInt=sequence), *extended]} | needed


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
