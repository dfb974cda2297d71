"""The kind `procedure_done`: its examples, and what else a chart can hold of it."""

from policies.kinds.conditions import PROCEDURE_DONE
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"codes": "operations", "within_days": 90}


@examples(PROCEDURE_DONE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(PROCEDURE_DONE, WITH, example)
    assert read == told
