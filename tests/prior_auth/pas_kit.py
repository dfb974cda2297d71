"""What the public PAS tests assert of answers, and what the profiles of PAS 2.2.1 ask of them, restated.

Source: PAS 2.2.1, PASResponseBundle, PASInquiryResponseBundle, PASClaimResponse, PASCommunicationRequest.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fhir_mappings.prior_auth.bundles import references
from fhir_mappings.prior_auth.pas_urls import DEFINITION
from tests.certification.resources import fhir_fault

Json = dict[str, Any]
SUBMITTED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}]}
NEEDED = ("status", "type", "use", "patient", "created", "insurer", "request", "outcome")
ON_RESPONSE = {"claimResponseReviewer": None, "TransmissionIdentifiers": None}
ON_ITEM = {
    "itemTraceNumber": "valueIdentifier",
    "itemPreAuthIssueDate": "valueDate",
    "itemPreAuthPeriod": "valuePeriod",
    "authorizationNumber": "valueString",
    "administrationReferenceNumber": "valueString",
    "itemRequestedServiceDate": ("valueDateTime", "valuePeriod"),
    "itemAuthorizedDetail": None,
    "itemAuthorizedProvider": None,
    "admissionDates": ("valueDate", "valuePeriod"),
    "dischargeDate": "valueDate",
    "communicatedDiagnosis": "valueCodeableConcept",
}
_ON_BOTH = (
    *("itemTraceNumber", "itemPreAuthIssueDate", "itemPreAuthPeriod", "admissionDates", "dischargeDate"),
    *("authorizationNumber", "administrationReferenceNumber"),
)
ON_ADDED = {name: ON_ITEM[name] for name in _ON_BOTH} | {
    "epsdtIndicator": "valueBoolean",
    "nursingHomeResidentialStatus": "valueCodeableConcept",
    "nursingHomeLevelOfCare": "valueCodeableConcept",
    "productOrServiceCodeEnd": "valueCodeableConcept",
    "revenueCode": "valueCodeableConcept",
    "revenueUnitRateLimit": "valueDecimal",
    "requestedService": "valueReference",
    "serviceItemRequestType": "valueCodeableConcept",
    "certificationType": "valueCodeableConcept",
}
MANY = frozenset({"itemTraceNumber", "itemAuthorizedProvider", "communicatedDiagnosis"})
"""Extensions that may stand several times."""
ON_ERROR = {"errorElement": None, "errorPath": "valueString", "errorFollowupAction": "valueCodeableConcept"}
X12_UNITS = "https://codesystem.x12.org/005010/673"
ASKING = ("CommunicationRequest", "Task")
NEEDED_BY = {
    "attachment-request-questionnaire": ("questionnaire-context", "valueString"),
    "attachment-request-code": ("attachments-needed", "valueCodeableConcept"),
}
"""What each kind of Task asks for, and as which value (invariants of PASTask; ainfo-7)."""
ACTIONS = frozenset({"A1", "A2", "A3", "A4", "A6", "C"})


def answer_faults(answer: Json, request: Json) -> Iterator[str]:
    """Yield what is wrong with the answer to a request."""
    yield from bundle_faults(answer, "pas-response-bundle", "claimresponse")
    yield from echo_faults(answer, request)
    claim, told = request["entry"][0]["resource"], answer["entry"][0]["resource"]
    asked = {one["sequence"] for one in claim.get("item", ())}
    told_of = {one["itemSequence"] for one in told.get("item", ())}
    if told["outcome"] != "error" and not asked <= told_of:
        yield "item: not every item that was asked for is answered"


def bundle_faults(answer: Json, bundle_profile: str, profile: str) -> Iterator[str]:
    """Yield what is wrong with a Bundle of the payer by its profile, and with what is in it as FHIR R4."""
    if answer.get("resourceType") != "Bundle" or answer.get("type") != "collection" or "timestamp" not in answer:
        yield "Bundle: no collection with a timestamp"
        return
    if f"{DEFINITION}/profile-{bundle_profile}" not in answer.get("meta", {}).get("profile", ()):
        yield "Bundle.meta.profile"
    if "value" not in answer.get("identifier", {}):
        yield "Bundle.identifier"
    urls = Counter(one.get("fullUrl") for one in answer["entry"])
    if None in urls or max(urls.values()) > 1:
        yield "Bundle.entry.fullUrl: missing, or one twice"
    if any("request" in one or "response" in one for one in answer["entry"]):
        yield "Bundle.entry: a collection has no requests"
    yield from (fault for one in answer["entry"] if (fault := fhir_fault(one["resource"])))
    yield from response_faults(answer["entry"][0]["resource"], frozenset(map(str, urls)), profile)
    for one in answer["entry"]:
        if one["resource"]["resourceType"] in ASKING:
            claim = answer["entry"][0]["resource"].get("request", {}).get("reference")
            yield from asking_faults(one["resource"], frozenset(map(str, (*urls, claim))))


def response_faults(  # noqa: C901 - one look at each part of it
    told: Json, urls: frozenset[str], profile: str
) -> Iterator[str]:
    """Yield what is wrong with a ClaimResponse."""
    if told.get("resourceType") != "ClaimResponse":
        yield "the first entry is no ClaimResponse"
        return
    if f"{DEFINITION}/profile-{profile}" not in told["meta"]["profile"]:
        yield "ClaimResponse.meta.profile"
    yield from (f"ClaimResponse.{name}: missing" for name in NEEDED if not told.get(name))
    if (told.get("status"), told.get("use")) != ("active", "preauthorization"):
        yield "ClaimResponse.status or use"
    if told.get("outcome") not in {"complete", "error", "partial"}:
        yield "ClaimResponse.outcome"
    yield from reference_faults(told, urls)
    yield from extension_faults(told, ON_RESPONSE, "ClaimResponse")
    notes = {one["number"] for one in told.get("processNote", ()) if one.get("text")}
    for one in told.get("item", ()):
        yield from item_faults(one, ON_ITEM, "item")
        if not set(one.get("noteNumber", ())) <= notes:
            yield "item.noteNumber: there is no such note"
    yield from quantity_faults(told)
    yield from head_faults(told)
    for one in told.get("addItem", ()):
        yield from item_faults(one, ON_ADDED, "addItem")
        if not one.get("productOrService", {}).get("coding") or not one.get("itemSequence"):
            yield "addItem: it lacks product or sequence"
    for one in told.get("error", ()):
        yield from extension_faults(one, ON_ERROR, "error")
        if not one.get("code", {}).get("coding"):
            yield "error.code: missing"


def reference_faults(told: Json, urls: frozenset[str]) -> Iterator[str]:
    """Yield references that lead nowhere; the Claim is named only: as an update it is no target of `request`."""
    claim = told.get("request", {}).get("reference")
    named = (one["reference"] for one in references(told))
    yield from (f"{one} leads nowhere" for one in named if one not in urls and one != claim)
    if claim in urls:
        yield "the Claim comes back"


def head_faults(told: Json) -> Iterator[str]:
    """Yield what is wrong with what is said of the whole."""
    for one in told.get("adjudication", ()):
        parts = [part["url"] for part in one["extension"][0]["extension"]]
        if one.get("category") != SUBMITTED or not parts or not set(parts) <= {"number", "reasonCode"}:
            yield "adjudication: neither a number nor reasons, or the code, which has no place there"


def quantity_faults(value: Any) -> Iterator[str]:
    """Yield quantities without a value, without unit and code, or with a code that is not of X12 (prof-2, prof-3)."""
    if isinstance(value, list):
        for one in value:
            yield from quantity_faults(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in {"quantity", "valueQuantity"} and isinstance(one, dict):
                if not one.get("value") or not (one.get("unit") or one.get("code")):
                    yield f"{name}: without a value, or without a unit"
                if one.get("code") and one.get("system") != X12_UNITS:
                    yield f"{name}: a code that is not of X12"
            yield from quantity_faults(one)


def item_faults(one: Json, known: Json, place: str) -> Iterator[str]:
    """Yield what is wrong with an item: one adjudication with one review action, and extensions of its own."""
    yield from extension_faults(one, known, place)
    if len(one.get("adjudication", ())) != 1 or one["adjudication"][0].get("category") != SUBMITTED:
        yield f"{place}.adjudication"
        return
    (action,) = one["adjudication"][0]["extension"]
    parts = {part["url"].rpartition("-")[2]: part for part in action["extension"]}
    code = parts["reviewActionCode"]["valueCodeableConcept"]["coding"][0]["code"]
    if code not in ACTIONS:
        yield f"{place}: review action {code}"
    if (code in {"A1", "A2", "A6"}) != ("number" in parts):
        yield f"{place}: what is certified has a number, and nothing else does"


def extension_faults(one: Json, known: Json, place: str) -> Iterator[str]:
    """Yield extensions that do not belong there, stand twice, or have a value of another type."""
    names = [part["url"].removeprefix(f"{DEFINITION}/extension-") for part in one.get("extension", ())]
    yield from (f"{place}.extension: {name} does not belong there" for name in names if name not in known)
    twice = (name for name, times in Counter(names).items() if times > 1 and name not in MANY)
    yield from (f"{place}.extension: {name} twice" for name in twice)
    for name, part in zip(names, one.get("extension", ()), strict=True):
        wanted = known.get(name)
        values = [key for key in part if key.startswith("value")]
        if wanted is None:
            if values or not part.get("extension"):
                yield f"{place}.extension: {name} has no parts"
        elif len(values) != 1 or values[0] not in ((wanted,) if isinstance(wanted, str) else wanted):
            yield f"{place}.extension: {name} has another type"


def asking_faults(one: Json, urls: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong with a CommunicationRequest or a Task that asks for more."""
    yield from (f"{each['reference']} leads nowhere" for each in references(one) if each["reference"] not in urls)
    if not one.get("identifier"):
        yield f"{one['resourceType']}.identifier: missing"
    if one["resourceType"] == "Task":
        yield from task_faults(one)
        return
    if one.get("status") != "active" or len(one.get("payload", ())) != 1 or len(one.get("category", ())) > 1:
        yield "CommunicationRequest: status, payload or category"
    yield from extension_faults(one, {"serviceLineNumber": "valuePositiveInt"}, "CommunicationRequest")


