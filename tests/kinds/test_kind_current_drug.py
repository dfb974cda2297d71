"""The kind `current_drug`: its examples, and what else a chart can hold of it."""

from typing import Any

import pytest

from policies.kinds.trials import CURRENT_DRUG
from policies.model.case_words import Example
from tests.kinds.general_kinds import PATIENT, Json, catalogue, comes_to, days_ago, examples, found, quantity, said

WITH = {"drugs": "margetuximab-partners"}


@examples(CURRENT_DRUG)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(CURRENT_DRUG, WITH, example)
    assert read == told


def statement(begun: int, *, ended: int | None = None, daily: float | None = None) -> Json:
    """A statement that a drug of the class is being taken, since so many days, with a daily dose in mg."""
    code = next(one for one in catalogue().drugs.by_id["capecitabine"].codes if one.confidence == "verified")
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    doses = [{"doseQuantity": quantity(daily, "mg")["valueQuantity"]}] if daily is not None else []
    return {
        "resourceType": "MedicationStatement",
        "id": "one",
        "status": "active",
        "subject": PATIENT,
        "medicationCodeableConcept": {"coding": [{"system": code.system.uri, "code": code.code}]},
        "effectivePeriod": {"start": days_ago(begun), **({"end": days_ago(ended)} if ended is not None else {})},
        **({"dosage": [{"timing": timing, "doseAndRate": doses}]} if doses else {}),
    }


@pytest.mark.parametrize(
    ("given", "record", "expected"),
    [
        ({"at_least_days": 84}, statement(84), "yes"),
        ({"at_least_days": 84}, statement(83), "unknown"),
        ({"at_least_days": 84, "within_days": 90}, statement(91), "unknown"),
        ({"at_least_days": 84, "within_days": 90}, statement(90), "yes"),
        ({"at_least_days": 84}, statement(200, ended=1), "unknown"),
        ({"at_least_mg_a_day": 80}, statement(84, daily=80), "yes"),
        ({"at_least_mg_a_day": 80}, statement(84, daily=40), "unknown"),
        ({"at_least_mg_a_day": 80}, statement(84), "unknown"),
    ],
)
def test_how_long_and_at_which_dose_it_is_taken(given: dict[str, Any], record: Json, expected: str) -> None:
    assert said(found(CURRENT_DRUG, WITH | given, [record])).split(": ")[0] == expected
