"""What the logic reads of a chart, as data requirements: a type, and where codes matter the value set that holds them.

Source: FHIR R4, DataRequirement. Nothing is asked for that no question needs (DTR 2.2.0, sec-3). All diagnoses are:
another cancer on file decides whose a result or a treatment is. Which types say what was given or taken stands in the
table of all that is read (`fhir_mappings.r4.searches`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_mappings.cql.shipped import Logic
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.publication.value_sets import canonical
from fhir_mappings.r4.searches import DRUG_RECORDS
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.terminology.registry import DRUG_TABLE

Json = dict[str, Any]


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
    for fact, written in _logics(logic):
        for name, parameter in fact.kind.parameters.items():
            if written.reads_tests and parameter is Parameter.TESTS and name in fact.parameters:
                yield _set(logic, str(fact.parameters[name]))


def _drugs(logic: Logic) -> Iterator[NeededSet]:
    for fact in logic.facts:
        for name, parameter in fact.kind.parameters.items():
            if parameter is Parameter.DRUGS:
                yield _set(logic, str(fact.parameters[name]))
    if any(written.reads_ordered_drug for _, written in _logics(logic)):
        drug = logic.codes.drugs.by_id[logic.policy.figures.product.drug]
        yield NeededSet(f"drug-{drug.id}", logic.policy.value_sets[DRUG_TABLE], drug.name.capitalize())


def _set(logic: Logic, name: str) -> NeededSet:
    return NeededSet(name, logic.policy.value_sets[name], logic.codes.title(name))


def _logics(logic: Logic) -> Iterator[tuple[Fact, PopulationLogic]]:
    for fact in logic.facts:
        written = FHIR_KINDS[fact.kind].logic
        if written is not None:
            yield fact, written


def _observations(logic: Logic, base: str) -> Iterator[Json]:
    for one in dict.fromkeys(_tests(logic)):
        yield _coded("Observation", "code", canonical(base, one.name, one.version))


def _treatments(logic: Logic, base: str) -> Iterator[Json]:
    for kind in DRUG_RECORDS:
        for one in dict.fromkeys(_drugs(logic)):
            yield _coded(kind, "medication", canonical(base, one.name, one.version))
    for name in dict.fromkeys(name for _, written in _logics(logic) for name in written.types):
        yield {"type": name}


def _coded(kind: str, path: str, value_set: str) -> Json:
    return {"type": kind, "codeFilter": [{"path": path, "valueSet": value_set}]}
