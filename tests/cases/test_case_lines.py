"""The table of lines in a case: held in both directions, and told in plain words where it differs."""

import pytest
from casebook_files import HEAD, case_of, catalogue_on_file, faults_of

from fhir_mappings.cases.case_runner import Result
from fhir_mappings.cases.mutation_trials import run_cases

CHART = "chart: [{given: trastuzumab, on: 2022-01-01}, {given: eribulin, from: 2022-06-01, to: 2022-08-03, every: 21}]"
ONE = "{from: 2022-01-01, drugs: [trastuzumab], setting: unknown, begins: first treatment}"
TWO = "{from: 2022-06-01, to: 2022-08-03, drugs: [eribulin], setting: unknown, begins: new drug}"
MISSING = "2023-01-01 to 2023-01-01: capecitabine + tucatinib (progression)"
TOLD = (
    "2022-01-01 to 2022-01-01: trastuzumab, unknown (first treatment); "
    "2022-06-01 to 2022-08-03: eribulin, unknown (new drug)"
)


def result_of(expected: str, chart: str = CHART) -> Result:
    base = "case: A sentence, order: {drug: margetuximab, on: 2026-06-01}, patient: [a patient]"
    return run_cases(
        [case_of(f"{{{base}, {chart}, expect: {{ruling: unknown, {expected}}}}}")], catalogue_on_file()
    ).results[0]


def test_a_table_that_is_as_expected_has_no_differences() -> None:
    assert result_of(f"lines: [{ONE}, {TWO}]").differences == ()


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (
            f"lines: [{ONE}]",
            ["there is the line 2022-06-01 to 2022-08-03: eribulin, unknown (new drug), which the case does not say"],
        ),
        (
            f"lines: [{ONE}, {TWO}, {{from: 2023-01-01, drugs: [tucatinib, capecitabine], begins: progression}}]",
            [f"expected the line {MISSING}, which is not there"],
        ),
        (
            f"lines: [{TWO}, {ONE}]",
            [f"the order of each line is another: {TOLD}"],
        ),
        (
            f"lines: [{ONE}, {TWO}], possible: [{{drug: tucatinib, because: undated}}]",
            ["expected the possible line no date: tucatinib (undated), which is not there"],
        ),
    ],
)
def test_a_table_that_is_another_is_told_line_by_line(expected: str, told: list[str]) -> None:
    assert list(result_of(expected).differences) == told


@pytest.mark.parametrize(
    "other",
    [
        ONE.replace("unknown", "metastatic"),
        ONE.replace("first treatment", "progression"),
        ONE.replace("2022-01-01,", "2022-01-01, to: 2022-02-01,"),
        ONE.replace("[trastuzumab]", "[trastuzumab, pertuzumab]"),
        ONE.replace("[trastuzumab]", "[trastuzumab], may include: [pertuzumab]"),
    ],
)
def test_every_column_is_held(other: str) -> None:
    assert len(result_of(f"lines: [{other}, {TWO}]").differences) == 2


def test_what_may_be_a_line_must_be_said_too() -> None:
    chart = "chart: [{given: trastuzumab, on: 2022-01-01}, {taken: letrozole, from: 2022-03-01}]"
    line = (
        "{from: 2022-01-01, to: 2022-03-01, drugs: [trastuzumab, letrozole], setting: unknown, begins: first treatment}"
    )
    (told,) = result_of(f"lines: [{line}]", chart).differences
    assert told == "there is the possible line 2022-03-01: letrozole (added), which the case does not say"


def test_a_request_that_counts_no_lines_has_no_table() -> None:
    chart = "chart: [{given: margetuximab, from: 2026-01-01, to: 2026-05-01, every: 21}]"
    (told,) = result_of("lines: []", chart).differences
    assert told == "a table of lines is expected, but this request counts no lines"


def test_possible_lines_alone_are_a_fault() -> None:
    entry = "{case: A sentence, order: {drug: margetuximab, on: 2026-06-01}, expect: {ruling: unknown, possible: []}}"
    (fault,) = faults_of(f"{HEAD}  - {entry}")
    assert "'possible' stands without 'lines'" in fault
