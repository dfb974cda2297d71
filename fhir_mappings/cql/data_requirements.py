"""What the logic reads of a chart, as data requirements: a type, and where codes matter the value set that holds them.

Source: FHIR R4, DataRequirement. Nothing is asked for that no question needs (DTR 2.2.0, sec-3). All diagnoses are:
another cancer on file decides whose a result or a treatment is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_mappings.cql.shipped import Logic
from fhir_mappings.publication.value_sets import canonical
from policies.model.fact_kinds import Parameter
from policies.terminology.registry import DRUG_TABLE

Json = dict[str, Any]
_MEDICATIONS = ("MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement")
_TESTS = frozenset({"tests", "stage_tests", "status_tests"})
"""The parameters that name Observations; the others name what stands in one."""


def requirements(logic: Logic, base: str) -> list[Json]:
    """Return the data requirements of the logic of a policy; `base` is our own base URL."""
    return [{"type": "Patient"}, {"type": "Condition"}, *_observations(logic, base), *_treatments(logic, base)]


@dataclass(frozen=True, slots=True)
class NeededSet:
    """A value set that the requirements name: its id, version and title."""

    name: str
    version: str
    title: str


def value_sets_of(logic: Logic) -> tuple[NeededSet, ...]:
    """Return the value sets that the requirements name, each once."""
    return tuple(dict.fromkeys((*_tests(logic), *_drugs(logic))))


def _tests(logic: Logic) -> Iterator[NeededSet]:
    for fact in logic.facts:
        if fact.kind.name != "relapse":
            for name, parameter in fact.kind.parameters.items():
                if parameter is Parameter.CODES and name in _TESTS:
                    yield _set(logic, str(fact.parameters[name]))


def _drugs(logic: Logic) -> Iterator[NeededSet]:
    for fact in logic.facts:
        if fact.kind.name in {"drug_given", "combination_partner"}:
            yield _set(logic, str(fact.parameters["drugs"]))
    if _has(logic, "progression_on_therapy") or _has(logic, "intolerance"):
        drug = logic.codes.drugs.by_id[logic.policy.figures.product.drug]
        yield NeededSet(f"drug-{drug.id}", logic.policy.value_sets[DRUG_TABLE], drug.name.capitalize())


def _set(logic: Logic, name: str) -> NeededSet:
    return NeededSet(name, logic.policy.value_sets[name], logic.codes.title(name))


def _has(logic: Logic, kind: str) -> bool:
    return any(fact.kind.name == kind for fact in logic.facts)


def _observations(logic: Logic, base: str) -> Iterator[Json]:
    for one in dict.fromkeys(_tests(logic)):
        yield _coded("Observation", "code", canonical(base, one.name, one.version))


def _treatments(logic: Logic, base: str) -> Iterator[Json]:
    for kind in _MEDICATIONS:
        for one in dict.fromkeys(_drugs(logic)):
            yield _coded(kind, "medication", canonical(base, one.name, one.version))
    if _has(logic, "progression_on_therapy"):
        yield {"type": "DiagnosticReport"}
        yield {"type": "ImagingStudy"}


def _coded(kind: str, path: str, value_set: str) -> Json:
    return {"type": kind, "codeFilter": [{"path": path, "valueSet": value_set}]}
