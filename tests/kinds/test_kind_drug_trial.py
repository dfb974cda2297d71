"""The kind `drug_trial`: its examples, and what else a chart can hold of it."""

from policies.kinds.trials import DRUG_TRIAL
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"drugs": "margetuximab-partners", "at_least_days": 90, "within_days": 1825, "reasons": "stop-reasons"}


@examples(DRUG_TRIAL)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(DRUG_TRIAL, WITH, example)
    assert read == told
