"""Records that contradict each other are proposed side by side: a person says which stands."""

import pytest
from fhir_charts import BREAST, MYELOMA, Json, condition, judged, observation, text

from fhir_mappings.forms.form import form_of
from fhir_mappings.judgement.answer_overlay import laid_over
from fhir_mappings.questionnaires.draft_response import answered
from policies.model.criteria import RequestKind
from policies.model.findings import Evidence, Finding, Origin, Role, State, Strength, Value

IHC, ISH = "85319-2", "85318-4"
ANSWERED = Evidence("QuestionnaireResponse/r", "Answered", role=Role.POSSIBLE)


def result(code: str, said: str, on: str) -> Json:
    return observation(code, text(said), on=on)


def finding(fact: str, *records: Json, drug: str = BREAST) -> Finding:
    return judged(*records, drug=drug).findings[fact]


def sides(found: Finding) -> set[tuple[Value, str]]:
    assert found.state is State.CONFLICTING
    return {(one.means, one.date) for one in found.proposed}


def test_two_results_of_one_test_are_two_sides() -> None:
    found = finding(
        "her2_ish_result", result(ISH, "amplified", "2023-02-07"), result(ISH, "not amplified", "2026-03-05")
    )
    assert sides(found) == {("positive", "2023-02-07"), ("negative", "2026-03-05")}


def test_a_score_and_a_negative_hybridization_are_two_sides_of_the_score() -> None:
    found = finding("her2_ihc_score", result(IHC, "3+", "2023-02-07"), result(ISH, "negative", "2024-03-05"))
    assert sides(found) == {("3+", "2023-02-07"), ("negative", "2024-03-05")}


def test_a_result_that_contradicts_its_own_number_is_both_sides() -> None:
    found = finding("her2_ish_result", result(ISH, "Amplified (HER2/CEP17 ratio 1.3)", "2025-06-10"))
    assert sides(found) == {("positive", "2025-06-10"), ("negative", "2025-06-10")}
    assert len({one.id for one in found.proposed}) == 2


def test_a_relapse_and_a_remission_are_two_sides() -> None:
    relapse = condition("C90.02", recordedDate="2024-01-09")
    remission = condition("C90.01", recordedDate="2025-01-09")
    found = finding("relapsed_or_refractory", relapse, remission, drug=MYELOMA)
    assert sides(found) == {(True, "2024-01-09"), (False, "2025-01-09")}


@pytest.mark.parametrize(("chosen", "other"), [("positive", "negative"), ("negative", "positive")])
def test_a_yes_to_one_side_stands_with_its_record_against_the_other(chosen: str, other: str) -> None:
    found = finding(
        "her2_ish_result", result(ISH, "amplified", "2023-02-07"), result(ISH, "not amplified", "2026-03-05")
    )
    by = {one.means: one for one in found.proposed}
    clicks = Finding(State.UNKNOWN, evidence=(ANSWERED,), origin=Origin.ANSWER, proposals=(by[chosen].answered(True),))
    typed = Finding.known(
        chosen, (ANSWERED._replace(role=Role.FOR, strength=Strength.WEAK),), "Answered.", Origin.ANSWER
    )
    for answer in (clicks, typed):
        after = laid_over(answer, found)
        assert (after.value, after.origin) == (chosen, Origin.ANSWER)
        assert by[chosen].reference in {one.reference for one in after.counted}
        assert {one.reference for one in after.overruled} == {by[other].reference}


def test_a_no_to_each_side_leaves_the_contradiction() -> None:
    found = finding(
        "her2_ish_result", result(ISH, "amplified", "2023-02-07"), result(ISH, "not amplified", "2026-03-05")
    )
    said = tuple(one.answered(answer=False) for one in found.proposed)
    after = laid_over(Finding(State.UNKNOWN, evidence=(ANSWERED,), origin=Origin.ANSWER, proposals=said), found)
    assert after.state is State.CONFLICTING
    assert not after.proposed


def test_what_was_drawn_from_another_test_is_no_answer_in_a_draft() -> None:
    """A stain of 1+ alone is negative by the policy; that a hybridization was negative nobody has said."""
    judgement = judged(condition(), result(IHC, "1+", "2026-03-05"))
    assert judgement.policy is not None
    form = form_of(judgement.policy, RequestKind.INITIAL, "https://cds.example.org")
    ish = judgement.findings["her2_ish_result"]
    assert (ish.value, ish.state) == ("negative", State.KNOWN)
    assert answered(form, form.questions["her2_ish_result"], ish) is None
    assert answered(form, form.questions["her2_ihc_score"], judgement.findings["her2_ihc_score"]) is not None
