"""FHIR out: a determination as the coverage-information extension of CRD 2.0.1, on the order exactly as it was sent.

Source: Da Vinci CRD 2.0.1, StructureDefinition ext-coverage-information. Another dialect is another writer beside this.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from fhir_mappings.identity import local
from policies.determination import Billing, Contact, Determination

EXTENSION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_OTHER = "OTH"
_DETAIL_CODE = "detail-code"

Json = dict[str, Any]
_EXACT = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a determination bears when it is sent: the Coverage it is about, the day, and its id."""

    coverage: str
    day: date
    assertion_id: str


def written(determination: Determination, stamp: Stamp) -> Json:
    """Write the extension as CRD 2.0.1 has it."""
    parts = [
        {"url": "coverage", "valueReference": {"reference": stamp.coverage}},
        {"url": "covered", "valueCode": determination.covered.value},
        *([_code("pa-needed", determination.pa_needed.value)] if determination.pa_needed else []),
        *(_code("doc-needed", code) for code in determination.doc_needed),
        *(_code("doc-purpose", code) for code in determination.doc_purpose),
        *([_code("info-needed", _OTHER)] if determination.is_conditional else []),
        *([_billing(determination.billing)] if determination.billing else []),
        {"url": "reason", "valueCodeableConcept": _reason(determination)},
        *([_canonical(determination.questionnaire)] if determination.questionnaire else []),
        {"url": "date", "valueDate": stamp.day.isoformat()},
        {"url": "coverage-assertion-id", "valueString": stamp.assertion_id},
        *([_contact(determination.contact)] if determination.contact else []),
    ]
    return {"url": EXTENSION, "extension": parts}


def _code(url: str, code: str) -> Json:
    return {"url": url, "valueCode": code}


def _canonical(form: str) -> Json:
    return {"url": "questionnaire", "valueCanonical": form}


def _billing(billing: Billing) -> Json:
    coding = {"system": billing.system, "code": billing.code}
    return {"url": "billingCode", "valueCoding": coding | ({"display": billing.display} if billing.display else {})}


def _reason(determination: Determination) -> Json:
    """In 2.0.1 the code for a too coarse product code is a reason; from 2.2 on it is an info-needed."""
    coding = {"coding": [{"system": TEMP, "code": _DETAIL_CODE}]} if determination.detail_code else {}
    return coding | {"text": determination.reason}


def _contact(contact: Contact) -> Json:
    return {"url": "contact", "valueContactPoint": {"system": contact.system, "value": contact.value}}


def annotated(order: msgspec.Raw | bytes, extension: Json, coverage: str) -> Json:
    """Return an order as it was sent, with our extension on it in place of an older one of ours.

    Every member is kept, unknown ones too, and decimals stay as written. Extensions of other payers are kept.
    """
    resource: Json = _EXACT.decode(order)
    present = resource.get("extension", [])
    kept = [one for one in present if not _is_about(one, coverage)]
    return resource | {"extension": [*kept, extension]}


def _is_about(extension: Any, coverage: str) -> bool:
    """Tell whether an extension is coverage information on this Coverage."""
    if not isinstance(extension, dict) or extension.get("url") != EXTENSION:
        return False
    parts = (
        part for part in extension.get("extension", ()) if isinstance(part, dict) and part.get("url") == "coverage"
    )
    references = (part["valueReference"] for part in parts if isinstance(part.get("valueReference"), dict))
    return any(local(str(one.get("reference", ""))) == local(coverage) for one in references)
