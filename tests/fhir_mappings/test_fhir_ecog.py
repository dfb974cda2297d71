"""ECOG performance status: reading 16."""

import pytest
from fhir_charts import (
    LOINC,
    MYELOMA,
    SNOMED,
    Json,
    before,
    coded,
    concept,
    ecog,
    finding,
    judged,
    observation,
    quantity,
    reasons,
    text,
    truths,
)

from policies.model.findings import Finding, Range, Role, State


def status(*values: Json) -> Finding:
    return finding("ecog", *values, drug=MYELOMA)


def truth(*values: Json) -> str:
    return truths(judged(*values, drug=MYELOMA))["ecog"]


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        ({"valueInteger": 0}, 0),
        ({"valueInteger": 5}, 5),
        (quantity(1), 1),
        (quantity(2, "{score}"), 2),
        (quantity("2.0", "1"), 2),
        ({"valueString": "1"}, 1),
        ({"valueString": "ECOG 3"}, 3),
        (coded("LA9622-7", LOINC), 0),
        (coded("LA9624-3", LOINC, display="2 - Ambulatory, up more than 50% of waking hours"), 2),
        (coded("423053003", display="ECOG performance status - grade 3"), 3),
        ({"interpretation": [{"coding": [{"system": SNOMED, "code": "422512005"}]}]}, 1),
    ],
)
def test_a_grade_is_read_wherever_it_stands(value: Json, grade: int) -> None:
    assert status(ecog(value)).value == Range.exactly(grade)


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 6},
        {"valueInteger": 70},
        {"valueInteger": -1},
        quantity("1.5"),
        quantity(1, "%"),
        quantity(2, "{score}", "<"),
        quantity("NaN"),
        {"valueString": "good"},
        text("1 of 5"),
        coded("LA9623-5", LOINC, display="ECOG 3"),
        {"valueInteger": 1, "valueString": "2"},
        {"valueRange": {"low": {"value": 3}, "high": {"value": 2}}},
        {"valueRange": {"low": {"value": 1}, "high": {"value": 7}}},
        {},
    ],
)
def test_a_result_that_is_no_one_grade_is_shown_and_asked(value: Json) -> None:
    found = status(ecog(value))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "cannot be read as one grade" in found.note


@pytest.mark.parametrize(
    ("grade", "outcome"), [(0, "met"), (1, "met"), (2, "met"), (3, "not-met"), (4, "not-met"), (5, "not-met")]
)
def test_grades_up_to_two_are_met(grade: int, outcome: str) -> None:
    assert truth(ecog({"valueInteger": grade})) == outcome


def test_a_grade_that_is_too_high_says_so() -> None:
    assert reasons(judged(ecog({"valueInteger": 3}), drug=MYELOMA))["ecog"].note == "The newest grade on record is 3."


@pytest.mark.parametrize(("days", "outcome"), [(0, "met"), (90, "met"), (91, "unknown")])
def test_a_grade_is_current_up_to_ninety_days(days: int, outcome: str) -> None:
    assert truth(ecog({"valueInteger": 1}, before(days))) == outcome


def test_an_older_grade_is_shown_and_asked_again() -> None:
    found = status(ecog({"valueInteger": 4}, before(91)))
    assert "older than 90 days" in found.note
    assert found.evidence[0].role is Role.POSSIBLE


def test_an_older_bad_grade_decides_nothing() -> None:
    assert truth(ecog({"valueInteger": 4}, before(91))) == "unknown"


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"valueString": "1-2"}, "met"),
        ({"valueString": "2-3"}, "unknown"),
        ({"valueString": "ECOG 3 to 4"}, "not-met"),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 3}}}, "unknown"),
        ({"valueRange": {"low": {"value": 0}, "high": {"value": 1}}}, "met"),
    ],
)
def test_a_range_across_the_limit_is_unknown(value: Json, outcome: str) -> None:
    assert truth(ecog(value)) == outcome


def test_a_range_says_its_ends() -> None:
    assert status(ecog({"valueString": "2-3"})).note == "The newest results leave a range from 2 to 3."


def test_the_newest_grade_speaks() -> None:
    assert truth(ecog({"valueInteger": 3}, before(30)), ecog({"valueInteger": 1}, before(3))) == "met"
    assert truth(ecog({"valueInteger": 1}, before(30)), ecog({"valueInteger": 3}, before(3))) == "not-met"


@pytest.mark.parametrize(
    ("one", "two", "outcome"), [(2, 3, "unknown"), (1, 2, "met"), (3, 4, "not-met"), (1, 1, "met")]
)
def test_two_grades_of_one_day_are_a_range(one: int, two: int, outcome: str) -> None:
    assert truth(ecog({"valueInteger": one}), ecog({"valueInteger": two})) == outcome


def test_a_grade_dated_to_the_month_may_be_the_newest_or_not() -> None:
    assert truth(ecog({"valueInteger": 1}, "2026-11"), ecog({"valueInteger": 3}, "2026-11-20")) == "unknown"
    assert truth(ecog({"valueInteger": 1}, "2026-10"), ecog({"valueInteger": 1}, "2026-11-20")) == "met"


