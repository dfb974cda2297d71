"""An answer over the chart: it wins, a contradiction is listed with both sides, a repeated fact counts as strong."""

import pytest
from form_parts import as_json, favourable, form_named, response, ruling
from test_forms_round_trip import ECOG_3, HER2_NEGATIVE, reasons

from fhir_mappings.judgement.answer_overlay import laid_over
from policies.evaluation.findings_codec import from_plain, to_plain
from policies.evaluation.ruling import Ruling
from policies.model.findings import Evidence, Finding, Origin, Range, Role, State, Strength, Value
from policies.model.truth import Truth
from tests.words import said

WORD = Evidence("QuestionnaireResponse/qr1", "Answered", "2026-11-20", strength=Strength.WEAK)
SHOWN = (Evidence("Observation/1", "A result", "2026-11-01"), Evidence("Observation/2", "Another", "2026-11-02"))
MAYBE = Evidence("DiagnosticReport/1", "A report", role=Role.POSSIBLE)


def answered(value: Value) -> Finding:
    return Finding.known(value, (WORD,), "Answered in the form.", Origin.ANSWER)


def chart(value: Value) -> Finding:
    return Finding.known(value, (*SHOWN, MAYBE))


def over(value: Value, known: Finding) -> Finding:
    return laid_over(answered(value), known)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (True, True),
        (False, False),
        ("3+", "3+"),
        (Range.exactly(2), Range.exactly(2)),
        (Range.exactly(4), Range(4)),
        (Range.exactly(1), Range(1, 2)),
    ],
)
def test_an_answer_that_repeats_the_chart_is_as_strong_as_the_chart(value: Value, known: Value) -> None:
    found = over(value, chart(known))
    assert (found.value, found.origin, found.overruled) == (value, Origin.ANSWER, ())
    assert found.counted == (WORD._replace(strength=Strength.STRONG), *SHOWN)


def test_a_repeated_fact_that_rests_on_weak_evidence_stays_weak() -> None:
    weak = (SHOWN[0]._replace(strength=Strength.WEAK),)
    found = over(value=True, known=Finding.yes(weak))
    assert [one.strength for one in found.counted] == [Strength.STRONG, Strength.WEAK]


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (True, False),
        (False, True),
        ("3+", "2+"),
        (Range.exactly(3), Range(4)),
        (Range.exactly(3), Range(1, 2)),
        (Range.exactly(1), Range.exactly(2)),
    ],
)
def test_an_answer_against_the_chart_wins_and_both_are_kept(value: Value, known: Value) -> None:
    found = over(value, chart(known))
    assert (found.state, found.value, found.origin) == (State.KNOWN, value, Origin.ANSWER)
    assert (found.counted, found.overruled) == ((WORD,), SHOWN)
    assert said(found.note) == (
        "Answered in the form. The chart says otherwise: A result, 2026-11-01, Observation/1; "
        "Another, 2026-11-02, Observation/2."
    )


@pytest.mark.parametrize(("value", "known"), [(5, Range(4)), (2, Range(1, 2)), (3, Range(1, 3))])
def test_a_number_that_the_chart_leaves_open_is_no_contradiction_and_no_proof(value: int, known: Range) -> None:
    found = over(Range.exactly(value), chart(known))
    assert found == answered(Range.exactly(value))


def test_where_the_chart_does_not_say_the_answer_stands_alone() -> None:
    assert over("3+", Finding.unknown("Seen.", (MAYBE,))) == answered("3+")
    assert over(value=True, known=Finding.known(value=True, origin=Origin.POLICY)) == answered(value=True)


def test_an_answer_settles_a_conflict_and_is_weak_even_if_it_takes_a_side() -> None:
    found = over("3+", Finding.conflicting("Two results.", SHOWN))
    assert (found.value, found.counted, found.overruled) == ("3+", (WORD,), SHOWN)


def test_only_an_answer_overrules() -> None:
    with pytest.raises(ValueError, match="only a person's answer"):
        Finding(State.KNOWN, value=True, evidence=SHOWN, overruled=SHOWN)


def test_what_was_overruled_is_kept_with_a_determination() -> None:
    kept = {"ecog": over(Range.exactly(1), chart(Range.exactly(3)))}
    assert from_plain(to_plain(kept)) == kept
    older = to_plain(kept)
    del older["ecog"]["overruled"]
    assert from_plain(older)["ecog"].overruled == ()


def test_a_contradicted_answer_opens_no_question_and_is_listed_with_both_sides() -> None:
    form = form_named("elranatamab-initial")
    found = ruling(form, response(form, favourable(form) | {"ecog": {"valueInteger": 1}}), ECOG_3)
    assert (found.truth, found.questions) == (Truth.MET, ())
    assert listed(found) == {"ecog": ["QuestionnaireResponse/qr1", "Observation/ecog1"]}


def test_a_repeated_answer_is_listed_nowhere_and_strong() -> None:
    form = form_named("elranatamab-initial")
    found = ruling(form, response(form, favourable(form) | {"ecog": {"valueInteger": 2}}), ECOG_3 | {"valueInteger": 2})
    assert found.conflicts == ()
    assert reasons(found)["ecog"].strong
    assert not reasons(found)["diagnosis.multiple-myeloma"].strong


def test_an_answer_against_a_proven_negative_is_listed_though_another_test_decides() -> None:
    form = form_named("margetuximab-initial")
    given = favourable(form) | {"her2_ish_result": as_json(form, "positive")}
    found = ruling(form, response(form, given), HER2_NEGATIVE)
    assert (found.truth, list(listed(found))) == (Truth.MET, ["her2_ish_result"])


def listed(found: Ruling) -> dict[str, list[str]]:
    return {one.criterion.fact: [item.reference for item in one.evidence] for one in found.conflicts}
