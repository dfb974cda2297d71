"""The calls that the self-test sends: one a hook, about a patient who was made up."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
PATIENT = "conformance-patient"
_ABOUT = {"reference": f"Patient/{PATIENT}"}
_TODAY = "2026-06-01"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is about: the identifier of the payer and the coding of the product that is ordered."""

    payer: tuple[str, str]
    product: tuple[str, str]


def call(hook: str, version: str | None, subject: Subject) -> Json:
    """Return a call of a hook; `version` is asked for, None asks for none. Raises KeyError for an unknown hook."""
    asked = {"davinci-crd.requestedVersion": version} if version else {}
    return {
        "hook": hook,
        "hookInstance": str(uuid4()),
        "context": _CONTEXTS[hook](subject, version),
        "prefetch": _prefetch(hook, subject),
        "extension": {"davinci-crd.configuration": {}, **asked},
    }


def knows(hook: str) -> bool:
    """Whether the self-test has a call for a hook."""
    return hook in _CONTEXTS


def _order(subject: Subject) -> Json:
    system, code = subject.product
    return {
        "resourceType": "MedicationRequest",
        "id": "conformance-order",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">kept</div>'},
        "extension": [{"url": "http://example.org/kept", "valueString": "kept"}],
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]},
        "subject": _ABOUT,
        "authoredOn": _TODAY,
        "requester": {"reference": "Practitioner/conformance-doctor"},
    }


def _appointment(subject: Subject) -> Json:
    system, code = subject.product
    return {
        "resourceType": "Appointment",
        "id": "conformance-appointment",
        "status": "proposed",
        "serviceType": [{"coding": [{"system": system, "code": code}]}],
        "start": f"{_TODAY}T09:00:00Z",
        "end": f"{_TODAY}T10:00:00Z",
        "participant": [{"actor": _ABOUT, "status": "needs-action"}],
    }


def _encounter() -> Json:
    return {
        "resourceType": "Encounter",
        "id": "conformance-encounter",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": _ABOUT,
    }


def _bundle(kind: str, *resources: Json) -> Json:
    base = "https://ehr.example.org/fhir"
    entries = [{"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _prefetch(hook: str, subject: Subject) -> Json:
    system, value = subject.payer
    payer = {"resourceType": "Organization", "id": "conformance-payer", "name": "The payer", "active": True}
    coverage = {
        "resourceType": "Coverage",
        "id": "conformance-coverage",
        "status": "active",
        "beneficiary": _ABOUT,
        "payor": [{"reference": "Organization/conformance-payer"}],
    }
    person = {"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1960-01-01"}
    found: Json = {
        "patient": person,
        "coverage": _bundle("searchset", coverage, payer | {"identifier": [{"system": system, "value": value}]}),
        "encounter": _encounter(),
    }
    return found | ({"order": _order(subject)} if hook == "order-dispatch" else {})


def _drafts(subject: Subject, _version: str | None) -> Json:
    return _user() | {"draftOrders": _bundle("collection", _order(subject))}


def _selected(subject: Subject, version: str | None) -> Json:
    return _drafts(subject, version) | {"selections": ["MedicationRequest/conformance-order"]}


def _dispatched(_subject: Subject, version: str | None) -> Json:
    order = "MedicationRequest/conformance-order"
    named: Json = {"dispatchedOrders": [order]} if version == "2.2" else {"order": order}
    return {"patientId": PATIENT, "performer": "Organization/conformance-pharmacy", **named}


def _booked(subject: Subject, _version: str | None) -> Json:
    return _user() | {"appointments": _bundle("collection", _appointment(subject))}


def _met(_subject: Subject, _version: str | None) -> Json:
    return _user() | {"encounterId": "conformance-encounter"}


def _user() -> Json:
    return {"userId": "Practitioner/conformance-doctor", "patientId": PATIENT}


_CONTEXTS = {
    "order-sign": _drafts,
    "order-select": _selected,
    "order-dispatch": _dispatched,
    "appointment-book": _booked,
    "encounter-start": _met,
    "encounter-discharge": _met,
}
