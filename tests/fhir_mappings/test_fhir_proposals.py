"""What is proposed of a chart: records of every form that may not decide, with what they would mean."""

from base64 import b64encode
from typing import Any

import pytest

from policies.model.findings import Finding, Proposal, Range, State, Strength, Value
from tests.fhir_mappings.fhir_charts import (
    BREAST,
    MYELOMA,
    Json,
    before,
    condition,
    cycles,
    ecog,
    given,
    judged,
    metastatic,
    observation,
    prescribed,
    resource,
    text,
)
from tests.words import said

LOCAL = {"system": "urn:oid:1.2.3.4", "code": "FLO-77"}


def finding(fact: str, *chart: Json, drug: str = BREAST) -> Finding:
    return judged(*chart, drug=drug).findings[fact]


def proposed(fact: str, *chart: Json, drug: str = BREAST) -> list[tuple[str, Value]]:
    return [(one.reference, one.means) for one in finding(fact, *chart, drug=drug).proposals]


def attached(words: str, kind: str = "text/plain") -> Json:
    return {"contentType": kind, "data": b64encode(words.encode()).decode()}


def note(words: str, kind: str = "text/plain", **members: Any) -> Json:
    content = [{"attachment": attached(words, kind)}]
    return resource("DocumentReference", **({"status": "current", "content": content, "date": "2026-11-01"} | members))


def report(**members: Any) -> Json:
    named = {"status": "final", "effectiveDateTime": "2026-10-01", "code": {"text": "Report"}}
    return resource("DiagnosticReport", **(named | members))


def local(display: str, **members: Any) -> Json:
    return resource(
        "Observation",
        **(
            {"status": "final", "code": {"coding": [LOCAL | {"display": display}]}, "effectiveDateTime": before(9)}
            | members
        ),
    )


CDA = (
    '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Progress note</title><component><section>'
    '<code code="ECOG 3"/><title>Assessment</title><text><list><item>{}</item><item>Feels well</item></list>'
    "</text></section></component></ClinicalDocument>"
)
"""A note as a CDA document: what a reader sees stands in its text, what a program reads in attributes."""

BREAST_FACTS: list[tuple[str, Json, Value]] = [
    ("her2_ihc_score", local("HER2 IHC", valueString="3+"), "3+"),
    ("her2_ihc_score", note("Assessment.\nHER2 IHC 3+.\nPlan: margetuximab"), "3+"),
    ("her2_ihc_score", note("<p>Resultado</p><p>HER2 por IHQ: 2+</p>", "text/html"), "2+"),
    ("her2_ihc_score", note(CDA.format("HER2 por IHQ: 2+"), "text/xml"), "2+"),
    ("her2_ihc_score", report(presentedForm=[attached("HER2 immunohistochemistry: score 1+")]), "1+"),
    ("her2_ihc_score", report(status="preliminary", conclusion="HER2 IHC 3+"), "3+"),
    ("her2_ish_result", report(conclusion="HER2 gene amplified by FISH"), "positive"),
    ("her2_ish_result", report(conclusion="HER2 no amplificado por FISH"), "negative"),
    ("her2_ish_result", report(conclusion="FISH: HER2 not amplified"), "negative"),
    ("breast_cancer", condition("C50.911", verified="provisional"), True),
    ("breast_cancer", note("Paciente con cáncer de mama"), True),
    ("disease_extent", note("CT: múltiples metástasis hepáticas"), "metastatic"),
    ("disease_extent", report(conclusion="Stage IV breast carcinoma"), "metastatic"),
    ("disease_extent", note("The recurrence is unresectable"), "recurrent and unresectable"),
    ("disease_extent", note("Recidiva irresecable"), "recurrent and unresectable"),
    ("combination_partner", prescribed("capecitabine", before(100), status="active"), "capecitabine"),
]
MYELOMA_FACTS: list[tuple[str, Json, Value]] = [
    ("ecog", ecog({"valueInteger": 1}, before(200)), Range.exactly(1)),
    ("ecog", local("ECOG PS", valueInteger=2), Range.exactly(2)),
    ("ecog", ecog({"valueInteger": 2}, status="preliminary"), Range.exactly(2)),
    ("ecog", ecog(text("ECOG II")), Range.exactly(2)),
    ("ecog", ecog(text("one")), Range.exactly(1)),
    ("ecog", ecog(text("Grado: uno")), Range.exactly(1)),
    ("ecog", ecog(text("ECOG 2/4")), Range.exactly(2)),
    ("ecog", ecog(text("1/5")), Range.exactly(1)),
    ("ecog", note("Exam: ECOG 1. Afebrile"), Range.exactly(1)),
    ("ecog", note(CDA.format("ECOG 1"), "application/hl7-cda+xml"), Range.exactly(1)),
    ("ecog", note(CDA.format("ECOG 1"), "application/xml; charset=utf-8"), Range.exactly(1)),
    ("ecog", note("Estado funcional ECOG: 2"), Range.exactly(2)),
    ("multiple_myeloma", condition("C90.00", verified="unconfirmed"), True),
    ("relapsed_or_refractory", note("Mieloma en recaída"), True),
    ("relapsed_or_refractory", report(conclusion="Refractory to pomalidomide"), True),
    ("prior_anti_cd38", prescribed("daratumumab", "2024-01-10", status="stopped"), True),
    ("prior_anti_cd38", note("Received daratumumab in 2023"), True),
]


