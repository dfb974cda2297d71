"""The kind `result_count`: its examples, and what else a chart can hold of it."""

from typing import Any

import pytest

from policies.kinds.changes import RESULT_COUNT
from policies.model.case_words import Example
from tests.kinds.general_kinds import Json, comes_to, days_ago, examples, found, quantity, result, said

WITH = {"tests": "body-weight-tests", "unit": "kg", "within_days": 90, "results_at_least": 80}


@examples(RESULT_COUNT)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(RESULT_COUNT, WITH, example)
    assert read == told


HEMOGLOBIN = {"tests": "hemoglobin-tests", "unit": "g/dL", "within_days": 90, "results_below": 10}


def hb(value: float, days: int, unit: str = "g/dL", **further: Any) -> Json:
    return result("718-7", quantity(value, unit), days=days, name=f"of-{days}-{value}", **further)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([hb(9.9, 10), hb(9, 20)], "2 or more"),
        ([hb(9.9, 10), hb(10, 20)], "1 or more"),
        ([hb(99, 10, "g/L"), hb(100, 20, "g/L")], "1 or more"),
        ([hb(9, 90), hb(9, 91)], "1 or more"),
        ([hb(9, 10), hb(8, 10)], "1 or more"),
        ([hb(9, 10), hb(9, 20, status="preliminary")], "1 or more"),
        ([hb(9, 10), {**hb(9, 20), "effectiveDateTime": days_ago(20)[:7]}], "1 or more"),
        ([{**hb(9, 40), "effectiveDateTime": days_ago(40)[:7]}], "1 or more"),
        ([hb(9, 10), hb(9, 20, "mmol/L")], "1 or more"),
        ([hb(10, 10)], "unknown"),
        ([], "unknown"),
    ],
)
def test_days_with_a_result_that_is_surely_so_are_counted(results: list[Json], expected: str) -> None:
    assert said(found(RESULT_COUNT, HEMOGLOBIN, results)).split(": ")[0] == expected


def test_two_figures_hold_together_and_without_one_any_result_counts() -> None:
    results = [hb(8, 10), hb(11, 20), hb(14, 30)]
    between = {name: one for name, one in HEMOGLOBIN.items() if name != "results_below"}
    assert said(found(RESULT_COUNT, between, results)).startswith("3 or more")
    limits = between | {"results_above": 8, "results_at_most": 11}
    assert said(found(RESULT_COUNT, limits, results)).startswith("1 or more")
