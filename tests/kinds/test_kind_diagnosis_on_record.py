"""The kind `diagnosis_on_record`: its examples, and what else a chart can hold of it."""

from policies.kinds.conditions import DIAGNOSIS_ON_RECORD
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"codes": "multiple-myeloma", "state": "current"}


@examples(DIAGNOSIS_ON_RECORD)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(DIAGNOSIS_ON_RECORD, WITH, example)
    assert read == told
