"""Whose a finding or a treatment is: readings 6 to 9, 13 and 18."""

import pytest
from fhir_charts import (
    ICD,
    MYELOMA,
    SNOMED,
    Json,
    coded,
    concept,
    condition,
    counted,
    finding,
    given,
    metastatic,
    observation,
    prescribed,
    progression,
    taken,
)

from fhir_mappings.r4.references import PatientIdentity
from policies.model.findings import Role, State

LINES = "prior_lines"


def for_reason(code: str, system: str = SNOMED, **words: str) -> list[Json]:
    reason = {"reasonCode": [concept(code, system, **words)]}
    return [condition("C90.00"), given("daratumumab", "2022-01-01", **reason)]


@pytest.mark.parametrize(
    "reason",
    [
        ("23132008", SNOMED, "AL amyloidosis"),
        ("69896004", SNOMED, "Rheumatoid arthritis"),
        ("399068003", SNOMED, ""),
        ("E85.81", ICD, ""),
        ("413587002", SNOMED, "Smoldering myeloma"),
    ],
)
def test_a_reason_coded_as_another_disease_makes_a_therapy_only_possible(reason: tuple[str, str, str]) -> None:
    code, system, display = reason
    found = finding(LINES, *for_reason(code, system, display=display), drug=MYELOMA)
    assert found.state is State.UNKNOWN
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


@pytest.mark.parametrize(
    "reason",
    [
        ("367336001", SNOMED, "Chemotherapy"),
        ("94222008", SNOMED, "Secondary malignant neoplasm of bone"),
        ("94222008", "urn:local", "bones"),
        ("Z51.11", ICD, ""),
    ],
)
def test_a_reason_that_names_no_other_disease_leaves_a_therapy_with_the_only_cancer(
    reason: tuple[str, str, str],
) -> None:
    code, system, display = reason
    assert counted(LINES, *for_reason(code, system, display=display), drug=MYELOMA) == 1


@pytest.mark.parametrize("code", ["314955001", "1081561000119108", "1081551000119106", "1082701000112100"])
def test_recurrent_and_locally_advanced_breast_cancer_is_breast_cancer(code: str) -> None:
    assert finding("breast_cancer", condition(code, SNOMED)).value is True


def test_a_code_with_a_wrong_check_digit_proves_nothing() -> None:
    assert finding("breast_cancer", condition("1080161000119100", SNOMED)).state is State.UNKNOWN


def test_local_advance_is_not_told_as_recurrence() -> None:
    note = finding("disease_extent", condition("1082701000112100", SNOMED)).note
    assert note.startswith("Local advance is on record, but not whether it can be resected: Locally advanced breast")


@pytest.mark.parametrize(
    ("code", "display"), [("95210003", "Plasma cell leukemia"), ("440422002", "Asymptomatic multiple myeloma")]
)
def test_a_forerunner_or_form_of_myeloma_is_no_other_cancer(code: str, display: str) -> None:
    other = condition(code, SNOMED, code=concept(code, SNOMED, display=display))
    assert counted(LINES, condition("C90.00"), other, given("daratumumab", "2022-01-01"), drug=MYELOMA) == 1


@pytest.mark.parametrize("code", ["278052009", "254844000"])
def test_another_cancer_of_the_breast_may_own_a_therapy(code: str) -> None:
    records = [condition(), condition(code, SNOMED), given("trastuzumab", "2022-01-01")]
    assert finding("prior_anti_her2_therapies", *records).state is State.UNKNOWN


def test_one_form_of_myeloma_that_was_ruled_out_leaves_the_diagnosis_open_and_is_shown() -> None:
    found = finding("multiple_myeloma", condition("C90.00", verified="refuted"), drug=MYELOMA)
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "leaves the others open" in found.note


@pytest.mark.parametrize("verified", ["confirmed", None])
def test_another_cancer_on_file_is_named_where_the_disease_is_not(verified: str | None) -> None:
    found = finding("breast_cancer", condition("C18.9", verified=verified))
    assert (found.state, found.evidence) == (State.UNKNOWN, ())
    assert found.note.startswith("The chart does not say. Another cancer is on record: C18.9")


def test_a_cancer_that_is_merely_considered_is_not_named() -> None:
    assert finding("breast_cancer", condition("C18.9", verified="provisional")).note == "The chart does not say."


def test_an_adjuvant_record_may_be_no_further_line_for_advanced_disease() -> None:
    records = [
        given("trastuzumab", "2019-01-01"),
        taken("letrozole", "2019-09-01"),
        prescribed("lapatinib", "2019-06-01", status="stopped"),
        prescribed("tucatinib", "2024-01-01", status="stopped"),
    ]
    note = finding("prior_lines_advanced", condition(), metastatic("2022-01-01"), *records).note
    assert "May be a further one: tucatinib prescribed (stopped)" in note
    assert "and so no further one for it: lapatinib prescribed (stopped)" in note
    assert note.count("letrozole") == 1


def test_an_adjuvant_record_may_be_a_further_anti_her2_therapy() -> None:
    records = [given("trastuzumab", "2019-01-01"), prescribed("lapatinib", "2019-06-01", status="stopped")]
    note = finding("prior_anti_her2_therapies", condition(), metastatic("2022-01-01"), *records).note
    assert "May be a further one: lapatinib" in note


def test_codes_without_a_display_are_shown_by_what_they_mean() -> None:
    stage = finding("disease_extent", condition(), observation("21908-9", coded("258228008")))
    assert [one.summary for one in stage.evidence] == ["Stage: Stage 4"]
    status = finding(
        "progression_on_therapy", condition(), given("margetuximab", "2026-09-01"), progression("2026-10-01")
    )
    assert [one.summary for one in status.evidence] == ["Disease status: Patient's condition worsened"]


COUNT = "prior_anti_her2_therapies"


@pytest.mark.parametrize("words", ["Breast cancer", "HER2-positive breast cancer, right", "first line"])
def test_a_reason_in_words_only_leaves_a_therapy_with_the_only_cancer(words: str) -> None:
    assert counted(COUNT, condition(), given("trastuzumab", "2022-01-01", reasonCode=[{"text": words}])) == 1


@pytest.mark.parametrize("words", ["gastric cancer", "Adenocarcinoma of the lung"])
def test_another_cancer_as_a_reason_in_words_only_makes_a_therapy_possible(words: str) -> None:
    found = finding(COUNT, condition(), given("trastuzumab", "2022-01-01", reasonCode=[{"text": words}]))
    assert (found.state, [one.role for one in found.evidence]) == (State.UNKNOWN, [Role.POSSIBLE])


def test_the_disease_in_words_is_no_other_cancer_on_file() -> None:
    spoken = condition("", code={"text": "Breast cancer, left"}, id="spoken")
    assert counted(COUNT, condition(), spoken, given("trastuzumab", "2022-01-01")) == 1
    one = given("trastuzumab", "2022-01-01", reasonReference=[{"reference": "Condition/spoken"}])
    assert [each.role for each in finding(COUNT, condition(), spoken, one).evidence] == [Role.POSSIBLE]


@pytest.mark.parametrize("broken", ["http://[x/Patient/p", "http://x:y/Patient/p", "http://[::1/Patient/p"])
def test_a_reference_that_is_no_url_is_to_nobody_and_a_server_that_is_none_is_nowhere(broken: str) -> None:
    assert not PatientIdentity("p", "https://ehr.example.org/fhir").is_patient(broken)
    assert not PatientIdentity("p", broken).is_patient("https://ehr.example.org/fhir/Patient/p")
    assert PatientIdentity("p", broken).is_patient("Patient/p")
