"""Drugs as they were given, dispensed, taken, prescribed, and treatments recorded as procedures."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from fhir_mappings.chart.clinical_records import INTENT
from fhir_mappings.sketches.conditions import condition_code
from fhir_mappings.sketches.names import Names, SketchError
from fhir_mappings.sketches.parts import Json, concept, period, resource, when
from fhir_mappings.sketches.sheet import Sheet
from policies.kinds.treatment import INTOLERANCE
from policies.testcases.casebook import Entry


def given(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw an administration of each drug; `every` draws one each so many days, from the first day to the last."""
    return [
        _drug("MedicationAdministration", one, drug, names, sheet, **when(one, "effective"))
        for drug in entry.about
        for one in doses(entry)
    ]


def doses(entry: Entry) -> Iterator[Entry]:
    """Yield the entry itself, or one entry a dose."""
    start, end = period(entry)
    if not entry.word("every"):
        yield entry
        return
    if not (start and end):
        raise SketchError("'every' needs 'from' and 'to'")
    step = timedelta(days=int(entry.word("every")))
    day = date.fromisoformat(start)
    while day <= date.fromisoformat(end):
        yield replace(entry, words={**entry.words, "from": day.isoformat(), "to": ""})
        day += step


def dispensed(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a dispense of each drug."""
    return [
        _drug("MedicationDispense", entry, drug, names, sheet, whenHandedOver=period(entry)[0]) for drug in entry.about
    ]


def taken(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a statement of each drug: completed if it has an end, else active."""
    otherwise = "completed" if entry.word("to") else "active"
    start, end = period(entry)
    course = {name: day for name, day in (("start", start), ("end", end)) if day}
    return [
        _drug("MedicationStatement", entry, drug, names, sheet, otherwise, effectivePeriod=course, **_daily(entry))
        for drug in entry.about
    ]


def _daily(entry: Entry) -> Json:
    """Draw the milligrams a day, if the entry says them, as one dose a day."""
    milligrams = entry.word("mg a day")
    if not milligrams:
        return {}
    dose = {"value": float(milligrams), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    daily = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    return {"dosage": [{"timing": daily, "doseAndRate": [{"doseQuantity": dose}]}]}


def prescribed(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw an order of each drug, active if the entry does not say otherwise."""
    elements: Json = {
        "intent": entry.word("intent", "order"),
        "doNotPerform": True if entry.says("do not perform") else None,
        "authoredOn": period(entry)[0],
    }
    return [_drug("MedicationRequest", entry, drug, names, sheet, "active", **elements) for drug in entry.about]


def procedure(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a procedure of each treatment, by its procedure code if there is one."""
    start, end = period(entry)
    performed = when(entry, "performed") if start or end else {}
    return [
        resource(
            "Procedure",
            entry,
            status=entry.word("status", "completed"),
            code=names.drug(drug, entry.word("coded as", "ICD-10-PCS")),
            **performed,
            **_reason(entry, names, sheet),
            **_intent(entry, names),
        )
        for drug in entry.about
    ]


def _drug(
    kind: str, entry: Entry, drug: str, names: Names, sheet: Sheet, otherwise: str = "completed", **elements: Any
) -> Json:
    return resource(
        kind,
        entry,
        status=entry.word("status", otherwise),
        medicationCodeableConcept=names.drug(drug, entry.word("coded as")),
        **with_route(kind, elements, entry.word("route", names.route(drug))),
        **_stopped(kind, entry, names),
        **_reason(entry, names, sheet),
        **_intent(entry, names),
    )


def with_route(kind: str, elements: Json, route: str) -> Json:
    """Return the elements of a record with the route in its dosage; as they are without one."""
    if route in {"", "none"}:
        return elements
    said = {"text": route, "route": {"text": route}}
    if kind == "MedicationAdministration":
        return {**elements, "dosage": said}
    name = "dosage" if kind == "MedicationStatement" else "dosageInstruction"
    return {**elements, name: [{**said, **one} for one in elements.get(name, ({},))]}


def _stopped(kind: str, entry: Entry, names: Names) -> Json:
    reason = entry.word("stopped because")
    if not reason:
        return {}
    code = concept(names.find(reason, (names.of_kind(INTOLERANCE, "reasons"),)))
    if kind == "MedicationDispense":
        return {"statusReasonCodeableConcept": code}
    return {"statusReason": code if kind == "MedicationRequest" else [code]}


def _intent(entry: Entry, names: Names) -> Json:
    """Return the coded setting of a treatment, as mCODE gives it."""
    setting = entry.word("setting")
    if not setting:
        return {}
    return {"extension": [{"url": INTENT, "valueCodeableConcept": concept(names.find(setting, (names.intents,)))}]}


def _reason(entry: Entry, names: Names, sheet: Sheet) -> Json:
    """Return what a treatment was for: a condition of the sketch, else the disease in code."""
    disease = entry.word("for")
    if not disease:
        return {}
    known = sheet.known(disease)
    return {"reasonReference": [known]} if known else {"reasonCode": [condition_code(names, disease, "")]}
