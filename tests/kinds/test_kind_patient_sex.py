"""The kind `patient_sex`: its examples, and what else a chart can hold of it."""

from policies.kinds.person import PATIENT_SEX
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {}


@examples(PATIENT_SEX)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(PATIENT_SEX, WITH, example, options=["female", "male"])
    assert read == told
