"""Reports, documents and diagnoses that name a finding in words: possible evidence to be confirmed, never proof."""

import pytest
from fhir_charts import (
    ICD,
    LOINC,
    MYELOMA,
    SNOMED,
    Json,
    before,
    concept,
    condition,
    ecog,
    finding,
    observation,
    resource,
    text,
)

from policies.model.findings import Finding, Role, State


def report(words: str, **members: object) -> Json:
    named = {"status": "final", "code": {"text": "Report"}, "conclusion": words, "effectiveDateTime": before(9)}
    return resource("DiagnosticReport", **(named | members))


def note(description: str, title: str = "", **members: object) -> Json:
    content = [{"attachment": {"title": title}}] if title else None
    named = {"status": "current", "date": f"{before(9)}T08:00:00Z", "description": description, "content": content}
    return resource("DocumentReference", **(named | members))


def found(fact: str, *resources: Json) -> Finding:
    drug = MYELOMA if fact in ("ecog", "relapsed_or_refractory", "multiple_myeloma") else "margetuximab"
    return finding(fact, *resources, drug=drug)


WORDS = [
    ("her2_ihc_score", "Invasive carcinoma. HER2 IHC 3+. ER negative", "HER2 IHC 3+"),
    ("her2_ihc_score", "HER-2/neu positive", "HER-2/neu positive"),
    ("her2_ish_result", "HER2 FISH amplified", "HER2 FISH amplified"),
    ("her2_ish_result", "ERBB2 amplification found", "ERBB2 amplification found"),
    ("disease_extent", "CT chest\nMultiple liver metastases\nNo effusion", "Multiple liver metastases"),
    ("disease_extent", "Chest wall recurrence, unresectable", "Chest wall recurrence, unresectable"),
    ("disease_extent", "Stage IV at presentation", "Stage IV at presentation"),
    ("ecog", "Doing well; ECOG 1; no fever", "ECOG 1"),
    ("ecog", "Performance status is 2", "Performance status is 2"),
    ("relapsed_or_refractory", "Biochemical relapse", "Biochemical relapse"),
    ("relapsed_or_refractory", "Myeloma refractory to lenalidomide", "refractory to lenalidomide"),
    ("breast_cancer", "Known breast cancer", "Known breast cancer"),
    ("multiple_myeloma", "Known multiple myeloma", "Known multiple myeloma"),
]


@pytest.mark.parametrize(("fact", "words", "shown"), WORDS)
def test_words_of_a_report_are_shown_and_prove_nothing(fact: str, words: str, shown: str) -> None:
    for one in (report(words), note(words), note("Visit", title=words)):
        seen = found(fact, one)
        assert seen.state is State.UNKNOWN
        assert [(item.reference.split("/")[1], item.role) for item in seen.evidence] == [(one["id"], Role.POSSIBLE)]
        assert shown in seen.note
        assert "please confirm" in seen.note


@pytest.mark.parametrize("fact", [fact for fact, _, _ in WORDS])
def test_words_about_something_else_are_not_shown(fact: str) -> None:
    seen = found(fact, report("Fracture of the wrist. Stage II sleep"), note("Allergy to penicillin"))
    assert (seen.state, seen.evidence) == (State.UNKNOWN, ())


def test_words_of_a_report_that_is_not_final_are_shown_as_such() -> None:
    seen = found("disease_extent", report("Liver metastases", status="preliminary"))
    assert (seen.state, len(seen.evidence)) == (State.UNKNOWN, 1)
    assert "not final" in seen.note


@pytest.mark.parametrize("members", [{"status": "entered-in-error"}, {"status": "cancelled"}])
def test_words_of_a_report_that_does_not_count_are_not_shown(members: Json) -> None:
    assert found("disease_extent", report("Liver metastases", **members)).evidence == ()


def test_a_finding_of_one_her2_test_is_not_shown_for_the_other() -> None:
    assert found("her2_ish_result", report("HER2 IHC 3+")).evidence == ()
    assert found("her2_ihc_score", report("HER2 FISH amplified")).evidence == ()
    assert len(found("her2_ihc_score", report("HER2 IHC 2+, FISH amplified")).evidence) == 1
    assert len(found("her2_ish_result", report("HER2 IHC 2+, FISH amplified")).evidence) == 1


