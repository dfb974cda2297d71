"""The kind `body_surface_area`: its examples, and what else a chart can hold of it."""

from policies.kinds.measurements import BODY_SURFACE_AREA
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {
    "tests": "body-surface-tests",
    "weights": "body-weight-tests",
    "heights": "body-height-tests",
    "unit": "m2",
    "within_days": 90,
}


@examples(BODY_SURFACE_AREA)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(BODY_SURFACE_AREA, WITH, example)
    assert read == told
