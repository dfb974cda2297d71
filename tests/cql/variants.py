"""Charts that were tampered with, so that the logic meets what no case draws: spellings, doubts, contradictions.

Each variant changes one thing of a chart in all of its resources. What the mapping makes of it is asked of the mapping.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from tests.cql.charts_to_run import Json, Run, all_runs, example_runs

_EACH = 37
"""Every how many charts one is varied."""
_FULLEST = 4
"""So many charts of an example policy are varied."""

_ALIASES = {
    "http://loinc.org": "urn:oid:2.16.840.1.113883.6.1",
    "http://snomed.info/sct": "https://snomed.info/sct",
    "http://hl7.org/fhir/sid/icd-10-cm": "urn:oid:2.16.840.1.113883.6.90",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "https://www.nlm.nih.gov/research/umls/rxnorm",
}
_DATES = frozenset(
    {"effectiveDateTime", "authoredOn", "whenHandedOver", "start", "end", "onsetDateTime", "recordedDate", "started"}
)


def variants() -> Iterator[Run]:
    """Yield variants of charts, each by another change, so that all changes meet all kinds of chart."""
    return _changed(all_runs()[::_EACH], CHANGES)


def example_variants() -> Iterator[Run]:
    """Yield variants of the fullest charts of each example policy: what turns records round, and the above."""
    fullest: dict[str, list[Run]] = {}
    for run in sorted(example_runs(), key=lambda one: (-len(one.resources), one.id)):
        fullest.setdefault(run.policy.id, []).append(run)
    for runs in fullest.values():
        yield from _changed(runs[:_FULLEST], {**CHANGES, **GENERAL_CHANGES})


def _changed(runs: Iterable[Run], changes: Mapping[str, Callable[[list[Json]], list[Json]]]) -> Iterator[Run]:
    for run in runs:
        for name, change in changes.items():
            changed = tuple(change(copy.deepcopy(list(run.resources))))
            yield replace(run, id=f"{name}: {run.id}", resources=changed)


def _each(change: Callable[[Json], None], *kinds: str) -> Callable[[list[Json]], list[Json]]:
    def changed(resources: list[Json]) -> list[Json]:
        for one in resources:
            if not kinds or one["resourceType"] in kinds:
                change(one)
        return resources

    return changed


def _codings(content: Any) -> Iterator[Json]:
    if isinstance(content, dict):
        if "code" in content and "system" in content:
            yield content
        for inner in content.values():
            yield from _codings(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _codings(inner)


def _dated(content: Any, change: Callable[[str], str]) -> None:
    if isinstance(content, list):
        for inner in content:
            _dated(inner, change)
    elif isinstance(content, dict):
        for name, inner in content.items():
            if name in _DATES and isinstance(inner, str):
                content[name] = change(inner)
            else:
                _dated(inner, change)


def _of_another(one: Json) -> None:
    if "subject" in one:
        one["subject"] = {"reference": "Patient/another"}


def _aliased(one: Json) -> None:
    for coding in _codings(one):
        coding["system"] = _ALIASES.get(coding["system"], coding["system"])


def _undotted(one: Json) -> None:
    for coding in _codings(one):
        coding["code"] = coding["code"].replace(".", "").lower() if "icd-10" in coding["system"] else coding["code"]


def _displayed(display: str) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        for coding in _codings(one):
            coding["display"] = display

    return change


def _bare(one: Json) -> None:
    for coding in _codings(one):
        coding.pop("display", None)


def _status(status: str) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        one["status"] = status

    return change


def _beside(*more: Json) -> Callable[[list[Json]], list[Json]]:
    def changed(resources: list[Json]) -> list[Json]:
        patient = next((one["id"] for one in resources if one["resourceType"] == "Patient"), "?")
        added = [
            {"id": f"beside-{n}", **one, "subject": {"reference": f"Patient/{patient}"}} for n, one in enumerate(more)
        ]
        return [*resources, *added]

    return changed


def _condition(system: str, code: str, **more: Any) -> Json:
    return {"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}, **more}


def _result(code: str, status: str = "final", **more: Any) -> Json:
    coding = {"system": "http://loinc.org", "code": code}
    return {"resourceType": "Observation", "status": status, "code": {"coding": [coding]}, **more}


def _marked(code: str, element: str, system: str) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        one[element] = {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}

    return change


def _remarked(one: Json) -> None:
    if one["resourceType"] != "Patient":
        one["note"] = [{"text": "Corrected: entered on the wrong patient."}]


def _named(text: str, **more: Any) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": text}, **more}


def _of_nothing(one: Json) -> None:
    one["dosage"] = {"dose": {"value": 0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}


def _at_no_rate(one: Json) -> None:
    one["dosage"] = {"rateQuantity": {"value": 0, "unit": "mL/h"}}


def _labelled(where: str) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        one["meta"] = {where: [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}

    return change


def _ruled(one: Json) -> None:
    one["implicitRules"] = "https://example.org/rules"


def _not_taken(one: Json) -> None:
    one["extension"] = [
        {"url": "http://hl7.org/fhir/3.0/StructureDefinition/extension-MedicationStatement.taken", "valueCode": "n"}
    ]


def _not_dispensed(one: Json) -> None:
    is_order = one["resourceType"] == "MedicationRequest"
    one["statusReason" if is_order else "statusReasonCodeableConcept"] = {"text": "Never dispensed"}


_ICD = "http://hl7.org/fhir/sid/icd-10-cm"
_NEGATIVE = {"coding": [{"system": "http://snomed.info/sct", "code": "260385009"}]}
CHANGES: Mapping[str, Callable[[list[Json]], list[Json]]] = MappingProxyType(
    {
        "all is another patient's": _each(_of_another),
        "systems spelled otherwise": _each(_aliased),
        "ICD codes without dots": _each(_undotted),
        "no displays": _each(_bare),
        "displays of a drug": _each(_displayed("Rituximab 10 MG/ML")),
        "displays of a score": _each(_displayed("1+")),
        "results preliminary": _each(_status("preliminary"), "Observation"),
        "results withdrawn": _each(_status("entered-in-error"), "Observation"),
        "prescriptions on hold": _each(_status("on-hold"), "MedicationRequest", "MedicationAdministration"),
        "diagnoses unconfirmed": _each(
            _marked("unconfirmed", "verificationStatus", "condition-ver-status"), "Condition"
        ),
        "diagnoses in remission": _each(_marked("remission", "clinicalStatus", "condition-clinical"), "Condition"),
        "diagnoses in relapse": _each(_marked("relapse", "clinicalStatus", "condition-clinical"), "Condition"),
        "a year later": _each(lambda one: _dated(one, lambda day: f"{int(day[:4]) + 1}{day[4:]}")),
        "dated to the month": _each(lambda one: _dated(one, lambda day: day[:7])),
        "dated to the year": _each(lambda one: _dated(one, lambda day: day[:4])),
        "told twice": lambda resources: [
            *resources,
            *(copy.deepcopy(one) for one in resources if one["resourceType"] != "Patient"),
        ],
        "another cancer": _beside(_condition(_ICD, "C34.11")),
        "a history of another cancer": _beside(_condition(_ICD, "Z85.118")),
        "breast cancer ruled out": _beside(
            _condition(_ICD, "C50911", verificationStatus={"coding": [{"code": "refuted"}]}),
        ),
        "an undated score of 1+": _beside(_result("85319-2", valueString="1+")),
        "a later negative ISH": _beside(
            _result("31150-6", valueCodeableConcept=_NEGATIVE, effectiveDateTime="2026-11-20")
        ),
        "a negative IHC as a component": _beside(
            _result(
                "100000-0",
                component=[
                    {"code": {"coding": [{"system": "http://loinc.org", "code": "85319-2"}]}, "valueString": "0"}
                ],
            ),
        ),
        "administrations of nothing": _each(_of_nothing, "MedicationAdministration"),
        "administrations at no rate": _each(_at_no_rate, "MedicationAdministration"),
        "a remark against each record": _each(_remarked),
        "all is test data": _each(_labelled("security")),
        "all is tagged as test data": _each(_labelled("tag")),
        "by rules that are not known": _each(_ruled),
        "statements of what was not taken": _each(_not_taken, "MedicationStatement"),
        "nothing was dispensed": _each(_not_dispensed, "MedicationRequest", "MedicationDispense"),
        "a newer HER2 result named in words only": _beside(
            _named("HER2 by IHC", valueString="1+", effectiveDateTime="2026-11-20")
        ),
        "a newer ECOG named in words only": _beside(
            _named("ECOG performance status", valueInteger=4, effectiveDateTime="2026-11-21")
        ),
        "a newer ECOG of 4": _beside(_result("89247-1", valueInteger=4, effectiveDateTime="2026-11-21")),
        "an undated ECOG": _beside(_result("89247-1", valueInteger=1)),
    }
)


def _with(**further: Any) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        one.update(copy.deepcopy(further))

    return change


def _said(text: str) -> Callable[[Json], None]:
    """Put words beside the code of a record, or of its product."""

    def change(one: Json) -> None:
        for name in ("code", "medicationCodeableConcept"):
            if name in one:
                one[name]["text"] = text

    return change


def _quantity(change: Callable[[Json], object]) -> Callable[[Json], None]:
    def changed(one: Json) -> None:
        if "valueQuantity" in one:
            change(one["valueQuantity"])

    return changed


def _as_text(one: Json) -> None:
    if "valueQuantity" in one:
        amount = one.pop("valueQuantity")
        one["valueString"] = f"{amount['value']} {amount.get('unit', '')}"


def _as_component(one: Json) -> None:
    value = {name: one.pop(name) for name in ("valueQuantity", "valueCodeableConcept") if name in one}
    one["component"] = [{"code": one["code"], **value}]


def _reported(status: str) -> Callable[[list[Json]], list[Json]]:
    def changed(resources: list[Json]) -> list[Json]:
        named = [{"reference": f"Observation/{one['id']}"} for one in resources if one["resourceType"] == "Observation"]
        report = {"resourceType": "DiagnosticReport", "status": status, "code": {"text": "Report"}, "result": named}
        return _beside(report)(resources)

    return changed


def _newer(**further: Any) -> Callable[[list[Json]], list[Json]]:
    """Put a newer record beside each result, of the same name and without its code."""

    def changed(resources: list[Json]) -> list[Json]:
        found = []
        for one in resources:
            if one["resourceType"] == "Observation":
                named = [coding.get("display") for coding in one["code"].get("coding", ())]
                words = one["code"].get("text") or next(filter(None, named), "result")
                newer = {**copy.deepcopy(one), "id": f"newer-{one['id']}", "code": {"text": words}, **further}
                found.append({**newer, "effectiveDateTime": "2026-12-09"})
        return [*resources, *found]

    return changed


def _dosed(text: str) -> Callable[[Json], None]:
    def change(one: Json) -> None:
        one["dosageInstruction" if one["resourceType"] == "MedicationRequest" else "dosage"] = [{"text": text}]

    return change


def _stopped_for_more(one: Json) -> None:
    if "statusReason" in one:
        one["statusReason"].append({"text": "Treatment completed as planned"})


_COURSES = ("MedicationStatement", "MedicationRequest")
_TURNED = [{"url": "https://example.org/turned", "valueBoolean": True}]
GENERAL_CHANGES: Mapping[str, Callable[[list[Json]], list[Json]]] = MappingProxyType(
    {
        "results of a body site": _each(_with(bodySite={"text": "left forearm"}), "Observation"),
        "results of a specimen": _each(_with(specimen={"display": "Cerebrospinal fluid"}), "Observation"),
        "results by a method": _each(_with(method={"text": "estimated"}), "Observation"),
        "results of quality control": _each(_with(category=[{"text": "Quality control"}]), "Observation"),
        "results of a category": _each(
            _with(category=[{"coding": [{"code": "laboratory", "display": "Laboratory"}], "text": "Laboratory"}]),
            "Observation",
        ),
        "results named as a goal": _each(_said("Goal"), "Observation"),
        "results named of a donor": _each(_said("HbA1c of the donor"), "Observation"),
        "results named as another test": _each(_said("Creatinine"), "Observation"),
        "results issued later": _each(_with(issued="2031-01-01T00:00:00Z"), "Observation"),
        "results that turn round": _each(_with(modifierExtension=_TURNED), "Observation"),
        "results of a relative": _each(_with(focus=[{"reference": "RelatedPerson/1"}]), "Observation"),
        "results as text": _each(_as_text, "Observation"),
        "results as components": _each(_as_component, "Observation"),
        "results withdrawn by a report": _reported("entered-in-error"),
        "results of a report": _reported("final"),
        "newer results by name": _newer(),
        "newer results by name, preliminary": _newer(status="preliminary"),
        "numbers below": _each(_quantity(lambda one: one.update(comparator="<")), "Observation"),
        "numbers a hundred times as large": _each(
            _quantity(lambda one: one.update(value=one["value"] * 100)), "Observation"
        ),
        "numbers of four digits behind the point": _each(
            _quantity(lambda one: one.update(value=Decimal(str(one["value"])) + Decimal("0.0003"))), "Observation"
        ),
        "units in words alone": _each(
            _quantity(lambda one: one.update(unit=one.pop("code", one.get("unit")))), "Observation"
        ),
        "units in capital letters": _each(
            _quantity(lambda one: one.update(unit=str(one.pop("code", one.get("unit"))).upper())), "Observation"
        ),
        "units of another system": _each(_quantity(lambda one: one.update(system="urn:local")), "Observation"),
        "no units": _each(_quantity(lambda one: (one.pop("code", None), one.pop("unit", None))), "Observation"),
        "units that disagree": _each(_quantity(lambda one: one.update(unit="lb")), "Observation"),
        "a patient who turns round": _each(_with(modifierExtension=_TURNED), "Patient"),
        "a patient of the future": _each(_with(birthDate="2031-01-01"), "Patient"),
        "a patient born on a leap day": _each(_with(birthDate="2008-02-29"), "Patient"),
        "diagnoses of another site": _each(_with(bodySite=[{"text": "left knee"}]), "Condition"),
        "diagnoses abated": _each(_with(abatementDateTime="2026-01-01"), "Condition"),
        "diagnoses inactive": _each(_marked("inactive", "clinicalStatus", "condition-clinical"), "Condition"),
        "diagnoses whose status says two things": _each(
            _with(clinicalStatus={"coding": [{"code": "active"}], "text": "Resolved"}), "Condition"
        ),
        "diagnoses to be ruled out": _each(_said("Rule out"), "Condition"),
        "diagnoses of the family": _each(_with(category=[{"text": "Family history"}]), "Condition"),
        "diagnoses of the future": _each(_with(recordedDate="2031-01-01"), "Condition"),
        "diagnoses refuted too": lambda resources: [
            *resources,
            *(
                {**copy.deepcopy(one), "id": f"refuted-{at}", "verificationStatus": {"coding": [{"code": "refuted"}]}}
                for at, one in enumerate(resources)
                if one["resourceType"] == "Condition"
            ),
        ],
        "drugs held": _each(_dosed("HELD since May"), *_COURSES),
        "drugs of no dose": _each(
            lambda one: one.update(dosage=[{"doseAndRate": [{"doseQuantity": {"value": 0, "unit": "mg"}}]}]),
            "MedicationStatement",
        ),
        "drugs declined": _each(_said("declined by the patient"), *_COURSES),
        "drugs of another name": _each(_said("Rituximab"), *_COURSES),
        "drugs for another disease": _each(
            _with(reasonCode=[{"coding": [{"system": _ICD, "code": "C34.11"}]}]), *_COURSES
        ),
        "drugs that turn round": _each(_with(modifierExtension=_TURNED), *_COURSES),
        "drugs stopped for more": _each(_stopped_for_more, *_COURSES),
        "drugs begun again": lambda resources: [
            *resources,
            *(
                {
                    **copy.deepcopy(one),
                    "id": f"again-{at}",
                    "status": "active",
                    "effectivePeriod": {"start": "2026-12-01"},
                }
                for at, one in enumerate(resources)
                if one["resourceType"] == "MedicationStatement"
            ),
        ],
        "drugs noted after the order": _each(_with(dateAsserted="2031-01-01"), "MedicationStatement"),
    }
)
"""What turns records of the general kinds round, or seems to."""
