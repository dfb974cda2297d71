"""The kind `patient_age`: its examples, and what else a chart can hold of it."""

from policies.kinds.person import PATIENT_AGE
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"counted_in": "years"}


@examples(PATIENT_AGE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(PATIENT_AGE, WITH, example)
    assert read == told
