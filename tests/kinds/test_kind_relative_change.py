"""The kind `relative_change`: its examples, and what else a chart can hold of it."""

from typing import Any

import pytest

from policies.kinds.changes import RELATIVE_CHANGE
from policies.model.case_words import Example
from tests.kinds.general_kinds import Json, comes_to, days_ago, examples, found, quantity, result, said

WITH = {"tests": "ldl-tests", "unit": "%", "direction": "lower", "baseline_days": 90, "within_days": 90}


@examples(RELATIVE_CHANGE)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(RELATIVE_CHANGE, WITH, example)
    assert read == told


def ldl(value: float, days: int, unit: str = "mg/dL", **further: Any) -> Json:
    return result("13457-7", quantity(value, unit), days=days, name=f"of-{days}-{value}", **further)


def dose(days: int) -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "id": f"dose-{days}",
        "status": "completed",
        "subject": {"reference": "Patient/sketched"},
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2473851"}]
        },
        "effectiveDateTime": days_ago(days),
    }


def doses(first: int) -> list[Json]:
    """The first dose so many days ago, and a dose each month since."""
    return [dose(days) for days in range(first, 0, -30)]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([ldl(160, 110), *doses(100), ldl(80, 10)], "50 %"),
        ([ldl(160, 110), *doses(100), ldl(80.1, 10)], "49.9 - 50.0 %"),
        ([ldl(160, 110), *doses(100), ldl(79.9, 10)], "50.0 - 50.1 %"),
        ([ldl(160, 110), *doses(100), ldl(2.0688, 10, "mmol/L")], "unknown"),
        ([ldl(1600, 110, "mg/L"), *doses(100), ldl(80, 10)], "50 %"),
        ([ldl(80, 110), *doses(100), ldl(160, 10)], "-100 %"),
        ([ldl(160, 190), *doses(100), ldl(80, 10)], "50 %"),
        ([ldl(160, 191), *doses(100), ldl(80, 10)], "unknown"),
        ([ldl(160, 110), *doses(100), ldl(80, 90)], "50 %"),
        ([ldl(160, 190), *doses(180), ldl(80, 91)], "unknown"),
        ([ldl(160, 100), *doses(100), ldl(80, 10)], "50 %"),
        ([ldl(160, 99), *doses(100), ldl(80, 10)], "unknown"),
        ([ldl(200, 150), ldl(160, 110), *doses(100), ldl(120, 60), ldl(80, 10)], "50 %"),
        ([ldl(160, 110), ldl(170, 110), *doses(100), ldl(80, 10)], "unknown"),
        ([ldl(160, 110), *doses(100), ldl(80, 10, status="preliminary")], "unknown"),
        ([ldl(160, 110), *doses(100), ldl(80, 10), ldl(150, 5, status="preliminary")], "unknown"),
        ([ldl(160, 110, subject={"reference": "Patient/other"}), *doses(100), ldl(80, 10)], "unknown"),
        ([ldl(160, 110), ldl(80, 10)], "unknown"),
        ([*doses(100), ldl(80, 10)], "unknown"),
        ([ldl(160, 110), *doses(100)], "unknown"),
    ],
)
def test_the_newest_is_held_against_the_last_before_the_first_dose(resources: list[Json], expected: str) -> None:
    assert said(found(RELATIVE_CHANGE, WITH, resources)).split(": ")[0] == expected


def test_what_is_higher_is_asked_for_as_that() -> None:
    resources = [ldl(100, 110), *doses(100), ldl(112, 10)]
    assert said(found(RELATIVE_CHANGE, WITH | {"direction": "higher"}, resources)).startswith("12 %")
