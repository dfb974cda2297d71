"""The kind `coded_result`: its examples, and what else a chart can hold of it."""

from policies.kinds.measurements import CODED_RESULT
from policies.model.case_words import Example
from tests.kinds.general_kinds import comes_to, examples

WITH = {"tests": "pregnancy-tests", "values": "result-words", "within_days": 90}


@examples(CODED_RESULT)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(
        CODED_RESULT, WITH, example, options=["positive", "negative", "indeterminate", "not tested", "equivocal"]
    )
    assert read == told
