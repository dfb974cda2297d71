"""A newer result of another test, whose name holds that of a fact's test, leaves the fact known."""

from typing import Any

import pytest

from policies.kinds.measurements import MEASUREMENT
from policies.model.findings import State
from tests.kinds.general_kinds import LOINC, found, quantity, result

WITH = {"tests": "hemoglobin-tests", "unit": "g/dL", "within_days": 90}
READ_BY_ANOTHER_FACT = "85319-2"


def after(text: str, code: str = "0-0", **further: Any) -> State:
    """What the fact comes to by a result that counts, with a newer one under a code and a text."""
    counted = result("718-7", quantity(9.5, "g/dL"), days=20, name="counted")
    named = {"code": {"coding": [{"system": LOINC, "code": code}], "text": text}, **quantity(7.1, "%"), **further}
    return found(MEASUREMENT, WITH, [counted, result(code, {}, days=3, name="newer") | named]).state


@pytest.mark.parametrize("text", ["Hemoglobin A1c/Hemoglobin.total in Blood", "Glycated hemoglobin", "HEMOGLOBIN A1C"])
def test_a_name_that_the_value_set_gives_to_another_test_is_none(text: str) -> None:
    assert after(text) is State.KNOWN


@pytest.mark.parametrize("text", ["Hemoglobin", "Hemoglobin in venous blood", "Hemoglobin, aglycated"])
def test_any_other_name_may_be_of_a_newer_result(text: str) -> None:
    assert after(text) is State.UNKNOWN


def test_the_name_of_another_test_in_one_part_covers_no_other_part() -> None:
    parts = [
        {"code": {"text": "Hemoglobin A1c"}, **quantity(7.1, "%")},
        {"code": {"text": "Hemoglobin"}, **quantity(11.0, "g/dL")},
    ]
    assert after("Blood panel", component=parts[:1]) is State.KNOWN
    assert after("Blood panel", component=parts) is State.UNKNOWN


def test_a_code_by_which_another_fact_is_read_is_of_another_test() -> None:
    assert after("Hemoglobin beside it") is State.UNKNOWN
    assert after("Hemoglobin beside it", READ_BY_ANOTHER_FACT) is State.KNOWN
