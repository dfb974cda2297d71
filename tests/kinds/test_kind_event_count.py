"""The kind `event_count`: its examples, and what else a chart can hold of it."""

from policies.kinds.conditions import EVENT_COUNT
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"codes": "multiple-myeloma", "within_days": 365}


@examples(EVENT_COUNT)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(EVENT_COUNT, WITH, example)
    assert read == told
