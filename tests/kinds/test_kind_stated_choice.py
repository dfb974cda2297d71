"""The kind `stated_choice`: its examples, and what else a chart can hold of it."""

from policies.kinds.person import STATED_CHOICE
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {}


@examples(STATED_CHOICE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(STATED_CHOICE, WITH, example, options=["a neurologist", "another"])
    assert read == told
