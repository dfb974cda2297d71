"""A chart that is written otherwise is judged as before; a record that lost its say meets nothing."""

import copy
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from fhir_mappings.cases.case_runner import Drawn, chart_of, draw_case, judged
from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.disease.diagnoses import word
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.r4.resources import CodeableConcept, Coding
from fhir_mappings.sketches.names import Names
from fhir_mappings.wording import wording
from policies import catalogue
from policies.catalogue import Catalogue
from policies.evaluation.ruling import Reason
from policies.model.findings import Evidence, Role
from policies.model.truth import Truth
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests.metamorphic.changes import LOST, SAME, Json

_CHARTS = Path(__file__).parent.parent / "charts" / "cases"
_SHORT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def on_file() -> Catalogue:
    return catalogue.load()


@cache
def cases() -> tuple[Case, ...]:
    return (*reader.load(on_file()), *reader.load(on_file(), _CHARTS))


def resources_of(case: Case) -> list[Json]:
    return draw(case.chart, Names(on_file(), on_file().versions(case.policy).policies[-1]))


def reasons(case: Case, resources: list[Json]) -> tuple[Reason, ...]:
    policies = on_file().versions(case.policy).policies
    drawn = draw_case(case, on_file())
    chart = chart_of(resources, on_file(), policies)
    judgement = judged(Drawn(case, chart, drawn.orders, drawn.codes), Judge(on_file(), wording())).judgement
    return judgement.ruling.reasons if judgement is not None and judgement.ruling is not None else ()


def shown(found: tuple[Reason, ...]) -> dict[str, tuple[Truth, frozenset[Evidence]]]:
    return {one.criterion.id: (one.truth, frozenset(one.evidence)) for one in found}


@pytest.mark.parametrize("name", SAME)
@seed(20260701)
@_SHORT
@given(number=st.integers(0, 10_000), random=st.randoms(use_true_random=False))
def test_the_same_said_otherwise_is_judged_the_same(name: str, number: int, random: Random) -> None:
    case = cases()[number % len(cases())]
    resources = resources_of(case)
    changed = SAME[name](copy.deepcopy(resources), random)
    assert shown(reasons(case, changed)) == shown(reasons(case, resources)), f"{case.place} {case.title}"


@pytest.mark.parametrize("name", LOST)
@seed(20260702)
@_SHORT
@given(number=st.integers(0, 10_000), random=st.randoms(use_true_random=False))
def test_what_lost_its_say_meets_nothing(name: str, number: int, random: Random) -> None:
    case = cases()[number % len(cases())]
    resources = resources_of(case)
    changed = LOST[name](copy.deepcopy(resources), random)
    lost = {_named(one) for one in resources if one not in changed and one["resourceType"] != "Patient"}
    met = [one for one in reasons(case, changed) if one.truth is Truth.MET]
    rests = {item.reference for one in met for item in one.evidence if item.role is Role.FOR}
    assert not rests & lost, f"{case.place} {case.title}"


def test_each_change_changes_a_chart_and_each_loss_takes_met_criteria_away() -> None:
    met = dict.fromkeys(LOST, False)
    changes = dict.fromkeys(SAME, False)
    for case in cases()[:: len(cases()) // 20]:
        resources = resources_of(case)
        before = {one.criterion.id for one in reasons(case, resources) if one.truth is Truth.MET}
        for name, change in LOST.items():
            after = reasons(case, change(copy.deepcopy(resources), Random(1)))
            met[name] |= bool(before - {one.criterion.id for one in after if one.truth is Truth.MET})
        for name, change in SAME.items():
            changes[name] |= str(change(copy.deepcopy(resources), Random(1))) != str(resources)
    assert all(met.values())
    assert all(changes.values())


def _named(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


@pytest.mark.parametrize("code", ["active", "relapse", "resolved", "remission", "confirmed", "refuted"])
def test_a_status_is_read_by_the_code_that_fhir_defines_wherever_it_stands(code: str) -> None:
    own, local = Coding("http://terminology.hl7.org/CodeSystem/condition-clinical", code), Coding("urn:oid:1.2.3", "A7")
    assert word(CodeableConcept((local, own))) == word(CodeableConcept((own, local))) == code
    assert word(CodeableConcept((local,))) == "a7"
