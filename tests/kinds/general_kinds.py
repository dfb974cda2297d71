"""Facts of general kinds in a policy of the tests: their examples, and resources as EHRs send them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pytest

from fhir_mappings.cases.drawn_case import chart_of
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather, wanted_codings
from fhir_mappings.proposals.fact_proposals import proposing
from fhir_mappings.wording import wording
from policies.building.draft import Draft
from policies.building.facts import facts
from policies.catalogue import Catalogue
from policies.files.yaml_source import parse
from policies.model.case_words import Example
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, Interval
from policies.model.policy import Policy
from policies.terminology import registry
from policies.terminology.registry import Terminology
from tests import world
from tests.kinds.example_runs import DAY, filled, in_words, read, stands_for

Json = dict[str, Any]
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
PATIENT = {"reference": "Patient/sketched"}
OF = "2026-11-30"
SETS = {
    "hba1c-tests": """
title: "HbA1c"
says: "Made for the tests."
named: [hba1c, "hemoglobin a1c", a1c]
scale:
  unit: "%"
  lowest: 2
  highest: 25
  also: [{unit: "mmol/mol", times: 0.09148, plus: 2.152, digits: 1, own_digits: 0, source: "the master equation"}]
codes: [{system: LOINC, code: "4548-4", display: "Hemoglobin A1c", confidence: verified, source: "the tests"}]
""",
    "hemoglobin-tests": """
title: "Hemoglobin"
says: "Made for the tests."
named: [hemoglobin]
not_named: [a1c, glycated]
scale: {unit: "g/dL", lowest: 1, highest: 30}
codes: [{system: LOINC, code: "718-7", display: "Hemoglobin", confidence: verified, source: "the tests"}]
""",
    "t-score-tests": """
title: "T-score"
says: "Made for the tests."
named: ["t-score"]
scale: {unit: "{T-score}", lowest: -8, highest: 8}
codes: [{system: LOINC, code: "80946-7", display: "T-score", confidence: verified, source: "the tests"}]
""",
    "ldl-tests": """
title: "LDL cholesterol"
says: "Made for the tests."
named: [ldl]
scale: {unit: "mg/dL", lowest: 5, highest: 900}
codes: [{system: LOINC, code: "13457-7", display: "LDL", confidence: verified, source: "the tests"}]
""",
    "body-surface-tests": """
title: "Body surface area"
says: "Made for the tests."
named: ["body surface area", bsa]
scale: {unit: "m2", lowest: 0.1, highest: 4}
codes: [{system: LOINC, code: "3140-1", display: "Body surface area", confidence: verified, source: "the tests"}]
""",
    "operations": """
title: "Transplants"
says: "Made for the tests."
named: [transplant]
codes: [{system: SNOMED, code: "77465005", display: "Transplantation", confidence: verified, source: "the tests"}]
""",
    "vaccines": """
title: "Meningococcal B vaccines"
says: "Made for the tests."
named: ["meningococcal b", menb]
codes: [{system: CVX, code: "163", display: "meningococcal B, OMV", confidence: verified, source: "the tests"}]
""",
}
"""Value sets of the tests, by name."""


@cache
def catalogue() -> Catalogue:
    """The world of the tests with the value sets above."""
    known = world.policies()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        systems = Path(world.own_folder()) / "value_sets" / "systems.yaml"
        (home / "systems.yaml").write_text(systems.read_text("utf-8"), "utf-8")
        for name, text in SETS.items():
            (home / f"{name}.{OF}.yaml").write_text(f"id: {name}\nversion: {OF}{text}", "utf-8")
        made = registry.load(home)
    words = known.terminology
    return Catalogue(known.all, Terminology(words.systems, {**words.sets, **made.sets}, words.drug_tables))


def policy_with(kind: Kind, given: Mapping[str, object], **further: object) -> Policy:
    """The policy for breast cancer with one fact of a kind; `further` are members of the fact."""
    known = catalogue()
    policy = known.versions("margetuximab").policies[-1]
    newest = dict(sorted(known.terminology.sets))
    pins = {**newest, **policy.value_sets}
    fact = {"what": "The result", "kind": kind.name, "with": dict(given), "ask": "Which?", **further}
    content = {"value_sets": pins, "facts": {"made": fact}, "definitions": {}}
    draft = Draft(replace(parse("made: true", "made.yaml"), content=content), known.terminology)
    built = facts(draft)
    assert draft.problems == []
    others = {name: one for name, one in policy.facts.items() if one.kind is not kind}
    return replace(policy, facts=MappingProxyType({**others, **built}), value_sets=MappingProxyType(pins))


def comes_to(kind: Kind, given: Mapping[str, object], example: Example, **further: object) -> tuple[str, str]:
    """What an example comes to, and what its record says."""
    policy = policy_with(kind, given, **further)
    fact = policy.facts["made"]
    places = {"<fact>": "made", "<codes>": code_of(policy, fact), **stands_for(policy, fact, catalogue())}
    drawn = Example(tuple(filled(line, places) for line in example.chart), example.comes_to)
    return read(policy, fact, drawn, catalogue()), filled(example.comes_to, places)


def code_of(policy: Policy, fact: Fact) -> str:
    name = fact.parameters.get("codes")
    if name is None:
        return ""
    known = catalogue().terminology.codes(str(name), policy.value_sets[str(name)])
    return next(f'"{one.code}"' for one in known.members if one.decides)


def examples(kind: Kind) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", kind.examples, ids=lambda one: f"{one.chart} {one.comes_to}")


def found(
    kind: Kind, given: Mapping[str, object], resources: Iterable[Json], *, proposed: bool = False, **further: object
) -> Finding:
    """What a fact of a kind comes to by resources, as EHRs send them."""
    policy = policy_with(kind, given, **further)
    fact = policy.facts["made"]
    person = {"resourceType": "Patient", "id": "sketched", "birthDate": "1958-04-17"}
    chart = chart_of([person, *resources], wanted_codings([policy], catalogue().terminology))
    reading = Reading(chart, policy, catalogue().terminology, OrderDate(DAY), CallDay(DAY))
    gathered = gather(reading, [fact])
    return proposing(reading, [fact], gathered)["made"] if proposed else gathered["made"]


def said(finding: Finding) -> str:
    """A finding's value in words, or its state; and its note."""
    value = finding.value.in_signs if isinstance(finding.value, Interval) else in_words(finding)
    return f"{value}: {wording().words(finding.note)}"


def days_ago(days: int) -> str:
    return (date.fromisoformat(str(DAY)) - timedelta(days=days)).isoformat()


def result(code: str, value: Json, *, days: int = 10, name: str = "one", **further: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": PATIENT,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": days_ago(days),
        **value,
        **further,
    }


def quantity(value: float, unit: str, **further: Any) -> Json:
    return {"valueQuantity": {"value": value, "system": UCUM, "code": unit, **further}}
