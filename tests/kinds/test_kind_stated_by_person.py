"""The kind `stated_by_person`: its examples, and what else a chart can hold of it."""

from policies.kinds.person import STATED_BY_PERSON
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {}


@examples(STATED_BY_PERSON)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(STATED_BY_PERSON, WITH, example)
    assert read == told