def task_faults(one: Json) -> Iterator[str]:
    """Yield what is wrong with a Task: its fixed codes, who is known by an identifier alone, and its inputs."""
    if (one.get("status"), one.get("intent")) != ("requested", "order"):
        yield "Task.status or intent"
    kind, reason = one["code"]["coding"][0]["code"], one["reasonCode"]["coding"][0]["code"]
    if kind not in NEEDED_BY or reason != "priorAuthorization":
        yield "Task.code or reasonCode"
        return
    yield from (
        f"Task.{name}: more than an identifier" for name in ("requester", "owner") if set(one[name]) != {"identifier"}
    )
    (name, value), (where, *needed) = NEEDED_BY[kind], one["input"]
    if where["type"]["coding"][0]["code"] != "payer-url" or "valueUrl" not in where or not needed:
        yield "Task.input: no address, or nothing else"
    for each in needed:
        if each["type"]["coding"][0]["code"] != name or value not in each:
            yield "Task.input: of another kind than the Task"
        known = {"serviceLineNumber": "valuePositiveInt", "contentModifier": "valueCodeableConcept"}
        yield from extension_faults(each, known, "Task.input")
        if not any(part["url"].endswith("serviceLineNumber") for part in each["extension"]):
            yield "Task.input: about no item"


def echo_faults(answer: Json, request: Json) -> Iterator[str]:
    """Yield what came with a request and does not come back as it was, under its own URL."""
    came = {one["fullUrl"]: one["resource"] for one in request["entry"]}
    for one in answer["entry"][1:]:
        is_ours = one["resource"]["resourceType"] in ASKING
        if not is_ours and came.get(one["fullUrl"]) != one["resource"]:
            yield f"{one['fullUrl']} is not as it came"


def elements(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of everything that stands in a resource; an extension by the last part of its name."""
    if isinstance(value, list):
        for one in value:
            yield from elements(one, path)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in {"extension", "modifierExtension"}:
                for part in one:
                    named = f"{path}.{part['url'].rpartition('extension-')[2]}".lstrip(".")
                    yield named
                    yield from elements(part.get("extension", []) and {"extension": part["extension"]}, named)
            else:
                yield f"{path}.{name}".lstrip(".")
                yield from elements(one, f"{path}.{name}".lstrip("."))
