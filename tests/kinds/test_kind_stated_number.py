"""The kind `stated_number`: its examples, and what else a chart can hold of it."""

from policies.kinds.person import STATED_NUMBER
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {}


@examples(STATED_NUMBER)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(STATED_NUMBER, WITH, example)
    assert read == told
