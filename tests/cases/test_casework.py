"""What a case says when the outcome differs, and the report of many."""

from dataclasses import replace

import pytest
from casebook_files import case_of, catalogue_on_file

from fhir_mappings.cases import case_runner
from fhir_mappings.cases.case_runner import Result
from fhir_mappings.cases.mutation_trials import run_cases

BASE = "case: A sentence, order: {drug: margetuximab, on: 2026-06-01}, patient: [a patient]"


def result_of(rest: str) -> Result:
    return run_cases([case_of(f"{{{BASE}, {rest}}}")], catalogue_on_file()).results[0]


def test_a_case_that_comes_out_has_no_differences() -> None:
    result = result_of("expect: {ruling: unknown, request: initial, criteria: {diagnosis.breast-cancer: met}}")
    assert (result.passed, result.differences) == (True, ())
    assert result.judgement is not None


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (
            "expect: {ruling: met}",
            "expected the ruling met, but it is unknown: diagnosis.extent is unknown (The chart does not say.); her2",
        ),
        (
            "answered: {breast_cancer: no}, expect: {ruling: met, conflicts: [breast_cancer]}",
            "expected the ruling met, but it is not-met: diagnosis.breast-cancer is not-met (",
        ),
        (
            "expect: {ruling: unknown, request: continuation}",
            "expected the request to be continuation, but it is taken as initial",
        ),
        (
            "expect: {ruling: unknown, criteria: {diagnosis.breast-cancer: not-met}}",
            "expected diagnosis.breast-cancer not-met, but it is met: Malignant neoplasm",
        ),
        (
            "expect: {ruling: unknown, criteria: {her2-positive: met}}",
            "expected her2-positive met, but it is unknown: her2-positive.ihc is unknown (The chart does",
        ),
        (
            "expect: {ruling: unknown, criteria: {continuation.response: met}}",
            "continuation.response is no criterion of this request",
        ),
        (
            "expect: {ruling: unknown, evidence: {diagnosis.breast-cancer: 2}}",
            "expected evidence for diagnosis.breast-cancer: 2, but it is 1: ",
        ),
        (
            "expect: {ruling: unknown, notes: {diagnosis.extent: liver}}",
            "expected diagnosis.extent to say 'liver', but it says 'The chart does not say.'",
        ),
        (
            "expect: {ruling: unknown, unsaid: {diagnosis.extent: chart}}",
            "expected diagnosis.extent not to say 'chart', but it says 'The chart does not say.'",
        ),
        (
            "chart: [{her2 ihc: 3+}, {her2 ihc: 0}], expect: {ruling: unknown}",
            "the sources for her2_ihc_score contradict each other, which the case does not say: Two results",
        ),
        (
            "expect: {ruling: unknown, conflicts: [breast_cancer]}",
            "expected contradicting sources for breast_cancer, but there are none",
        ),
        ("expect: {ruling: unknown, asks: []}", "disease_extent is asked, which the case does not say: The chart does"),
        (
            "expect: {ruling: unknown, asks: [breast_cancer]}",
            "expected the question breast_cancer, but it is not asked: diagnosis.breast-cancer is met (Malignant",
        ),
        (
            "chart: [{prescribed: lapatinib, status: completed, on: 2024-01-08}], expect: {ruling: unknown}",
            "prior-anti-her2.count rests on weak evidence, which the case does not say: lapatinib prescribed",
        ),
        (
            "expect: {ruling: unknown, weak: [diagnosis.breast-cancer]}",
            "expected diagnosis.breast-cancer to rest on weak evidence, but it does not: Malignant",
        ),
        (
            "expect: {outcome: no policy}",
            "expected of the order: no policy covers the product, but: judged by a policy",
        ),
        (
            "chart: [{condition: brest cancer}], expect: {ruling: unknown}",
            "the case cannot be drawn: cases/test.yaml:6: the terminology knows no 'brest cancer'; did you mean",
        ),
    ],
)
def test_a_difference_is_told_in_plain_words(rest: str, told: str) -> None:
    result = result_of(rest)
    assert not result.passed
    assert any(told in text for text in result.differences), result.differences


def test_an_answer_stands_in_the_place_of_the_chart() -> None:
    result = result_of("answered: {breast_cancer: no}, expect: {ruling: not-met, conflicts: [breast_cancer]}")
    assert result.passed


def test_a_criterion_that_is_decided_on_nothing_is_told() -> None:
    judgement = result_of("expect: {ruling: unknown}").judgement
    assert judgement is not None
    assert judgement.ruling is not None
    assert list(case_runner.decided_on_nothing(judgement, judgement.ruling)) == []
    bare = replace(judgement.ruling, reasons=tuple(one._replace(evidence=()) for one in judgement.ruling.reasons))
    told = list(case_runner.decided_on_nothing(judgement, bare))
    assert told == [
        f"{name} is met, and nothing proves it: nothing speaks for or against"
        for name in ("order.patient-living", "diagnosis.breast-cancer")
    ]


def test_the_report_has_a_line_a_case_the_failures_explained_and_a_sum() -> None:
    good = result_of("expect: {ruling: unknown}")
    bad = result_of("expect: {ruling: met}")
    assert case_runner.report([good, bad]).splitlines() == [
        "ok    A sentence",
        "FAIL  A sentence",
        "      cases/test.yaml:6",
        f"      - {bad.differences[0]}",
        "2 cases, 1 failed",
    ]
    assert case_runner.report([]) == "0 cases, 0 failed"
