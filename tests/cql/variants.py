"""Charts that were tampered with, so that the logic meets what no case draws: spellings, doubts, contradictions.

Each variant changes one thing of a chart in all of its resources. What the mapping makes of it is asked of the mapping.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tests.cql.charts_to_run import Json, Run, all_runs

_EACH = 37
"""Every how many charts one is varied."""

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
    changes = list(CHANGES.items())
    for number, run in enumerate(all_runs()):
        if number % _EACH == 0:
            for name, change in changes:
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
