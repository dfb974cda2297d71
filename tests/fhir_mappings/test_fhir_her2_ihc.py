"""HER2 by immunohistochemistry: readings 1, 2, 4 and 5."""

import pytest
from fhir_charts import (
    LOINC,
    SNOMED,
    Json,
    coded,
    concept,
    condition,
    finding,
    judged,
    observation,
    quantity,
    reasons,
    resource,
    text,
    truths,
)

from policies.model.findings import Finding, Role, State

IHC, OVERALL = "85319-2", "48676-1"
POSITIVE, NEGATIVE, EQUIVOCAL = "10828004", "260385009", "42425007"


def ihc(value: Json, code: str = IHC, **members: object) -> Finding:
    return finding("her2_ihc_score", observation(code, value, **members))


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (coded("LA6111-4", LOINC), "0"),
        (coded("LA11841-6", LOINC), "1+"),
        (coded("LA11842-4", LOINC), "2+"),
        (coded("LA11843-2", LOINC), "3+"),
        (coded("260347006"), "1+"),
        (coded("260348001"), "2+"),
        (coded("260349009"), "3+"),
        (coded(POSITIVE, display="Positive (IHC 3+)"), "3+"),
        (coded(EQUIVOCAL, display="Equivocal (IHC 2+)"), "2+"),
        (coded("x", "https://cap.org/eCC", display="Negative (Score 0)"), "0"),
        (coded("x", "http://example.org/codes", display="Positive (Score 3+)"), "3+"),
        (text("Positive (3+)"), "3+"),
        (text("negative (1+)"), "1+"),
        (text("negative (0)"), "0"),
        (text("borderline (2+)"), "2+"),
        (text("HER2 Positive (3+)"), "3+"),
        (text("HER-2/neu: 3 +"), "3+"),
        (text("c-erbB-2 3+"), "3+"),
        (text("HER2 IHC 3"), "3+"),
        (text("score of 1"), "1+"),
        (text("+++"), "3+"),
        (text("3 plus"), "3+"),
        (quantity(3, "+"), "3+"),
        (text("+"), "1+"),
        ({"valueString": "3+"}, "3+"),
        ({"valueString": "3"}, "3+"),
        ({"valueString": " 2.0 "}, "2+"),
        ({"valueInteger": 3}, "3+"),
        ({"valueInteger": 0}, "0"),
        (quantity(3, "{score}"), "3+"),
        (quantity(0, "score"), "0"),
        (quantity("1.0", "{score}"), "1+"),
        ({"interpretation": [concept(POSITIVE, SNOMED, display="Positive 3+")]}, "3+"),
    ],
)
def test_a_score_counts_wherever_it_stands_in_the_result(value: Json, score: str) -> None:
    assert ihc(value).value == score


@pytest.mark.parametrize("code", [IHC, "18474-7", "72383-3"])
def test_every_code_of_an_immune_stain_counts(code: str) -> None:
    assert ihc(text("3+"), code).value == "3+"


def test_a_score_in_a_component_counts() -> None:
    part = {"code": concept(IHC), **coded("LA11843-2", LOINC)}
    assert finding("her2_ihc_score", observation("74885-5", component=[part])).value == "3+"


@pytest.mark.parametrize(
    "value",
    [
        text("2-3+"),
        text("2+-3+"),
        text("2\u20133+"),
        text("2 to 3+"),
        text("2 or 3+"),
        text("between 2 and 3+"),
        text("2/3+"),
        {"valueString": "2~3+"},
        text("not 3+"),
        text("not 3 plus"),
        text("2 to 3 plus"),
        text("less than 3+"),
        text("<3+"),
        text("no 3+ staining"),
        text("ER+ PR+"),
        text("4+"),
        text("HER2+"),
        text("HER-2 +"),
        quantity(3),
        quantity(3, "%"),
        quantity(3, "{score}", ">"),
        quantity("2.5", "{score}"),
        quantity(4, "{score}"),
        quantity("NaN", "{score}"),
        {"valueInteger": 4},
        text("not performed"),
        text("negative (unknown)"),
        coded("LA13538-6", LOINC),
        coded("LA11884-6", LOINC),
        {"dataAbsentReason": concept("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")},
    ],
)
def test_a_result_without_a_sure_score_is_unknown_and_shown(value: Json) -> None:
    found = ihc(value)
    assert found.state is State.UNKNOWN
    assert found.note
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


@pytest.mark.parametrize(
    "value", [coded(POSITIVE), coded("LA6576-8", LOINC), text("Positive"), {"valueString": "POSITIVE"}]
)
def test_a_bare_positive_supports_and_does_not_prove(value: Json) -> None:
    found = ihc(value)
    assert found.state is State.UNKNOWN
    assert "Seen, but no result" in found.note


@pytest.mark.parametrize(
    "value", [coded(NEGATIVE), coded("LA6577-6", LOINC), text("Negative"), text("HER2 not over-expressed")]
)
def test_a_bare_negative_is_not_met(value: Json) -> None:
    found = judged(observation(IHC, value))
    assert truths(found)["her2-positive.ihc"] == "not-met"
    assert "Immunohistochemistry is not positive" in reasons(found)["her2-positive.ihc"].note


@pytest.mark.parametrize("value", [coded(EQUIVOCAL), text("equivocal")])
def test_a_bare_equivocal_is_two_plus(value: Json) -> None:
    assert ihc(value).value == "2+"


