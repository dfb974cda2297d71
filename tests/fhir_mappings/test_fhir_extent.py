"""The extent of the disease: readings 7 and 8."""

import pytest
from fhir_charts import (
    ICD,
    MYELOMA,
    SNOMED,
    Json,
    coded,
    concept,
    condition,
    finding,
    judged,
    observation,
    reading_of,
    reasons,
    truths,
)

from fhir_mappings.chart.clinical_records import RELATED_PRIMARY
from fhir_mappings.disease.disease_extent import extent as extent_of
from fhir_mappings.her2.ish import ish_settled
from policies.model.findings import Finding, Role, State

AJCC = "http://cancerstaging.org"


def extent(*values: Json) -> Finding:
    return finding("disease_extent", condition(id="own"), *values)


@pytest.mark.parametrize("test", ["21908-9", "21902-2"])
@pytest.mark.parametrize(
    ("code", "system"),
    [("1222837003", SNOMED), ("258228008", SNOMED), ("IV", AJCC), ("iv", AJCC), ("Stage IV", AJCC), ("4B", AJCC)],
)
def test_stage_four_is_metastatic(test: str, code: str, system: str) -> None:
    assert extent(observation(test, coded(code, system))).value == "metastatic"


@pytest.mark.parametrize("test", ["21907-1", "21901-4", "21913-9"])
@pytest.mark.parametrize(
    ("code", "system"), [("55440008", SNOMED), ("1229903009", SNOMED), ("M1", AJCC), ("pM1a", AJCC)]
)
def test_an_m1_category_is_metastatic(test: str, code: str, system: str) -> None:
    assert extent(observation(test, coded(code, system))).value == "metastatic"


@pytest.mark.parametrize(
    ("code", "system"),
    [("1229901006", SNOMED), ("30893008", SNOMED), ("M0", AJCC), ("261616001", SNOMED), ("1222592004", SNOMED)],
)
def test_m0_neuroblastoma_4s_and_ancestor_codes_prove_nothing(code: str, system: str) -> None:
    assert extent(observation("21908-9", coded(code, system))).state is State.UNKNOWN


def test_codes_of_a_stage_that_contradict_each_other_prove_nothing() -> None:
    both = {"valueCodeableConcept": concept("IV", AJCC, also=[{"system": AJCC, "code": "M0"}])}
    assert extent(observation("21908-9", both)).state is State.UNKNOWN


@pytest.mark.parametrize(
    "value", [coded("IIA", AJCC), coded("x", "urn:local", display="Stage IV"), {"valueString": "Stage IV"}]
)
def test_a_stage_that_no_table_knows_is_shown_and_decides_nothing(value: Json) -> None:
    found = extent(observation("21908-9", value))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "A stage on record cannot be read" in found.note


def test_a_stage_without_a_value_is_silence() -> None:
    assert extent(observation("21908-9")).note == "The chart does not say."


def test_an_old_stage_two_followed_by_nothing_is_unknown_and_not_against() -> None:
    found = judged(condition(), observation("21908-9", coded("IIA", AJCC), on="2017-01-01"))
    assert truths(found)["diagnosis.extent"] == "unknown"


def test_stage_four_stays_whatever_comes_later() -> None:
    later = observation("21908-9", coded("30893008"), on="2025-01-01")
    assert extent(observation("21908-9", coded("258228008"), on="2019-01-01"), later).value == "metastatic"


def test_the_summary_of_a_stage_without_text_or_display_shows_what_the_code_means() -> None:
    evidence = extent(observation("21908-9", coded("IV", AJCC))).evidence
    assert [one.summary for one in evidence] == ["Stage: Stage IV"]


def test_a_stage_in_the_diagnosis_counts() -> None:
    staged = condition(stage=[{"summary": concept("258228008", SNOMED)}])
    assert finding("disease_extent", staged).value == "metastatic"


@pytest.mark.parametrize("members", [{"verified": "provisional"}, {"verified": "refuted"}, {"clinical": "resolved"}])
def test_a_stage_in_a_diagnosis_that_proves_nothing_proves_nothing(members: Json) -> None:
    staged = condition(stage=[{"summary": concept("258228008", SNOMED)}], **members)
    assert finding("disease_extent", staged).state is State.UNKNOWN


