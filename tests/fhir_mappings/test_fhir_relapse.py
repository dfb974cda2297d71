"""Relapsed or refractory myeloma: reading 9."""

import pytest
from fhir_charts import (
    ICD,
    LOINC,
    MYELOMA,
    SNOMED,
    Json,
    before,
    coded,
    concept,
    condition,
    finding,
    given,
    judged,
    observation,
    prescribed,
    progression,
    reasons,
    resource,
    taken,
    truths,
)

from policies.model.findings import Finding, Role, State


def relapse(*values: Json) -> Finding:
    return finding("relapsed_or_refractory", *values, drug=MYELOMA)


LINE = given("daratumumab", "2022-01-01")


def test_the_code_of_relapse_states_it() -> None:
    assert relapse(condition("C90.02")).value is True


@pytest.mark.parametrize("clinical", ["relapse", "recurrence"])
def test_the_clinical_status_states_it(clinical: str) -> None:
    found = relapse(condition("C90.00", clinical=clinical))
    assert found.value is True
    assert f"(clinical status: {clinical})" in found.evidence[0].summary


def test_a_myeloma_without_remission_proves_nothing_either_way() -> None:
    assert relapse(condition("C90.00")).note == "The chart does not say."


@pytest.mark.parametrize("members", [{"verified": "provisional"}, {"verified": "refuted"}, {"clinical": "resolved"}])
def test_a_diagnosis_that_proves_nothing_states_nothing(members: Json) -> None:
    assert relapse(condition("C90.02", **members)).state is State.UNKNOWN


@pytest.mark.parametrize("remission", [condition("C90.01"), condition("C90.00", clinical="remission")])
def test_remission_alone_speaks_against_it_without_deciding(remission: Json) -> None:
    found = judged(remission, drug=MYELOMA)
    assert truths(found)["diagnosis.relapsed-or-refractory"] == "unknown"
    assert "speaks against relapse without deciding" in reasons(found)["diagnosis.relapsed-or-refractory"].note
    assert found.findings["relapsed_or_refractory"].evidence[0].role is Role.POSSIBLE


def test_progression_after_an_earlier_line_is_refractory() -> None:
    assert relapse(condition("C90.00"), LINE, progression("2022-06-01")).value is True
    assert relapse(condition("C90.00"), LINE, progression("2022-06-01", "x") | coded("LA28370-7", LOINC)).value is True


@pytest.mark.parametrize(
    "sign",
    [
        progression("2021-12-31"),
        progression("2022-01-01"),
        observation("97509-4", coded("268910001"), on="2022-06-01"),
        observation("97509-4", {"valueCodeableConcept": {"text": "progressive disease"}}, on="2022-06-01"),
        progression("2022-06-01", status="preliminary"),
        progression("2027-01-01"),
        observation("97509-4", coded("271299001"), on=None),
        observation(
            "97509-4",
            {
                "valueCodeableConcept": {
                    "coding": coded("271299001")["valueCodeableConcept"]["coding"]
                    + coded("268910001")["valueCodeableConcept"]["coding"]
                }
            },
        ),
    ],
)
def test_these_signs_prove_no_relapse(sign: Json) -> None:
    assert relapse(condition("C90.00"), LINE, sign).state is State.UNKNOWN


def test_progression_before_any_line_proves_nothing() -> None:
    assert relapse(condition("C90.00"), progression("2022-06-01")).state is State.UNKNOWN


def test_progression_of_another_cancer_proves_nothing() -> None:
    myeloma, other = condition("C90.00", id="mm"), condition("C18.9", id="colon")
    line = given("daratumumab", "2022-01-01", reasonReference=[{"reference": "Condition/mm"}])
    assert relapse(myeloma, other, line, progression("2022-06-01")).state is State.UNKNOWN
    own = progression("2022-06-01", focus={"reference": "Condition/mm"})
    assert relapse(myeloma, other, line, own).value is True


def test_a_relapse_written_down_after_a_remission_stands() -> None:
    remission = condition("C90.01", recordedDate="2021-01-01")
    assert relapse(remission, condition("C90.02", recordedDate="2022-01-01")).value is True
    assert relapse(remission, LINE, progression("2022-06-01")).value is True


@pytest.mark.parametrize(
    ("remission", "relapsed"),
    [("2023-01-01", "2022-01-01"), (None, "2022-01-01"), ("2022-01-01", None), ("2022", "2022-06-01")],
)
def test_a_remission_that_may_be_the_newer_one_is_a_conflict(remission: str | None, relapsed: str | None) -> None:
    found = relapse(condition("C90.01", recordedDate=remission), condition("C90.02", recordedDate=relapsed))
    assert found.state is State.CONFLICTING
    assert {one.role for one in found.evidence} == {Role.FOR, Role.AGAINST}


def test_a_remission_by_the_clinical_status_holds_today_whenever_the_diagnosis_was_recorded() -> None:
    remission = condition("C90.00", clinical="remission", recordedDate="2018-01-01")
    assert relapse(remission, LINE, progression("2022-06-01")).state is State.CONFLICTING