@pytest.mark.parametrize(("fact", "record", "means"), BREAST_FACTS)
def test_what_may_not_decide_is_proposed_with_its_meaning(fact: str, record: Json, means: Value) -> None:
    found = finding(fact, record)
    assert found.state is State.UNKNOWN
    assert [(one.reference.split("/")[1], one.means) for one in found.proposals] == [(record["id"], means)]
    assert found.note
    assert found.note != "The chart does not say."


@pytest.mark.parametrize(("fact", "record", "means"), MYELOMA_FACTS)
def test_it_is_proposed_for_myeloma_too(fact: str, record: Json, means: Value) -> None:
    found = finding(fact, record, drug=MYELOMA)
    assert found.state is State.UNKNOWN
    assert [(one.reference.split("/")[1], one.means) for one in found.proposals] == [(record["id"], means)]


@pytest.mark.parametrize(
    ("fact", "record"),
    [
        ("her2_ihc_score", note("Sent for HER2 3+ confirmation testing")),
        ("her2_ihc_score", note("HER2 not 3+")),
        ("her2_ihc_score", note("HER2 IHC 2+ or 3+")),
        ("her2_ihc_score", note("HER2 3+ if GATA3 positive")),
        ("her2_ihc_score", note("Mother's tumor was HER2 3+")),
        ("her2_ish_result", report(conclusion="Sent for HER2 amplification testing by FISH")),
        ("her2_ish_result", local("HER2 (IHC)", valueString="3+ (Positive)")),
        ("her2_ish_result", local("HER2", valueString="Positive")),
        ("her2_ish_result", report(conclusion="HER2 FISH ratio 1.2, amplified")),
        ("disease_extent", note("No evidence of metastasis")),
        ("disease_extent", note("Sin metástasis")),
        ("disease_extent", note("Possible metastasis, to be biopsied")),
        ("breast_cancer", note("Family history of breast cancer")),
        ("breast_cancer", note("No evidence of breast cancer")),
        ("combination_partner", prescribed("capecitabine", before(500), status="stopped")),
    ],
)
def test_what_denies_doubts_or_is_of_somebody_else_is_never_proposed(fact: str, record: Json) -> None:
    found = finding(fact, record)
    assert (found.state, found.proposals) == (State.UNKNOWN, ())


@pytest.mark.parametrize(
    "words", ["ECOG 1-2", "ECOG 0 in 2021, ECOG 3 now", "Karnofsky 80, ECOG", "ECOG not assessed 1"]
)
def test_no_grade_is_proposed_where_none_is_clear(words: str) -> None:
    assert proposed("ecog", note(words), drug=MYELOMA) == []


@pytest.mark.parametrize("words", ["MGUS, may become multiple myeloma", "Smoldering multiple myeloma"])
def test_a_precursor_is_no_proposal_of_the_disease(words: str) -> None:
    assert proposed("multiple_myeloma", condition("D47.2", code={"text": words}), drug=MYELOMA) == []


def test_two_grades_side_by_side_are_no_grade_of_a_scale() -> None:
    assert [
        one for one in ("3/4", "2/3", "ECOG 4/5", "V", "ten") if proposed("ecog", ecog(text(one)), drug=MYELOMA)
    ] == []


@pytest.mark.parametrize(
    "content",
    [
        {"contentType": "application/pdf", "data": attached("ECOG 1")["data"]},
        {"contentType": "text/plain", "data": "***"},
        {"contentType": "text/plain", "url": "https://ehr.example.org/Binary/1"},
        {"contentType": "text/plain", "data": b64encode(b"x" * 200_000 + b" ECOG 1").decode()},
        {"contentType": "text/html", "data": attached("<style>ECOG 1</style><p>Well</p>")["data"]},
        {"contentType": "text/xml", "data": attached(CDA.format("Feels well"))["data"]},
        {"contentType": 7},
    ],
)
def test_a_note_that_cannot_be_read_here_is_passed_over(content: Json) -> None:
    one = note("", content=[{"attachment": content}])
    assert proposed("ecog", one, drug=MYELOMA) == []