def test_a_stage_in_the_diagnosis_that_no_table_knows_is_shown() -> None:
    staged = condition(stage=[{"summary": {"text": "Stage IV"}}, {"assessment": []}])
    assert "Stage: Stage IV" in finding("disease_extent", staged).note


@pytest.mark.parametrize("code", ["C78.7", "C79.51", "C79.31", "C78.00", "C77.2"])
def test_a_distant_secondary_neoplasm_is_metastatic(code: str) -> None:
    assert extent(condition(code)).value == "metastatic"


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("C77.3", ICD),
        ("94181007", SNOMED),
        ("C77.9", ICD),
        ("94392001", SNOMED),
        ("C79.2", ICD),
        ("C79.81", ICD),
        ("128462008", SNOMED),
    ],
)
def test_regional_and_unclear_sites_are_shown_and_asked(code: str, system: str) -> None:
    found = extent(condition(code, system))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "not proof of metastasis" in found.note


def test_an_ancestor_code_beside_a_distant_one_does_not_hide_it() -> None:
    both = concept("128462008", SNOMED, also=[{"system": SNOMED, "code": "94381002"}])
    assert extent(condition("", code=both)).value == "metastatic"


def test_a_regional_code_beside_a_distant_one_leaves_it_open() -> None:
    both = concept("C77.3", ICD, also=[{"system": ICD, "code": "C78.7"}])
    assert extent(condition("", code=both)).state is State.UNKNOWN


@pytest.mark.parametrize("code", ["55440008", "399409002"])
def test_a_condition_that_says_m1_is_metastatic(code: str) -> None:
    assert extent(condition(code, SNOMED)).value == "metastatic"


@pytest.mark.parametrize("verified", ["provisional", "differential", "unconfirmed"])
def test_a_suspected_metastasis_is_shown_and_asked(verified: str) -> None:
    found = extent(condition("C78.7", verified=verified))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


@pytest.mark.parametrize("verified", ["refuted", "entered-in-error"])
def test_a_metastasis_that_was_ruled_out_is_nothing(verified: str) -> None:
    assert extent(condition("C78.7", verified=verified)) == extent()


def test_a_metastasis_that_is_also_ruled_out_elsewhere_is_no_proof() -> None:
    assert extent(condition("C78.7"), condition("C78.7", verified="refuted")).state is State.UNKNOWN
    assert extent(condition("C78.7"), condition("C79.51", verified="refuted")).value == "metastatic"


def test_a_metastasis_with_an_onset_still_to_come_is_no_proof() -> None:
    assert extent(condition("C78.7", onsetDateTime="2030-01-01")).state is State.UNKNOWN


OTHERS = [
    condition("C18.9"),
    condition(
        "363406005",
        SNOMED,
        code={"text": "Malignant tumor of colon", "coding": [{"system": SNOMED, "code": "363406005"}]},
    ),
    condition("C34.90", verified="provisional"),
    condition("C18.9", clinical="resolved"),
    condition("Z85.038"),
    condition("278052009", SNOMED, code=concept("278052009", SNOMED, display="Malignant lymphoma of breast")),
]


@pytest.mark.parametrize("other", OTHERS)
def test_another_primary_on_file_may_own_the_metastasis(other: Json) -> None:
    assert extent(condition("C78.7"), other).state is State.UNKNOWN
    assert extent(observation("21908-9", coded("258228008")), other).state is State.UNKNOWN


NO_OTHERS = [
    condition("C18.9", verified="refuted"),
    condition("C18.9", verified="entered-in-error"),
    condition("C44.91"),
    condition("D05.11"),
    condition("I10"),
    condition("Z85.3"),
    condition("Z85.828"),
    condition("C50.A0"),
    condition("C79.51"),
    condition("", code={"text": "Family history of colon cancer"}),
    condition("", code=None),
    condition(
        "1081561000119108",
        SNOMED,
        code=concept("1081561000119108", SNOMED, display="Recurrent primary malignant neoplasm of right female breast"),
    ),
    condition("427685000", SNOMED, code=concept("427685000", SNOMED, display="HER2 positive carcinoma of breast")),
]