def test_a_relapse_by_its_onset_counts_where_nothing_was_recorded() -> None:
    remission = condition("C90.01", ICD, onsetDateTime="2021-01-01")
    assert relapse(remission, condition("C90.02", onsetDateTime="2022-01-01")).value is True


NO_RESPONSE = [concept("266721009", SNOMED)]


@pytest.mark.parametrize(
    "record",
    [
        given("carfilzomib", "2024-01-01", status="stopped", statusReason=NO_RESPONSE),
        taken("lenalidomide", "2024-01-01", "2024-05-01", status="stopped", statusReason=NO_RESPONSE),
        taken("pomalidomide", "2024-01-01", status="completed", statusReason=NO_RESPONSE),
    ],
)
def test_a_myeloma_drug_given_and_stopped_for_no_response_is_refractory_disease(record: Json) -> None:
    found = relapse(condition("C90.00"), record)
    assert found.value is True
    assert "no response" in found.evidence[0].summary


@pytest.mark.parametrize(
    "record",
    [
        prescribed("carfilzomib", "2024-01-01", status="stopped", statusReason=NO_RESPONSE[0]),
        taken("lenalidomide", "2024-01-01", status="on-hold", statusReason=NO_RESPONSE),
    ],
)
def test_one_that_was_only_prescribed_is_shown_and_asked(record: Json) -> None:
    found = relapse(condition("C90.00"), record)
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "no response" in found.note


@pytest.mark.parametrize(
    "record",
    [
        given("carfilzomib", "2024-01-01", status="not-done", statusReason=NO_RESPONSE),
        given("carfilzomib", "2024-01-01", status="stopped", statusReason=[concept("407563006", SNOMED)]),
        given("dexamethasone", "2024-01-01", status="stopped", statusReason=NO_RESPONSE),
        given("carfilzomib", "2024-01-01", status="stopped", statusReason=[{"text": "no response"}]),
        given("carfilzomib", "2027-01-01", status="stopped", statusReason=NO_RESPONSE),
        given(
            "carfilzomib", "2024-01-01", status="stopped", statusReason=NO_RESPONSE, reasonCode=[concept("C18.9", ICD)]
        ),
    ],
)
def test_these_endings_say_nothing_of_response(record: Json) -> None:
    assert relapse(condition("C90.00"), record).value is None


def test_no_response_before_a_remission_is_a_conflict() -> None:
    record = taken("lenalidomide", "2024-01-01", "2024-05-01", status="stopped", statusReason=NO_RESPONSE)
    remission = condition("C90.01", recordedDate="2025-01-01")
    assert relapse(remission, record).state is State.CONFLICTING


def test_several_lines_support_and_do_not_prove() -> None:
    found = relapse(condition("C90.00"), LINE, given("carfilzomib", "2024-01-01"))
    assert found.state is State.UNKNOWN
    assert "Several lines" in found.note
    assert {one.role for one in found.evidence} == {Role.POSSIBLE}


@pytest.mark.parametrize(
    ("code", "display", "state"),
    [
        ("C90.00", "Multiple myeloma not having achieved remission", State.KNOWN),
        ("C90.02", "Multiple myeloma not having achieved remission", State.UNKNOWN),
        ("C90.02", "Multiple myeloma in remission", State.UNKNOWN),
    ],
)
def test_after_four_lines_a_code_against_its_own_words_proves_no_refractory_disease(
    code: str, display: str, state: State
) -> None:
    coded_so = {"coding": [{"system": ICD, "code": code, "display": display}]}
    drugs = ("daratumumab", "carfilzomib", "selinexor", "teclistamab")
    given_before = [given(drug, before(1600 - 400 * number)) for number, drug in enumerate(drugs)]
    found = finding("relapsed_or_refractory", condition(code, code=coded_so), *given_before, drug=MYELOMA)
    assert found.state is state


def test_a_newer_remission_of_an_odd_site_leaves_the_relapse_open() -> None:
    remission = condition("C90.01", bodySite=[{"text": "Colon"}], recordedDate="2026-10-01")
    relapse = condition("C90.02", recordedDate="2026-05-01")
    assert finding("relapsed_or_refractory", relapse, drug=MYELOMA).value is True
    assert finding("relapsed_or_refractory", relapse, remission, drug=MYELOMA).state is not State.KNOWN


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Progressive disease", [True]),
        ("Relapsed", [True]),
        ("Stable disease", []),
        ("No progression", []),
        ("Possible progression", []),
    ],
)
def test_a_course_under_a_code_that_is_not_known_is_proposed(words: str, asked: list[bool]) -> None:
    status = resource(
        "Observation",
        status="final",
        code={"text": "Disease status"},
        valueString=words,
        effectiveDateTime="2026-05-01",
    )
    found = judged(condition("C90.00"), status, drug=MYELOMA).findings["relapsed_or_refractory"]
    assert found.state is State.UNKNOWN
    assert [one.means for one in found.proposals] == asked