def test_a_coded_conclusion_of_a_report_is_shown_by_its_meaning() -> None:
    coded = report("", conclusionCode=[concept("94381002", SNOMED)])
    seen = found("disease_extent", condition(), coded)
    assert (seen.state, "liver" in seen.note) == (State.UNKNOWN, True)
    relapsed = report("", conclusionCode=[concept("C90.02", ICD)])
    assert "in relapse" in found("relapsed_or_refractory", condition("C90.00"), relapsed).note


def test_a_long_sentence_is_cut() -> None:
    seen = found("disease_extent", report("Liver metastases " + "of many sizes and shapes " * 20))
    assert len(seen.evidence[0].summary) < 150


@pytest.mark.parametrize(
    "words", ["Metastatic breast cancer to bone", "Stage 4 disease", "Recurrent inoperable breast cancer"]
)
def test_a_diagnosis_in_words_is_shown_for_the_extent(words: str) -> None:
    seen = found("disease_extent", condition(code={"coding": [{"system": ICD, "code": "C50.911"}], "text": words}))
    assert (seen.state, words in seen.note) == (State.UNKNOWN, True)
    uncoded = found("disease_extent", condition(), condition(code={"text": words}))
    assert (uncoded.state, words in uncoded.note) == (State.UNKNOWN, True)


def test_a_remark_at_a_diagnosis_is_shown() -> None:
    seen = found("disease_extent", condition(note=[{"text": "unresectable per surgery"}]))
    assert (seen.state, "unresectable per surgery" in seen.note) == (State.UNKNOWN, True)


def test_a_refuted_diagnosis_in_words_is_not_shown() -> None:
    assert found("disease_extent", condition(code={"text": "metastatic disease"}, verified="refuted")).evidence == ()


def test_a_myeloma_that_its_text_calls_relapsed_is_shown_and_asked() -> None:
    coded = {"coding": [{"system": ICD, "code": "C90.00"}], "text": "Relapsed refractory multiple myeloma"}
    seen = found("relapsed_or_refractory", condition(code=coded))
    assert (seen.state, "Relapsed refractory" in seen.note) == (State.UNKNOWN, True)


def test_a_diagnosis_that_no_code_states_is_shown_by_its_text() -> None:
    seen = found("breast_cancer", condition(code={"text": "Breast cancer, left"}))
    assert (seen.state, "Breast cancer, left" in seen.note) == (State.UNKNOWN, True)


@pytest.mark.parametrize("score", ["0", "1+", "2+", "Negative"])
@pytest.mark.parametrize("words", ["HER2 IHC 3+", "Liver: HER2 positive (IHC)", "HER2+ disease, IHC 2+ to 3+"])
def test_a_stain_that_is_not_positive_is_open_where_words_may_say_more(score: str, words: str) -> None:
    seen = found("her2_ihc_score", observation("85319-2", text(score)), report(words))
    assert (seen.state, words.rstrip(".") in seen.note) == (State.UNKNOWN, True)


def test_where_a_code_decides_words_are_not_shown() -> None:
    result = observation("85319-2", text("1+"))
    assert found("her2_ihc_score", result, report("HER2 IHC 1+")).value == "1+"
    assert found("ecog", ecog({"valueInteger": 1}), report("ECOG 2")).value is not None
    assert found("disease_extent", condition(), condition("C78.7"), report("metastases")).state is State.KNOWN
    assert found("relapsed_or_refractory", condition("C90.02"), report("relapse")).value is True


def test_an_old_grade_is_shown_beside_what_a_note_says() -> None:
    seen = found("ecog", ecog({"valueInteger": 1}, before(120)), note("ECOG 2 today"))
    assert (seen.state, "older than" in seen.note, "ECOG 2 today" in seen.note) == (State.UNKNOWN, True, True)


def test_a_karnofsky_score_is_shown_and_not_converted() -> None:
    seen = found("ecog", observation("89243-0", {"valueInteger": 90}, on=before(3)))
    assert (seen.state, "Karnofsky 90" in seen.note, "not converted" in seen.note) == (State.UNKNOWN, True, True)


def test_a_code_alone_in_a_coded_conclusion_without_a_meaning_is_passed_over() -> None:
    assert found("disease_extent", condition(), report("", conclusionCode=[concept("x", LOINC)])).evidence == ()


@pytest.mark.parametrize(
    "words", ["Family history of breast cancer", "Mother had breast cancer", "Breast cancer screening"]
)
def test_the_disease_of_a_relative_and_screening_for_it_are_not_shown(words: str) -> None:
    assert found("breast_cancer", report(words), condition(code={"text": words})).evidence == ()