@pytest.mark.parametrize("other", NO_OTHERS)
def test_what_is_no_other_primary_does_not_stand_in_the_way(other: Json) -> None:
    assert extent(condition("C78.7"), other).value == "metastatic"


def test_a_metastasis_that_names_its_primary_belongs_to_it() -> None:
    def named(target: str) -> Json:
        return condition("C78.7", extension=[{"url": RELATED_PRIMARY, "valueReference": {"reference": target}}])

    colon = condition("C18.9", id="colon")
    assert extent(named("Condition/own"), colon).value == "metastatic"
    assert extent(named("Condition/colon"), colon) == extent(colon)
    assert extent(named("Condition/gone")).state is State.UNKNOWN


def test_a_stage_belongs_to_the_condition_that_it_is_about() -> None:
    def stage(target: str) -> Json:
        return observation("21908-9", coded("258228008"), focus=[{"reference": target}])

    colon = condition("C18.9", id="colon")
    assert extent(stage("Condition/own"), colon).value == "metastatic"
    assert extent(stage("Condition/colon"), colon).state is State.UNKNOWN
    assert extent(stage("Specimen/x")).value == "metastatic"


def test_a_metastasis_without_a_diagnosis_of_the_disease_is_open() -> None:
    assert finding("disease_extent", condition("C78.7")).state is State.UNKNOWN


@pytest.mark.parametrize("clinical", ["recurrence", "relapse"])
def test_recurrence_alone_is_shown_and_asked(clinical: str) -> None:
    found = finding("disease_extent", condition(clinical=clinical))
    assert found.state is State.UNKNOWN
    assert "not whether it can be resected" in found.note


@pytest.mark.parametrize("code", ["314955001", "1081561000119108", "1082701000112100"])
def test_a_coded_recurrence_alone_is_shown_and_asked(code: str) -> None:
    found = extent(condition(code, SNOMED))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


def test_silence_is_unknown() -> None:
    assert reasons(judged(condition()))["diagnosis.extent"].note == "The chart does not say."


def test_a_finding_of_m1_as_the_name_of_a_result_says_nothing_without_its_value() -> None:
    assert extent(observation("21908-9", code=concept("399409002", SNOMED))).state is State.UNKNOWN


def test_a_policy_that_asks_for_no_extent_and_no_ish_gets_none() -> None:
    reading = reading_of(condition("C78.7"), drug=MYELOMA)
    assert extent_of(reading).metastatic == []
    assert ish_settled(reading) is None


def test_an_m_category_in_a_component_of_a_staging_is_read() -> None:
    part = [{"code": concept("399387003", SNOMED), **coded("1229903009")}]
    staged = observation("", code=concept("399390009", SNOMED), component=part)
    assert finding("disease_extent", condition(), staged).value == "metastatic"
    lower = observation("", code=concept("399390009", SNOMED), component=[part[0] | coded("1229901006")])
    assert finding("disease_extent", condition(), lower).value is None


@pytest.mark.parametrize("ruled_out", [("94381002", SNOMED), ("C78.7", ICD)])
def test_a_metastasis_of_an_organ_that_was_ruled_out_by_another_code_is_no_proof(ruled_out: tuple[str, str]) -> None:
    found = finding("disease_extent", condition(), condition("C78.7"), condition(*ruled_out, verified="refuted"))
    assert found.state is State.UNKNOWN


def test_another_organ_that_was_ruled_out_does_not_matter() -> None:
    lung = condition("94391008", SNOMED, verified="refuted")
    assert finding("disease_extent", condition(), condition("C78.7"), lung).value == "metastatic"


def test_a_lower_stage_on_record_is_told_as_what_it_is() -> None:
    stage = {"valueCodeableConcept": concept("IIA", "http://cancerstaging.org", display="IIA")}
    found = finding("disease_extent", condition(), observation("21908-9", stage))
    assert found.state is State.UNKNOWN
    assert "says nothing of today" in found.note