def test_a_month_must_be_current_on_every_day_that_it_can_mean() -> None:
    assert truth(ecog({"valueInteger": 1}, "2026-08")) == "unknown"
    assert truth(ecog({"valueInteger": 1}, "2026-09")) == "met"


def test_the_newest_result_that_cannot_be_read_hides_an_older_one() -> None:
    assert truth(ecog({"valueInteger": 1}, before(30)), ecog({"valueString": "?"}, before(3))) == "unknown"


def test_a_result_that_says_it_has_no_value_is_passed_over() -> None:
    absent = {"dataAbsentReason": {"text": "not asked"}}
    assert truth(ecog({"valueInteger": 1}, before(30)), ecog(absent, before(3))) == "met"
    assert status(ecog(absent)).note == "The chart does not say."


@pytest.mark.parametrize("state", ["cancelled", "entered-in-error"])
def test_a_grade_that_was_withdrawn_is_passed_over(state: str) -> None:
    assert truth(ecog({"valueInteger": 1}, before(30)), ecog({"valueInteger": 3}, before(3), status=state)) == "met"


@pytest.mark.parametrize(("days", "outcome"), [(29, "unknown"), (30, "met"), (31, "met")])
def test_a_newer_grade_that_is_not_final_leaves_it_open(days: int, outcome: str) -> None:
    draft = ecog({"valueInteger": 3}, before(days), status="preliminary")
    assert truth(ecog({"valueInteger": 1}, before(30)), draft) == outcome


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("ECOG: 1", 1, 1),
        ("ECOG PS 1", 1, 1),
        ("ECOG performance status 2", 2, 2),
        ("PS: 0", 0, 0),
        ("WHO grade 3", 3, 3),
        ("ECOG=2", 2, 2),
        ("Zubrod score 1", 1, 1),
        ("ECOG PS 0-1", 0, 1),
        ("ECOG 1 to 2", 1, 2),
        ("1\u20132", 1, 2),
    ],
)
def test_a_text_that_is_nothing_but_a_grade_is_read(words: str, low: int, high: int) -> None:
    for value in (
        {"valueString": words},
        text(words),
        {"valueCodeableConcept": concept("x", "http://a.b", display=words)},
    ):
        assert status(ecog(value)).value == Range(low, high)


@pytest.mark.parametrize(
    "words", ["1/5", "KPS 80", "90%", "ECOG 1 (was 3)", "ECOG not done", "1, formerly 0", "2-1", "ECOG 12", "up to 2"]
)
def test_a_text_that_is_more_than_a_grade_is_shown_as_written(words: str) -> None:
    for value in ({"valueString": words}, text(words)):
        found = status(ecog(value))
        assert (found.state, words in found.note) == (State.UNKNOWN, True)


def test_a_grade_in_a_component_is_read() -> None:
    part = [{"code": concept("89247-1"), "valueInteger": 1}]
    assert truth(observation("89262-0", component=part, on=before(3))) == "met"
    assert truth(observation("99999-9", component=part, on=before(3))) == "met"
    assert truth(observation("89262-0", {"valueInteger": 3}, component=part, on=before(3))) == "unknown"


def test_a_karnofsky_component_is_no_grade() -> None:
    part = [{"code": concept("89243-0"), "valueInteger": 1}]
    assert truth(observation("99999-9", component=part, on=before(3))) == "unknown"


def test_karnofsky_is_never_converted() -> None:
    karnofsky = observation("89243-0", {"valueInteger": 90}, on=before(3))
    assert truth(karnofsky) == "unknown"
    assert truth(ecog({"valueInteger": 3}, before(30)), karnofsky) == "not-met"
    assert status(observation("89243-0", coded("LA9627-6", LOINC), on=before(3))).state is State.UNKNOWN


def test_a_grade_without_a_date_is_shown_and_never_current() -> None:
    found = status(ecog({"valueInteger": 1}, None))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "without a date" in found.note


def test_a_grade_from_the_future_is_an_error() -> None:
    assert truth(ecog({"valueInteger": 1}, "2026-11-25")) == "unknown"


@pytest.mark.parametrize(("day", "outcome"), [("2026-11-01", "not-met"), ("2026-11-02", "unknown")])
def test_a_grade_after_the_order_is_no_evidence_at_its_date(day: str, outcome: str) -> None:
    found = judged(ecog({"valueInteger": 3}, day), drug=MYELOMA, on="2026-11-01")
    assert truths(found)["ecog"] == outcome


def test_silence_is_unknown() -> None:
    assert truth() == "unknown"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Completely disabled", State.UNKNOWN),
        ("Totally confined to bed or chair", State.UNKNOWN),
        ("Fully active", State.UNKNOWN),
        ("Restricted in physically strenuous activity but ambulatory", State.KNOWN),
        ("ambulatory", State.KNOWN),
    ],
)
def test_a_coded_grade_whose_words_describe_another_one_is_unread(words: str, state: State) -> None:
    assert finding("ecog", ecog(coded("LA9623-5", LOINC, display=words)), drug=MYELOMA).state is state
