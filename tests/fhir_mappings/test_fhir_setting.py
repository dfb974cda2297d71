"""In which setting a therapy was given: readings 13 and 14."""

import pytest
from fhir_charts import (
    SNOMED,
    Json,
    coded,
    concept,
    condition,
    counted,
    finding,
    given,
    judged,
    metastatic,
    observation,
    prescribed,
    reasons,
    taken,
    truths,
)

from policies.model.findings import Role, State

METASTATIC, ADVANCED = "prior_anti_her2_therapies_metastatic", "prior_lines_advanced"
SINCE = "2021-06-01"


@pytest.mark.parametrize(("start", "number"), [("2021-05-31", 0), ("2021-06-01", 1), ("2022-01-01", 1)])
def test_a_line_counts_from_the_first_proof_of_advanced_disease(start: str, number: int) -> None:
    assert counted(METASTATIC, condition(), metastatic(SINCE), given("trastuzumab", start)) == number


def test_the_earliest_proof_speaks() -> None:
    proofs = [metastatic("2023-01-01"), metastatic(SINCE)]
    assert counted(METASTATIC, condition(), *proofs, given("trastuzumab", "2022-01-01")) == 1


def test_the_onset_goes_before_the_recorded_date() -> None:
    late = condition("C78.7", onsetDateTime=SINCE, recordedDate="2025-01-01")
    assert counted(METASTATIC, condition(), late, given("trastuzumab", "2022-01-01")) == 1
    recorded = condition("C78.7", recordedDate=SINCE)
    assert counted(METASTATIC, condition(), recorded, given("trastuzumab", "2022-01-01")) == 1


def test_a_stage_result_is_dated_by_itself() -> None:
    stage = observation("21908-9", coded("258228008"), on=SINCE)
    assert counted(METASTATIC, condition(), stage, given("trastuzumab", "2022-01-01")) == 1


def test_a_stage_in_the_diagnosis_is_dated_by_its_assessment_only() -> None:
    def staged(*assessed: Json) -> Json:
        stage = {"summary": concept("258228008", SNOMED), "assessment": list(assessed)}
        return condition(onsetDateTime="2015-01-01", stage=[stage])

    assessment = observation("21908-9", on=SINCE)
    dated = staged({"reference": f"Observation/{assessment['id']}"})
    therapy = given("trastuzumab", "2022-01-01")
    assert counted(METASTATIC, dated, assessment, therapy) == 1
    assert counted(METASTATIC, staged(), therapy) == 0


@pytest.mark.parametrize(("proof", "number"), [("2021", 0), ("2020", 1), ("2021-02", 1), ("2021-07", 0)])
def test_a_proof_dated_to_the_month_or_year_must_lie_before_on_every_day(proof: str, number: int) -> None:
    assert counted(METASTATIC, condition(), metastatic(proof), given("trastuzumab", "2021-07-15")) == number


def test_an_undated_proof_names_the_lines_that_were_found_and_why_they_do_not_count() -> None:
    found = finding(METASTATIC, condition(), metastatic(None), given("trastuzumab", "2022-01-01"))
    assert found.state is State.UNKNOWN
    assert "trastuzumab from 2022-01-01" in found.note
    assert "no date from which the disease was advanced" in found.note
    assert "proves none" not in found.note
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


def test_lines_before_the_proof_are_named_with_the_reason() -> None:
    found = finding(METASTATIC, condition(), metastatic(SINCE), given("trastuzumab", "2019-01-01"))
    assert found.state is State.UNKNOWN
    assert found.note == (
        "Given, but begun before the first proof of advanced disease (2021-06-01), and so not counted here: "
        "trastuzumab from 2019-01-01."
    )
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


def test_lines_before_the_proof_are_named_beside_those_that_count() -> None:
    records = [given("trastuzumab", "2019-01-01"), given("trastuzumab-deruxtecan", "2022-01-01")]
    found = finding(METASTATIC, condition(), metastatic(SINCE), *records)
    assert "The chart proves 1: fam-trastuzumab deruxtecan (T-DXd) from 2022-01-01." in found.note
    assert "trastuzumab from 2019-01-01" in found.note
    assert [one.role for one in found.evidence] == [Role.FOR, Role.POSSIBLE]


def test_without_any_line_the_setting_is_named_as_open() -> None:
    note = finding(METASTATIC, condition()).note
    assert note.startswith("The chart proves none.")
    assert "the setting cannot be determined" in note


def test_with_a_dated_proof_and_no_line_there_is_nothing_to_name() -> None:
    assert finding(METASTATIC, condition(), metastatic(SINCE)).note == "The chart proves none."


def test_an_adjuvant_therapy_counts_for_the_number_only() -> None:
    found = [condition(), metastatic(SINCE), given("trastuzumab", "2018-01-01")]
    assert counted("prior_anti_her2_therapies", *found) == 1
    assert counted(METASTATIC, *found) == 0


def test_an_adjuvant_drug_that_is_given_again_for_advanced_disease_is_a_line_of_it() -> None:
    records = [given("trastuzumab", "2018-01-01"), given("trastuzumab", "2022-01-01")]
    assert counted(METASTATIC, condition(), metastatic(SINCE), *records) == 1


def test_endocrine_therapy_counts_as_a_line_only_for_advanced_disease() -> None:
    assert counted(ADVANCED, condition(), metastatic(SINCE), taken("letrozole", "2021-07-01")) == 1
    assert counted(ADVANCED, condition(), metastatic(SINCE), taken("letrozole", "2018-07-01")) == 0


LINES = [
    given("docetaxel", "2021-07-01"),
    given("trastuzumab", "2021-07-01"),
    given("trastuzumab-emtansine", "2022-07-01"),
]


def test_exactly_two_lines_leave_the_fourth_line_open_and_name_them() -> None:
    found = judged(condition(), metastatic(SINCE), *LINES)
    outcome = truths(found)
    assert outcome["prior-anti-her2.count"] == outcome["prior-anti-her2.metastatic"] == "met"
    assert outcome["prior-anti-her2.fourth-line"] == "unknown"
    note = reasons(found)["prior-anti-her2.fourth-line"].note
    assert note == (
        "The chart proves 2: docetaxel + trastuzumab from 2021-07-01; "
        "ado-trastuzumab emtansine (T-DM1) from 2022-07-01."
    )


def test_three_lines_are_fourth_line_now() -> None:
    found = judged(condition(), metastatic(SINCE), *LINES, given("eribulin", "2023-07-01"))
    assert truths(found)["prior-anti-her2"] == "met"


def test_a_third_line_in_words_proves_nothing() -> None:
    third = prescribed(
        "eribulin", "2023-07-01", status="active", note=[{"text": "third line"}], category=[{"text": "3L"}]
    )
    assert truths(judged(condition(), metastatic(SINCE), *LINES, third))["prior-anti-her2.fourth-line"] == "unknown"
