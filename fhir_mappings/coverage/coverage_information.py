"""FHIR out: a determination as the coverage-information extension of CRD, on the order exactly as it was sent.

Sources: Da Vinci CRD 2.0.1 and 2.2.1, StructureDefinition ext-coverage-information: one writer a version, of a
determination in words (`in_words`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec

from fhir_mappings.r4.references import local
from fhir_mappings.wording import Wording
from policies.model.dates import CallDay
from policies.model.determination import Authorization, Billing, Contact, Covered, Determination
from policies.model.notes import Said

EXTENSION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
THO_DETAIL = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"
_OTHER = "OTH"
_DETAIL_CODE = "detail-code"

Json = dict[str, Any]
_EXACT = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a determination bears when it is sent: the Coverage it is about, the day, and its id.

    The id is empty where the determination could not be stored; then none is written.
    """

    coverage: str
    day: CallDay
    assertion_id: str


def in_words(told: Determination, say: Wording) -> Determination:
    """Return a determination with its reason, and what an authorization allows, in the words of a language."""
    given = told.authorization
    allowed = given.allowance if given is not None else None
    if given is not None and allowed is not None:
        allowed = replace(allowed, unit=say.words(allowed.unit), words=say.words(allowed.words))
        given = replace(given, allowance=allowed)
    return replace(told, reason=say.words(told.reason), authorization=given)


def written_on(resource: Json) -> Iterator[list[tuple[str, str]]]:
    """Yield what each coverage information on a resource says: its parts by name, as a person reads them."""
    for one in resource.get("extension", ()):
        if one["url"] == EXTENSION:
            yield [(str(part["url"]), _as_read(part)) for part in one["extension"]]


def _as_read(part: Json) -> str:
    value = next((one for name, one in part.items() if name.startswith("value")), "")
    if isinstance(value, dict):
        value = value.get("text") or value.get("reference") or value.get("code") or value.get("value") or ""
    return str(value)


def written_2_0(told: Determination, stamp: Stamp) -> Json:
    """Write the extension as CRD 2.0.1 has it. It knows no "indeterminate": that becomes conditional, in words."""
    waits = told.is_conditional or told.is_indeterminate
    coding = [(TEMP, _DETAIL_CODE)] if told.detail_code else []
    parts = [
        *_head(told, stamp, indeterminate="conditional"),
        *([_code("info-needed", _OTHER)] if waits else []),
        *_middle(told, coding),
        *(_details(told.authorization, {}) if told.authorization else []),
        *_tail(told, stamp),
        *([_part("contact", "ContactPoint", _telecom(told.contact))] if told.contact else []),
    ]
    return {"url": EXTENSION, "extension": parts}


def written_2_2(told: Determination, stamp: Stamp) -> Json:
    """Write the extension as CRD 2.2.1 has it: with expiry, categories of details, and a contact with its telecoms."""
    info = [_DETAIL_CODE] if told.detail_code else [_OTHER] if told.other_info else []
    coding = [(TEMP, told.reason_code)] if told.reason_code else []
    category = {"url": "category", "valueCode": "cat-limitation"}
    parts = [
        *_head(told, stamp, indeterminate="indeterminate"),
        *(_code("info-needed", code) for code in info),
        *_middle(told, coding),
        *(_details(told.authorization, category) if told.authorization else []),
        *_tail(told, stamp),
        *([_part("contact", "ContactDetail", {"telecom": [_telecom(told.contact)]})] if told.contact else []),
        *([_part("expiry-date", "Date", told.authorization.end.isoformat())] if told.authorization else []),
    ]
    return {"url": EXTENSION, "extension": parts}


def _head(told: Determination, stamp: Stamp, indeterminate: str) -> list[Json]:
    """Write what every version begins with; `indeterminate` is the version's word for it."""

    def word(code: str) -> str:
        return indeterminate if code == Covered.INDETERMINATE.value else code

    return [
        _part("coverage", "Reference", {"reference": stamp.coverage}),
        _code("covered", word(told.covered.value)),
        *([_code("pa-needed", word(told.pa_needed.value))] if told.pa_needed else []),
        *(_code("doc-needed", code) for code in told.doc_needed),
        *(_code("doc-purpose", code) for code in told.doc_purpose),
    ]


