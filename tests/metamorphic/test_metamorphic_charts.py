"""A chart that is written otherwise is judged as before; a record that lost its say meets nothing."""

import copy
from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from fhir_mappings.clinical.values import Coding, Concept
from fhir_mappings.r4.status_rules import word
from policies.evaluation.ruling import Reason
from policies.model.findings import Evidence, Role
from policies.model.truth import Truth
from tests.metamorphic.changes import LOST, SAME
from tests.metamorphic.judging import cases, met, named, reasons, resources_of
from tests.metamorphic.trials import NEWER, trial
from tests.metamorphic.turned_further import EVERY

_SHORT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


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
    lost = {named(one) for one in resources if one not in changed and one["resourceType"] != "Patient"}
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


@pytest.mark.parametrize("kind", [*EVERY, NEWER])
def test_no_change_that_turns_a_record_round_leaves_it_proof(kind: str) -> None:
    chance = Random(f"20260703 {kind}")
    assert not [told for _ in range(12) if (told := trial(kind, chance))]


def test_each_change_of_a_record_is_about_some_record_that_counts() -> None:
    every = {case.policy: case for case in reversed(cases()) if case.expect.ruling is Truth.MET}
    left = set(EVERY)
    for case in every.values():
        resources = resources_of(case)
        rests = frozenset[str]().union(*met(reasons(case, resources)).values())
        counted = [one for one in resources if named(one) in rests and one["resourceType"] != "Patient"]
        left -= {kind for kind, turn in EVERY.items() for one in counted if turn(one, Random(1)) is not None}
    assert not left


@pytest.mark.parametrize("code", ["active", "relapse", "resolved", "remission", "confirmed", "refuted"])
def test_a_status_is_read_by_the_code_that_fhir_defines_wherever_it_stands(code: str) -> None:
    own, local = Coding("http://terminology.hl7.org/CodeSystem/condition-clinical", code), Coding("urn:oid:1.2.3", "A7")
    assert word(Concept((local, own))) == word(Concept((own, local))) == code
    assert word(Concept((local,))) == "a7"
