"""Claims for drugs: an ExplanationOfBenefit that was settled, or the bill alone."""

from fhir_mappings.sketches.conditions import condition_code
from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import OTHER_PATIENT, PATIENT, Json, fhir_word, period
from fhir_mappings.sketches.sheet import Sheet
from fhir_mappings.sketches.treatments import doses
from policies.testcases.casebook import Entry

_PLAN, _CLINIC = {"display": "The plan"}, {"display": "The clinic"}
_INSURANCE = {"focal": True, "coverage": {"display": "The member's coverage"}}


def claimed(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a claim for each drug; `every` draws one each so many days, from the first day to the last."""
    return [_claim(one, drug, names) for drug in entry.about for one in doses(entry)]


def _claim(entry: Entry, drug: str, names: Names) -> Json:
    kind = "Claim" if entry.says("bill only") else "ExplanationOfBenefit"
    owner = OTHER_PATIENT if entry.says("of another patient") else PATIENT
    settled = {"outcome": entry.word("outcome", "complete"), "insurance": [_INSURANCE]}
    asked = {"priority": fhir_word("processpriority", "normal"), "insurance": [{"sequence": 1, **_INSURANCE}]}
    start, end = period(entry)
    made = {"created": end or start or "2017-01-01"}
    return {
        "resourceType": kind,
        "status": entry.word("status", "active"),
        "use": entry.word("use", "claim"),
        "type": fhir_word("claim-type", entry.word("type", "professional")),
        "patient": {"reference": owner},
        "insurer": _PLAN,
        "provider": _CLINIC,
        **made,
        **(asked if kind == "Claim" else settled),
        **_diagnosis(entry, names),
        "item": [_line(entry, drug, names)],
    }


def _diagnosis(entry: Entry, names: Names) -> Json:
    disease = entry.word("for")
    if not disease:
        return {}
    return {"diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": condition_code(names, disease, "")}]}


def _line(entry: Entry, drug: str, names: Names) -> Json:
    start, end = period(entry)
    line: Json = {"sequence": 1, "productOrService": names.drug(drug, entry.word("coded as"))}
    if end:
        line["servicedPeriod"] = {"start": start, "end": end} if start else {"end": end}
    elif start:
        line["servicedDate"] = start
    if entry.word("quantity"):
        line["quantity"] = {"value": float(entry.word("quantity"))}
    if entry.says("denied"):
        line["adjudication"] = [{"category": fhir_word("adjudication", "submitted"), "reason": {"text": "Denied"}}]
    return line