def _middle(told: Determination, codes: list[tuple[str, str]]) -> list[Json]:
    coding = {"coding": [{"system": system, "code": code} for system, code in codes]} if codes else {}
    reason = _part("reason", "CodeableConcept", coding | {"text": told.reason})
    return [*([_billing(told.billing)] if told.billing else []), reason]


def _tail(told: Determination, stamp: Stamp) -> list[Json]:
    return [
        *(_part("dependency", "Reference", {"reference": one}) for one in told.dependencies),
        *([_part("questionnaire", "Canonical", told.questionnaire)] if told.questionnaire else []),
        _part("date", "Date", stamp.day.isoformat()),
        *([_part("coverage-assertion-id", "String", stamp.assertion_id)] if stamp.assertion_id else []),
        *([_part("satisfied-pa-id", "String", told.authorization.number)] if told.authorization else []),
    ]


def _part(url: str, kind: str, value: Any) -> Json:
    return {"url": url, f"value{kind}": value}


def _code(url: str, code: str) -> Json:
    return _part(url, "Code", code)


def _billing(billing: Billing) -> Json:
    coding = {"system": billing.system, "code": billing.code}
    return _part("billingCode", "Coding", coding | ({"display": billing.display} if billing.display else {}))


def _details(authorization: Authorization, category: Json) -> list[Json]:
    """Write how long an authorization holds, and how much it allows where that is known."""
    period = {"start": authorization.start.isoformat(), "end": authorization.end.isoformat()}
    details = [_detail("allowed-period", _part("value", "Period", period), category)]
    allowed = authorization.allowance
    if allowed is not None:
        value = _part("value", "Quantity", {"value": allowed.units, "unit": allowed.unit})
        details.append(_detail("allowed-quantity", value, category, allowed.words))
    return details


def _detail(code: str, value: Json, category: Json, qualification: Said = "") -> Json:
    concept = {"coding": [{"system": THO_DETAIL if category else TEMP, "code": code}]}
    parts = [*([category] if category else []), _part("code", "CodeableConcept", concept), value]
    return {
        "url": "detail",
        "extension": [*parts, *([_part("qualification", "String", qualification)] if qualification else [])],
    }


def _telecom(contact: Contact) -> Json:
    return {"system": contact.system, "value": contact.value}


def exact(order: msgspec.Raw | bytes) -> Json:
    """Return an order as it was sent, decimals as they were written."""
    found: Json = _EXACT.decode(order)
    return found


def about(order: Json, coverage: str) -> list[Json]:
    """Return the coverage information on this Coverage that an order, as it was sent, already bears."""
    return [one for one in _extensions(order) if _is_about(one, coverage)]


def same(one: Json, other: Json) -> bool:
    """Whether two extensions say the same, whenever they said it."""
    return _undated(one) == _undated(other)


def _undated(extension: Json) -> list[Any]:
    return [part for part in _extensions(extension) if not isinstance(part, dict) or part.get("url") != "date"]


def _extensions(element: Json) -> list[Any]:
    """Return the extensions of an element, or the parts of one; what is no list is none."""
    found = element.get("extension")
    return found if isinstance(found, list) else []


def annotated(order: Json, extension: Json, coverage: str) -> Json:
    """Return an order as it was sent, with our extension on it in place of an older one of ours.

    Every member is kept, unknown ones too, and decimals stay as written. Extensions of other payers are kept.
    """
    kept = [one for one in _extensions(order) if not _is_about(one, coverage)]
    return order | {"extension": [*kept, extension]}


def _is_about(extension: Any, coverage: str) -> bool:
    """Whether an extension is coverage information on this Coverage."""
    if not isinstance(extension, dict) or extension.get("url") != EXTENSION:
        return False
    parts = (part for part in _extensions(extension) if isinstance(part, dict) and part.get("url") == "coverage")
    references = (part["valueReference"] for part in parts if isinstance(part.get("valueReference"), dict))
    return any(local(str(one.get("reference", ""))) == local(coverage) for one in references)
