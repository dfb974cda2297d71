"""The kind `body_mass_index`: its examples, and what else a chart can hold of it."""

from policies.kinds.measurements import BODY_MASS_INDEX
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {
    "tests": "body-mass-index-tests",
    "weights": "body-weight-tests",
    "heights": "body-height-tests",
    "unit": "kg/m2",
    "within_days": 90,
}


@examples(BODY_MASS_INDEX)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(BODY_MASS_INDEX, WITH, example)
    assert read == told
