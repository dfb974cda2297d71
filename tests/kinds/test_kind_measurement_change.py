"""The kind `measurement_change`: its examples, and what else a chart can hold of it."""

from policies.kinds.changes import MEASUREMENT_CHANGE
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"tests": "body-weight-tests", "unit": "kg", "direction": "lower", "baseline_days": 90, "within_days": 90}


@examples(MEASUREMENT_CHANGE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(MEASUREMENT_CHANGE, WITH, example)
    assert read == told
