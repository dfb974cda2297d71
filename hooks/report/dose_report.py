"""The dose in the report of an order: verdict, what was ordered and what the policy gives, weight, quantity."""

from datetime import date
from typing import Any

from fhir_mappings.dosing.sheet import DosingSheet
from fhir_mappings.dosing.words import written
from hooks.report.evidence_report import evidence_report
from policies.model.dates import last_day
from policies.model.determination import Allowance
from policies.model.truth import Truth

Json = dict[str, Any]


def dosing_report(sheet: DosingSheet, truth: Truth) -> Json:
    """Report the dose of a judged order.

    What nobody ordered is not compared, and the quantity is reported where a dose is stated, or an authorization can be
    given: it is that of an authorization from the order's date on.
    """
    stated = bool(sheet.ordered.instructions)
    return {
        "verdict": sheet.judged.verdict.value,
        "note": sheet.note,
        **(_compared(sheet) if stated else {}),
        **(_allowed(sheet) if stated or truth is Truth.MET else {}),
    }


def _compared(sheet: DosingSheet) -> Json:
    in_all = sheet.ordered.in_all_mg
    return {
        "ordered": sheet.ordered_words,
        **({"ordered_in_all": f"{written(in_all)} mg"} if in_all is not None else {}),
        "policy": sheet.policy_words,
    }


def _allowed(sheet: DosingSheet) -> Json:
    start = sheet.as_of
    end = last_day(start, sheet.figures.authorization_months)
    return {
        "weight_kg": _weight(sheet),
        "evidence": list(map(evidence_report, sheet.evidence)),
        "quantity": _quantity(sheet.allowance(start, end), start, end),
    }


def _weight(sheet: DosingSheet) -> str | None:
    weight = sheet.weight
    return written(weight.high) if weight is not None and weight.high is not None else None


def _quantity(allowed: Allowance | None, start: date, end: date) -> Json | None:
    if allowed is None:
        return None
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "doses": allowed.doses,
        "vials": allowed.vials,
        "units": allowed.units,
        "unit": allowed.unit,
        "words": allowed.words,
    }
