"""The kind `vaccination`: its examples, and what else a chart can hold of it."""

from typing import Any

import pytest

from policies.kinds.treatment import DRUG_GIVEN
from policies.kinds.vaccinations import VACCINATION
from policies.model.case_words import Example
from policies.model.findings import State
from tests.kinds.general_kinds import Json, comes_to, days_ago, examples, found, said

WITH = {"codes": "vaccines", "at_least_days": 14, "within_days": 1095}
CVX, ORIGIN = "http://hl7.org/fhir/sid/cvx", "http://terminology.hl7.org/CodeSystem/immunization-origin"


def dose(days: int = 30, name: str = "one", **further: Any) -> Json:
    made = {
        "resourceType": "Immunization",
        "id": name,
        "status": "completed",
        "patient": {"reference": "Patient/sketched"},
        "vaccineCode": {"coding": [{"system": CVX, "code": "163"}]},
        "occurrenceDateTime": days_ago(days),
    }
    return {member: value for member, value in (made | further).items() if value is not None}


def comes(*doses: Json) -> str:
    return said(found(VACCINATION, WITH, doses)).split(": ")[0]


@examples(VACCINATION)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, expected = comes_to(VACCINATION, WITH, example)
    assert read == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(14, "yes"), (13, "unknown"), (0, "unknown"), (1095, "yes"), (1096, "unknown")]
)
def test_both_sides_of_each_figure(days: int, expected: str) -> None:
    assert comes(dose(days)) == expected


@pytest.mark.parametrize(
    "further",
    [
        {"status": "not-done"},
        {"status": "entered-in-error"},
        {"status": "in-progress"},
        {"status": None},
        {"statusReason": {"text": "Patient declined"}},
        {"isSubpotent": True},
        {"isSubpotent": "yes"},
        {"reportOrigin": {"coding": [{"system": ORIGIN, "code": "recall"}]}},
        {"vaccineCode": {"coding": [{"system": CVX, "code": "114"}]}},
        {"vaccineCode": {"coding": [{"system": CVX, "code": "163"}], "text": "MenB vaccine declined"}},
        {"vaccineCode": {"coding": [{"system": "urn:a-clinic", "code": "163"}]}},
        {"vaccineCode": {"text": "MenB"}},
        {"vaccineCode": None},
        {"occurrenceDateTime": None},
        {"occurrenceDateTime": None, "occurrenceString": "last spring"},
        {"occurrenceDateTime": days_ago(-3)},
        {"occurrenceDateTime": "someday"},
        {"recorded": days_ago(-3)},
        {"patient": {"reference": "Patient/other"}},
        {"patient": None},
        {"modifierExtension": [{"url": "urn:odd", "valueBoolean": True}]},
        {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}},
        {"note": [{"text": "Entered in error, was not given"}]},
        {"notGiven": True},
    ],
    ids=str,
)
def test_what_is_not_sure_proves_nothing(further: Json) -> None:
    assert comes(dose(**further)) == "unknown"


@pytest.mark.parametrize(
    "further",
    [
        {"primarySource": False, "reportOrigin": {"coding": [{"system": ORIGIN, "code": "provider"}]}},
        {"isSubpotent": False},
        {"recorded": days_ago(29)},
        {"vaccineCode": {"coding": [{"system": "urn:oid:2.16.840.1.113883.12.292", "code": "163"}]}},
        {"vaccineCode": {"coding": [{"system": "urn:a-clinic", "code": "7"}, {"system": CVX, "code": "163"}]}},
        {"occurrenceDateTime": days_ago(60)[:7]},
        {"note": [{"text": "Left deltoid"}]},
    ],
    ids=str,
)
def test_what_a_registry_or_a_clinic_sends_proves(further: Json) -> None:
    assert comes(dose(**further)) == "yes"


@pytest.mark.parametrize(
    ("further", "is_asked"),
    [
        ({"vaccineCode": {"text": "MenB (Bexsero)"}}, True),
        ({"occurrenceDateTime": None}, True),
        ({"isSubpotent": True}, False),
        ({"reportOrigin": {"coding": [{"system": ORIGIN, "code": "recall"}]}}, True),
        ({"occurrenceDateTime": days_ago(3)}, False),
        ({"occurrenceDateTime": days_ago(2000)}, False),
        ({"vaccineCode": {"text": "MenB: not given, patient refused"}}, False),
        ({"vaccineCode": {"text": "MenB"}, "status": "not-done"}, False),
    ],
    ids=str,
)
def test_what_may_be_so_is_one_click_away_and_what_is_not_is_not_asked(further: Json, *, is_asked: bool) -> None:
    finding = found(VACCINATION, WITH, [dose(**further)], proposed=True)
    assert finding.state is State.UNKNOWN
    assert [one.means for one in finding.proposed] == ([True] if is_asked else [])


def test_a_vaccination_is_no_treatment() -> None:
    """A vaccine is never taken for a drug that was given."""
    given = dose(vaccineCode={"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "224905"}]})
    assert said(found(DRUG_GIVEN, {"drugs": "anti-her2-drugs"}, [given])).startswith("unknown")
