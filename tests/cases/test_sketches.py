"""How diagnoses and results are drawn."""

from typing import Any

import pytest
from casebook_files import code_of, drawn, entry, only


def test_a_condition_has_its_code_date_course_and_certainty() -> None:
    found = only("condition", "breast cancer", on="2021-03-08", course="recurrence", certainty="provisional")
    assert (found["resourceType"], found["id"]) == ("Condition", "condition-2")
    assert found["subject"] == {"reference": "Patient/sketched"}
    assert code_of(found["code"]) == "C50.919"
    assert (found["onsetDateTime"], found["recordedDate"]) == ("2021-03-08", "2021-03-08")
    assert code_of(found["clinicalStatus"]) == "recurrence"
    assert code_of(found["verificationStatus"]) == "provisional"


def test_a_condition_is_active_unless_it_is_refuted_or_over() -> None:
    assert code_of(only("condition", "breast cancer")["clinicalStatus"]) == "active"
    assert "clinicalStatus" not in only("condition", "breast cancer", certainty="refuted")
    over = only("condition", "breast cancer", over_since="2022-01-01")
    assert ("clinicalStatus" in over, over["abatementDateTime"]) == (False, "2022-01-01")


@pytest.mark.parametrize(
    ("name", "system", "code"),
    [
        ("breast cancer", "SNOMED", "254837009"),
        ("multiple myeloma", "", "C90.00"),
        ("multiple myeloma", "SNOMED", "109989006"),
        ("C90.02", "", "C90.02"),
        ("Smoldering myeloma", "", "413587002"),
        ("Inflammatory carcinoma of breast", "", "254840009"),
    ],
)
def test_a_condition_is_found_by_plain_name_title_or_code(name: str, system: str, code: str) -> None:
    words = {"coded_as": system} if system else {}
    assert code_of(only("condition", name, **words)["code"]) == code


def test_a_condition_can_be_written_as_text() -> None:
    assert only("condition", "lung cancer", coded_as="text")["code"] == {"text": "lung cancer"}


def test_a_stage_can_stand_in_the_condition() -> None:
    assert code_of(only("condition", "breast cancer", staged="IV")["stage"][0]["summary"]) == "1222837003"


def test_a_resource_can_be_of_another_patient() -> None:
    found = only("condition", "breast cancer", of_another_patient="yes")
    assert found["subject"] == {"reference": "Patient/somebody-else"}


def test_a_family_history_is_of_a_relative() -> None:
    found = only("family history", "breast cancer", on="2019-02-01")
    assert (found["resourceType"], found["patient"]["reference"]) == ("FamilyMemberHistory", "Patient/sketched")
    assert found["relationship"] == {"text": "Mother"}


@pytest.mark.parametrize(
    ("site", "system", "code"),
    [
        ("bone", "", "C79.51"),
        ("bone", "SNOMED", "94222008"),
        ("axillary lymph nodes", "", "94181007"),
        ("C78.7", "", "C78.7"),
    ],
)
def test_a_metastasis_is_found_by_its_site(site: str, system: str, code: str) -> None:
    words = {"coded_as": system} if system else {}
    assert code_of(only("metastasis", site, **words)["code"]) == code


def test_a_metastasis_can_be_written_as_text() -> None:
    found = only("metastasis", "spleen", coded_as="text")
    assert found["code"] == {"text": "Secondary malignant neoplasm of spleen"}


def test_a_metastasis_can_name_its_primary_cancer() -> None:
    _, found = drawn(entry("condition", "breast cancer"), entry("metastasis", "bone", of="breast cancer"))
    assert found["extension"][0]["valueReference"] == {"reference": "Condition/condition-2"}


@pytest.mark.parametrize(
    ("value", "system", "test", "code"),
    [
        ("IV", "", "21908-9", "1222837003"),
        ("IV", "AJCC", "21908-9", "4"),
        ("M1", "", "21907-1", "1229903009"),
        ("M0", "AJCC", "21907-1", "M0"),
        ("4S", "", "21908-9", "261616001"),
    ],
)
def test_a_stage_is_a_result(value: str, system: str, test: str, code: str) -> None:
    words = {"coded_as": system} if system else {}
    found = only("stage", value, on="2022-05-16", **words)
    assert (found["status"], found["effectiveDateTime"]) == ("final", "2022-05-16")
    assert (code_of(found["code"]), code_of(found["valueCodeableConcept"])) == (test, code)


def test_a_stage_below_four_is_text_and_can_name_its_cancer() -> None:
    _, found = drawn(entry("condition", "breast cancer"), entry("stage", "IIA", of="breast cancer"))
    assert found["valueCodeableConcept"] == {"text": "Stage IIA"}
    assert found["focus"] == [{"reference": "Condition/condition-2"}]


