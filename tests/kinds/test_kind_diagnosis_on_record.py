"""The kind `diagnosis_on_record`: its examples, and what else a chart can hold of it."""

import pytest

from policies.kinds.conditions import DIAGNOSIS_ON_RECORD
from policies.model.case_words import Example
from tests.kinds.general_kinds import PATIENT, Json, comes_to, days_ago, examples, found, said

WITH = {"codes": "multiple-myeloma", "state": "current"}


@examples(DIAGNOSIS_ON_RECORD)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(DIAGNOSIS_ON_RECORD, WITH, example)
    assert read == told


PRESUMED = WITH | {"absent": "presumed", "source": "section B of the document"}


def diagnosis(days: int = 400, **further: object) -> Json:
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C90.00"}]}
    begun = {"onsetDateTime": days_ago(days)}
    return {"resourceType": "Condition", "id": "one", "subject": PATIENT, "code": code, **begun, **further}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "no: Nothing on record shows it, and the policy takes that for absence: section B of the document."),
        ([diagnosis()], "yes"),
        ([diagnosis(verificationStatus={"coding": [{"code": "provisional"}]})], "unknown"),
        ([diagnosis(code={"text": "Suspected multiple myeloma"})], "unknown"),
        ([diagnosis(modifierExtension=[{"url": "urn:x"}])], "unknown"),
        ([{"resourceType": "Condition", "id": "odd", "subject": PATIENT, "code": "no code"}], "unknown"),
        ([diagnosis(subject={"reference": "Patient/other"})], "no"),
    ],
)
def test_absence_is_presumed_only_where_nothing_at_all_speaks_for_it(records: list[Json], expected: str) -> None:
    assert said(found(DIAGNOSIS_ON_RECORD, PRESUMED, records)).startswith(expected)
    asked = said(found(DIAGNOSIS_ON_RECORD, WITH, records))
    assert asked.startswith("yes" if expected == "yes" else "unknown")


@pytest.mark.parametrize(("days", "expected"), [(365, "yes"), (364, "unknown")])
def test_a_diagnosis_is_known_for_so_long(days: int, expected: str) -> None:
    assert said(found(DIAGNOSIS_ON_RECORD, WITH | {"at_least_days": 365}, [diagnosis(days)])).startswith(expected)


@pytest.mark.parametrize(("days", "expected"), [(30, "yes"), (31, "unknown")])
def test_a_diagnosis_began_within_a_time(days: int, expected: str) -> None:
    assert said(found(DIAGNOSIS_ON_RECORD, WITH | {"within_days": 30}, [diagnosis(days)])).startswith(expected)