@pytest.mark.parametrize(
    ("score", "ihc_alone", "group"),
    [("3+", "met", "met"), ("2+", "not-met", "unknown"), ("1+", "not-met", "not-met"), ("0", "not-met", "not-met")],
)
def test_only_three_plus_meets_and_two_plus_leaves_ish_open(score: str, ihc_alone: str, group: str) -> None:
    found = truths(judged(observation(IHC, text(f"IHC {score}"))))
    assert found["her2-positive.ihc"] == ihc_alone
    assert found["her2-positive"] == group


def test_two_plus_says_that_ish_decides() -> None:
    assert "equivocal: ISH decides" in reasons(judged(observation(IHC, text("2+"))))["her2-positive.ihc"].note


@pytest.mark.parametrize(("ish", "group"), [("positive", "met"), ("negative", "not-met"), ("equivocal", "unknown")])
def test_after_two_plus_ish_decides_the_group(ish: str, group: str) -> None:
    found = judged(observation(IHC, text("2+")), observation("85318-4", text(ish)))
    assert truths(found)["her2-positive"] == group


@pytest.mark.parametrize(
    "value", [coded(POSITIVE), coded("LA6577-6", LOINC), text("3"), text("(3)"), {"valueInteger": 3}]
)
def test_an_overall_status_without_a_method_decides_nothing(value: Json) -> None:
    found = judged(observation(OVERALL, value))
    assert truths(found)["her2-positive.ihc"] == truths(found)["her2-positive.ish"] == "unknown"
    assert "Observation/" in reasons(found)["her2-positive.ihc"].note


def test_an_overall_status_that_names_an_ihc_score_counts_as_ihc() -> None:
    assert ihc(text("Positive (IHC 3+)"), OVERALL).value == "3+"


def test_an_overall_status_counts_by_its_method_element() -> None:
    by_stain = concept("433114000", SNOMED)
    assert ihc(coded(NEGATIVE), OVERALL, method=by_stain).value == "negative"


def test_a_method_element_against_the_code_counts_for_neither_and_is_shown() -> None:
    torn = observation(IHC, text("3+"), method=concept("1303773004", SNOMED))
    found = judged(torn)
    assert truths(found)["her2-positive"] == "unknown"
    assert torn["id"] in reasons(found)["her2-positive.ihc"].note
    assert torn["id"] in reasons(found)["her2-positive.ish"].note


@pytest.mark.parametrize("code", ["32996-1", "42914-2", "51981-9", "42783-1", "72382-5"])
def test_serum_markers_mutations_and_quantities_are_no_tissue_status(code: str) -> None:
    found = judged(observation(code, text("Positive (3+), amplified")))
    assert truths(found)["her2-positive"] == "unknown"
    assert reasons(found)["her2-positive.ihc"].note == "The chart does not say."


@pytest.mark.parametrize(
    ("code", "system"), [("427685000", SNOMED), ("Z17.31", "http://hl7.org/fhir/sid/icd-10-cm"), ("1381317004", SNOMED)]
)
def test_a_diagnosis_that_states_her2_supports_and_does_not_prove(code: str, system: str) -> None:
    found = finding("her2_ihc_score", condition(code, system))
    assert found.state is State.UNKNOWN
    assert found.evidence[0].role is Role.POSSIBLE


def test_a_refuted_statement_of_her2_supports_nothing() -> None:
    assert finding("her2_ihc_score", condition("427685000", SNOMED, verified="refuted")).evidence == ()


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_result_that_was_withdrawn_counts_for_nothing(status: str) -> None:
    found = ihc(text("3+"), status=status)
    assert (found.state, found.evidence) == (State.UNKNOWN, ())


@pytest.mark.parametrize("status", ["preliminary", "registered", "unknown", None])
def test_a_result_that_is_not_final_is_shown_and_proves_nothing(status: str | None) -> None:
    found = ihc(text("3+"), status=status)
    assert found.state is State.UNKNOWN
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_final_or_amended_result_counts(status: str) -> None:
    assert ihc(text("3+"), status=status).value == "3+"


def test_a_result_dated_after_today_is_an_error_and_counts_for_nothing() -> None:
    assert ihc(text("3+"), on="2026-11-25").state is State.UNKNOWN


def test_a_code_against_its_own_display_is_a_conflict() -> None:
    assert ihc(coded("LA11841-6", LOINC, display="2+")).state is State.CONFLICTING


@pytest.mark.parametrize("words", ["Negative (3+)", "Positive (1+)", "Positive (2+)", "1+, formerly 3+", "2+ and 1+"])
def test_a_score_against_its_own_word_or_another_score_is_no_result(words: str) -> None:
    assert ihc(text(words)).state in (State.CONFLICTING, State.UNKNOWN)
    assert ihc(text(words)).value is None


def test_positive_and_negative_in_one_result_is_a_conflict() -> None:
    assert ihc(coded(POSITIVE, display="Negative")).state is State.CONFLICTING


def test_a_report_that_names_the_test_is_possible_evidence_and_never_decides() -> None:
    report = resource(
        "DiagnosticReport",
        status="final",
        code=concept(IHC),
        conclusion="HER2 3+",
        conclusionCode=[concept("LA11843-2")],
        effectiveDateTime="2026-01-01",
    )
    found = finding("her2_ihc_score", report)
    assert found.state is State.UNKNOWN
    assert [(one.reference, one.role) for one in found.evidence] == [
        (f"DiagnosticReport/{report['id']}", Role.POSSIBLE)
    ]
    assert finding("her2_ish_result", report).evidence == ()
    assert finding("her2_ihc_score", report | {"status": "cancelled"}).evidence == ()
    waiting = finding("her2_ihc_score", report | {"status": "preliminary"})
    assert (waiting.state, "not final" in waiting.note) == (State.UNKNOWN, True)
    assert finding("her2_ihc_score", report | {"code": concept("32996-1")}).evidence == ()
