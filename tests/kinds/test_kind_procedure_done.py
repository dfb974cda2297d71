"""The kind `procedure_done`: its examples, and what else a chart can hold of it."""

import pytest

from policies.kinds.conditions import PROCEDURE_DONE
from policies.model.case_words import Example
from tests.kinds.general_kinds import PATIENT, comes_to, days_ago, examples, found, said

WITH = {"codes": "operations", "within_days": 90}


@examples(PROCEDURE_DONE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(PROCEDURE_DONE, WITH, example)
    assert read == told


@pytest.mark.parametrize(("days", "expected"), [(14, "yes"), (13, "unknown"), (90, "yes"), (91, "unknown")])
def test_it_can_be_asked_to_lie_so_far_back(days: int, expected: str) -> None:
    done = {
        "resourceType": "Procedure",
        "id": "one",
        "status": "completed",
        "subject": PATIENT,
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "77465005"}]},
        "performedDateTime": days_ago(days),
    }
    assert said(found(PROCEDURE_DONE, WITH | {"at_least_days": 14}, [done])).split(": ")[0] == expected