@pytest.mark.parametrize(
    ("coded_as", "value"),
    [
        ("text", {"valueString": "3+"}),
        ("score", {"valueQuantity": {"value": 3, "unit": "{score}"}}),
        ("integer", {"valueInteger": 3}),
    ],
)
def test_an_ihc_score_can_be_a_text_or_a_number(coded_as: str, value: dict[str, Any]) -> None:
    found = only("her2 ihc", "3+", coded_as=coded_as, specimen="liver biopsy")
    assert found.items() >= value.items()
    assert (code_of(found["code"]), found["specimen"]) == ("85319-2", {"display": "liver biopsy"})


@pytest.mark.parametrize(
    ("said", "coded_as", "code"),
    [
        ("3+", "LOINC", "LA11843-2"),
        ("3+", "SNOMED", "260349009"),
        ("positive", "LOINC", "LA6576-8"),
        ("negative", "SNOMED", "260385009"),
        ("equivocal", "LOINC", "42425007"),
    ],
)
def test_an_ihc_result_can_be_coded(said: str, coded_as: str, code: str) -> None:
    assert code_of(only("her2 ihc", said, coded_as=coded_as)["valueCodeableConcept"]) == code


def test_an_ihc_score_can_stand_in_a_display_a_component_or_against_its_text() -> None:
    shown = only("her2 ihc", "2+", coded_as="display")["valueCodeableConcept"]["coding"][0]
    assert (shown["code"], shown["display"]) == ("42425007", "Equivocal (IHC 2+)")
    (component,) = only("her2 ihc", "3+", coded_as="component")["component"]
    assert code_of(component["valueCodeableConcept"]) == "LA11843-2"
    torn = only("her2 ihc", "3+", reported_as="HER2 1+")["valueCodeableConcept"]
    assert (code_of(torn), torn["text"]) == ("LA11843-2", "HER2 1+")


def test_an_ihc_range_is_text_whatever_is_said() -> None:
    assert only("her2 ihc", "2-3+")["valueString"] == "2-3+"


def test_ish_numbers_are_single_results_or_components_of_a_panel() -> None:
    words = {"ratio": "1.9", "copies": "4.0", "cep17": "2.1"}
    single = drawn(entry("her2 ish", "measured", **words))
    assert [code_of(one["code"]) for one in single] == ["49683-6", "74860-8", "74861-6"]
    (panel,) = drawn(entry("her2 ish", "measured", coded_as="component", **words))
    assert [code_of(one["code"]) for one in panel["component"]] == ["49683-6", "74860-8", "74861-6"]


def test_an_ish_ratio_can_be_a_ratio_a_bound_or_a_text() -> None:
    as_ratio = only("her2 ish", "measured", ratio="2.0", coded_as="ratio")["valueRatio"]
    assert (str(as_ratio["numerator"]["value"]), as_ratio["denominator"]) == ("2.0", {"value": 1})
    bounded = only("her2 ish", "measured", ratio=">=2.2")["valueQuantity"]
    assert (str(bounded["value"]), bounded["comparator"]) == ("2.2", ">=")
    assert only("her2 ish", "measured", ratio="2.0", coded_as="text")["valueString"] == "2.0"


def test_an_ish_word_can_stand_alone_or_beside_a_number() -> None:
    alone = only("her2 ish", "negative", coded_as="LOINC", reported_as="not amplified")["valueCodeableConcept"]
    assert (code_of(alone), alone["text"]) == ("LA6577-6", "not amplified")
    assert only("her2 ish", "positive", coded_as="text")["valueString"] == "positive"
    assert code_of(only("her2 ish", "negative", ratio="2.4")["interpretation"][0]) == "LA6577-6"


def test_other_her2_results_have_codes_of_their_own() -> None:
    assert code_of(only("her2 overall", "positive")["code"]) == "48676-1"
    assert code_of(only("serum her2", "positive")["code"]) == "32996-1"


@pytest.mark.parametrize(
    ("grade", "coded_as", "value"),
    [
        ("2", "integer", {"valueInteger": 2}),
        ("2", "quantity", {"valueQuantity": {"value": 2, "unit": "{score}"}}),
        ("2", "text", {"valueString": "ECOG 2"}),
        ("2-3", "LOINC", {"valueRange": {"low": {"value": 2}, "high": {"value": 3}}}),
    ],
)
def test_an_ecog_grade_can_be_a_number_a_text_or_a_range(grade: str, coded_as: str, value: dict[str, Any]) -> None:
    assert only("ecog", grade, coded_as=coded_as).items() >= value.items()


def test_a_performance_status_can_be_coded_or_karnofsky() -> None:
    assert code_of(only("ecog", "2")["valueCodeableConcept"]) == "LA9624-3"
    assert code_of(only("ecog", "2", coded_as="SNOMED")["valueCodeableConcept"]) == "422894000"
    assert code_of(only("karnofsky", "80")["code"]) == "89243-0"


def test_a_disease_status_is_found_by_plain_name_or_title() -> None:
    assert code_of(only("disease status", "progression")["valueCodeableConcept"]) == "271299001"
    assert code_of(only("disease status", "progression", coded_as="LOINC")["valueCodeableConcept"]) == "LA28370-7"
    assert code_of(only("disease status", "Partial response")["valueCodeableConcept"]) == "LA28369-9"
