"""The kind `current_drug`: its examples, and what else a chart can hold of it."""

from policies.kinds.trials import CURRENT_DRUG
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"drugs": "margetuximab-partners"}


@examples(CURRENT_DRUG)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(CURRENT_DRUG, WITH, example)
    assert read == told
