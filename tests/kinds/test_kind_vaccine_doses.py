"""The kind `vaccine_doses`: its examples, and which doses of a chart count."""

import pytest

from policies.kinds.vaccinations import VACCINATION, VACCINE_DOSES
from policies.model.case_words import Example
from tests.kinds.general_kinds import Json, comes_to, examples, found, said
from tests.kinds.test_kind_vaccination import WITH, dose


def counted(*doses: Json) -> str:
    return said(found(VACCINE_DOSES, WITH, doses)).split(": ")[0]


@examples(VACCINE_DOSES)
def test_an_example_is_counted_as_the_kind_says(example: Example) -> None:
    read, expected = comes_to(VACCINE_DOSES, WITH, example)
    assert read == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [((30,), "1 or more"), ((30, 36), "1 or more"), ((30, 37), "2 or more"), ((30, 36, 37), "2 or more")],
)
def test_doses_of_a_week_apart_are_counted(days: tuple[int, ...], expected: str) -> None:
    assert counted(*(dose(one, f"d{one}") for one in days)) == expected


def test_a_dose_of_no_day_counts_once_where_no_time_is_asked_for() -> None:
    undated = dose(occurrenceDateTime=None)
    assert said(found(VACCINATION, {"codes": "vaccines"}, [undated])).startswith("yes")
    twice = (undated, dose(name="two", occurrenceDateTime=None))
    assert said(found(VACCINE_DOSES, {"codes": "vaccines"}, twice)).startswith("1 or more")


@pytest.mark.parametrize(
    "further", [{"status": "not-done"}, {"isSubpotent": True}, {"occurrenceDateTime": None}, {"patient": None}], ids=str
)
def test_what_is_not_sure_counts_nothing(further: Json) -> None:
    assert counted(dose(**further)) == "unknown"
    assert counted(dose(60, "sure"), dose(**further)) == "1 or more"