def test_how_strong_a_yes_is_hangs_on_the_record() -> None:
    def strength(fact: str, record: Json, drug: str = MYELOMA) -> list[Strength]:
        return [item.strength for one in finding(fact, record, drug=drug).proposals for item in one.evidence]

    assert strength("ecog", local("ECOG PS", valueInteger=1)) == [Strength.STRONG]
    assert strength("ecog", ecog({"valueInteger": 1}, before(200))) == [Strength.WEAK]
    assert strength("ecog", ecog({"valueInteger": 1}, status="preliminary")) == [Strength.WEAK]
    assert strength("ecog", note("ECOG 1")) == [Strength.WEAK]
    assert strength("prior_anti_cd38", prescribed("daratumumab", "2024-01-10", status="stopped")) == [Strength.WEAK]


def lines_of(*chart: Json) -> list[Proposal]:
    found = judged(condition(), metastatic("2022-01-01"), *chart).findings
    return list(found["prior_lines_advanced"].proposals)


def test_what_began_together_is_one_possible_line() -> None:
    old = cycles("trastuzumab", "2022-02-01", 3)
    tucatinib = prescribed("tucatinib", "2024-05-01", status="stopped")
    capecitabine = prescribed("capecitabine", "2024-05-10", status="stopped")
    (one,) = lines_of(*old, tucatinib, capecitabine)
    assert said(one.words) == "capecitabine + tucatinib from 2024-05-01"
    counts = ("prior_anti_her2_therapies", "prior_lines_advanced")
    assert (one.means, one.counts) == (Range(1), counts)
    assert {item.reference.split("/")[1] for item in one.evidence} == {tucatinib["id"], capecitabine["id"]}
    two = lines_of(*old, tucatinib, prescribed("capecitabine", "2024-09-10", status="stopped"))
    assert [said(each.words).split(" ")[0] for each in two] == ["tucatinib", "capecitabine"]


def test_a_possible_line_that_is_of_no_anti_her2_drug_counts_for_the_lines_alone() -> None:
    (one,) = lines_of(*cycles("trastuzumab", "2022-02-01", 3), prescribed("eribulin", "2024-05-01", status="stopped"))
    assert one.counts == ("prior_lines_advanced",)


def test_what_began_before_the_disease_was_advanced_counts_for_therapies_alone() -> None:
    early = prescribed("pertuzumab", "2020-05-01", status="stopped")
    found = judged(condition(), metastatic("2022-01-01"), early).findings
    (one,) = found["prior_anti_her2_therapies"].proposals
    assert one.counts == ("prior_anti_her2_therapies",)
    assert found["prior_lines_advanced"].proposals == ()


def test_a_certain_line_that_no_date_places_is_proposed_for_advanced_disease() -> None:
    undated = condition("C78.7")
    found = judged(condition(), undated, *cycles("trastuzumab", "2022-02-01", 3)).findings
    (one,) = found["prior_lines_advanced"].proposals
    assert (said(one.asks), one.counts) == (
        "Was this line for advanced disease?",
        ("prior_anti_her2_therapies_metastatic", "prior_lines_advanced"),
    )


def test_a_trial_drug_by_text_is_proposed_as_a_line_unless_its_drug_is_in_one() -> None:
    old = cycles("trastuzumab", "2022-02-01", 3)
    trial = given("trastuzumab", "2024-05-01", medicationCodeableConcept={"text": "zenocutuzumab"})
    (one,) = [one for one in lines_of(*old, trial) if one.reference == f"MedicationAdministration/{trial['id']}"]
    assert one.counts == ("prior_lines_advanced",)
    same = given("trastuzumab", "2024-05-01", medicationCodeableConcept={"text": "Herceptin"})
    assert [one for one in lines_of(*old, same) if one.reference == f"MedicationAdministration/{same['id']}"] == []


def test_nothing_is_proposed_where_everything_is_known() -> None:
    found = judged(condition(), metastatic(), observation("85319-2", text("3+")), note("HER2 IHC 3+")).findings
    assert found["her2_ihc_score"].proposals == ()


def test_the_order_of_the_chart_makes_no_difference_and_ids_stay() -> None:
    chart = [ecog({"valueInteger": 1}, before(200)), note("ECOG 2", id="n1"), note("ECOG 1", id="n2")]
    once = finding("ecog", *chart, drug=MYELOMA).proposals
    again = finding("ecog", *reversed(chart), drug=MYELOMA).proposals
    assert sorted(one.id for one in once) == sorted(one.id for one in again)
    assert len(once) == 3
