"""Whole patients: what the chart proves nobody has to type, and nothing is asked that stands there in code.

And over all charts: nothing is met without proof, or not met without contrary proof. That nothing is decided without
any record at all is told by `fhir_mappings.cases.case_runner` for every case of the project.
"""

import pytest
from charts_on_file import HERE, charts, expected_of, is_judged, leaves, of_file, result_of, size_of
from expert import stands_in_code

from fhir_mappings.cases import case_runner
from policies.model.truth import Truth
from policies.testcases.casebook import Case

PATIENTS = ("margetuximab-patients.yaml", "elranatamab-patients.yaml")
LEAST_SHARE = 0.7
"""The least share of criteria that these charts prove or disprove by themselves; what it is, docs/charts.md says."""


def patients() -> list[Case]:
    return [case for name in PATIENTS for case in of_file(name)]


@pytest.mark.parametrize("case", patients(), ids=lambda case: f"{case.policy}: {case.sentence}")
def test_patient(case: Case) -> None:
    result = result_of(case)
    if not result.passed:
        pytest.fail(case_runner.report([result]), pytrace=False)


@pytest.mark.parametrize("case", patients(), ids=lambda case: case.sentence)
def test_every_criterion_of_a_patient_is_judged_as_an_expert_does(case: Case) -> None:
    told = {reason.criterion.id: reason.truth.value for reason in leaves(case)}
    assert told == {name: expected_of(case, name).value for name in told}


@pytest.mark.parametrize("case", patients(), ids=lambda case: case.sentence)
def test_no_question_is_asked_whose_answer_stands_in_the_chart_in_code(case: Case) -> None:
    assert case.expect.asks is not None
    ruling = result_of(case).judgement.ruling if result_of(case).judgement else None
    assert ruling is not None
    assert [question.fact.name for question in ruling.questions if stands_in_code(question.fact.name, case)] == []


@pytest.mark.parametrize("name", PATIENTS)
def test_there_are_patients_enough_and_their_charts_are_large(name: str) -> None:
    found = of_file(name)
    sizes = [size_of(case) for case in found]
    assert len(found) >= 10
    assert min(sizes) >= 8
    assert sum(sizes) / len(sizes) >= 40


@pytest.mark.parametrize("policy", ["elranatamab", "margetuximab"])
def test_no_chart_has_an_unsafe_error(policy: str) -> None:
    unsafe = [
        (case.sentence, one.criterion.id, one.truth.value)
        for case in charts()
        if case.policy == policy and is_judged(case)
        for one in leaves(case)
        if one.truth is not Truth.UNKNOWN and one.truth is not expected_of(case, one.criterion.id)
    ]
    assert unsafe == []


def test_what_nobody_has_to_type_is_reported_as_it_is() -> None:
    page = (HERE.parent.parent / "docs" / "charts.md").read_text(encoding="utf-8")
    for name in PATIENTS:
        found = [reason for case in of_file(name) for reason in leaves(case)]
        settled = sum(reason.truth is not Truth.UNKNOWN for reason in found)
        figures = f"{len(of_file(name))} | {len(found)} | {settled} | {settled / len(found):.0%}"
        row = f"| {name.partition('-')[0]} | {figures} |"
        assert row in page, f"docs/charts.md should say: {row}"
        assert settled / len(found) >= LEAST_SHARE
