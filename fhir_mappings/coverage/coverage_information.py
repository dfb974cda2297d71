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


def in_words(determination: Determination, say: Wording) -> Determination:
    """Return a determination with its reason, and what an authorization allows, in the words of a language."""
    given = determination.authorization
    allowed = given.allowance if given is not None else None
    if given is not None and allowed is not None:
        allowed = replace(allowed, unit=say.words(allowed.unit), words=say.words(allowed.words))
        given = replace(given, allowance=allowed)
    return replace(determination, reason=say.words(determination.reason), authorization=given)


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


def written_2_0(determination: Determination, stamp: Stamp) -> Json:
    """Write the extension as CRD 2.0.1 has it. It knows no "indeterminate": that becomes conditional, in words."""
    waits = determination.is_conditional or determination.is_indeterminate
    coding = [(TEMP, _DETAIL_CODE)] if determination.detail_code else []
    parts = [
        *_head(determination, stamp, indeterminate="conditional"),
        *([_code("info-needed", _OTHER)] if waits else []),
        *_middle(determination, coding),
        *(_details(determination.authorization, {}) if determination.authorization else []),
        *_tail(determination, stamp),
        *([_part("contact", "ContactPoint", _telecom(determination.contact))] if determination.contact else []),
    ]
    return {"url": EXTENSION, "extension": parts}


def written_2_2(determination: Determination, stamp: Stamp) -> Json:
    """Write the extension as CRD 2.2.1 has it: with expiry, categories of details, and a contact with its telecoms."""
    info = [_DETAIL_CODE] if determination.detail_code else [_OTHER] if determination.other_info else []
    coding = [(TEMP, determination.reason_code)] if determination.reason_code else []
    category = {"url": "category", "valueCode": "cat-limitation"}
    parts = [
        *_head(determination, stamp, indeterminate="indeterminate"),
        *(_code("info-needed", code) for code in info),
        *_middle(determination, coding),
        *(_details(determination.authorization, category) if determination.authorization else []),
        *_tail(determination, stamp),
        *(
            [_part("contact", "ContactDetail", {"telecom": [_telecom(determination.contact)]})]
            if determination.contact
            else []
        ),
        *(
            [_part("expiry-date", "Date", determination.authorization.end.isoformat())]
            if determination.authorization
            else []
        ),
    ]
    return {"url": EXTENSION, "extension": parts}


def _head(determination: Determination, stamp: Stamp, indeterminate: str) -> list[Json]:
    """Write what every version begins with; `indeterminate` is the version's word for it."""

    def word(code: str) -> str:
        return indeterminate if code == Covered.INDETERMINATE.value else code

    return [
        _part("coverage", "Reference", {"reference": stamp.coverage}),
        _code("covered", word(determination.covered.value)),
        *([_code("pa-needed", word(determination.pa_needed.value))] if determination.pa_needed else []),
        *(_code("doc-needed", code) for code in determination.doc_needed),
        *(_code("doc-purpose", code) for code in determination.doc_purpose),
    ]


def _middle(determination: Determination, codes: list[tuple[str, str]]) -> list[Json]:
    coding = {"coding": [{"system": system, "code": code} for system, code in codes]} if codes else {}
    reason = _part("reason", "CodeableConcept", coding | {"text": determination.reason})
    return [*([_billing(determination.billing)] if determination.billing else []), reason]


def _tail(determination: Determination, stamp: Stamp) -> list[Json]:
    return [
        *(_part("dependency", "Reference", {"reference": one}) for one in determination.dependencies),
        *([_part("questionnaire", "Canonical", determination.questionnaire)] if determination.questionnaire else []),
        _part("date", "Date", stamp.day.isoformat()),
        *([_part("coverage-assertion-id", "String", stamp.assertion_id)] if stamp.assertion_id else []),
        *(
            [_part("satisfied-pa-id", "String", determination.authorization.number)]
            if determination.authorization
            else []
        ),
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
