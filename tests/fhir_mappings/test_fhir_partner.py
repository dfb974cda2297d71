"""The combination partner: reading 15."""

from datetime import date

import pytest
from fhir_charts import (
    ICD,
    ON,
    Json,
    before,
    chart_of,
    concept,
    condition,
    counted,
    cycles,
    dispensed,
    finding,
    given,
    judged,
    order_of,
    policies,
    prescribed,
    reasons,
    taken,
    truths,
)

from fhir_mappings.judgement.judge import Judge
from policies.model.findings import Role, State

PARTNERS = ["capecitabine", "eribulin", "gemcitabine", "vinorelbine"]


def truth(*values: Json, **call: object) -> str:
    return truths(judged(*values, **call))["combination-chemotherapy"]  # type: ignore[arg-type]


@pytest.mark.parametrize("drug", PARTNERS)
def test_a_partner_drafted_in_the_same_call_is_met(drug: str) -> None:
    found = judged(beside=[order_of(drug)])
    assert truths(found)["combination-chemotherapy"] == "met"
    assert reasons(found)["combination-chemotherapy"].evidence[0].summary == f"{drug} drafted in the same call"


@pytest.mark.parametrize("status", ["draft", "active", None])
def test_a_draft_that_is_meant_counts(status: str | None) -> None:
    assert truth(beside=[order_of("capecitabine", status=status)]) == "met"


@pytest.mark.parametrize(
    "members",
    [{"status": "cancelled"}, {"status": "entered-in-error"}, {"status": "completed"}, {"doNotPerform": True}]
    + [{"intent": intent} for intent in ("proposal", "plan", "option")],
)
def test_a_draft_that_is_not_meant_is_no_partner(members: Json) -> None:
    assert truth(beside=[order_of("capecitabine", **members)]) == "unknown"


@pytest.mark.parametrize(("days", "outcome"), [(0, "met"), (60, "met"), (61, "unknown")])
@pytest.mark.parametrize("record", [prescribed, taken])
def test_a_running_partner_counts_from_sixty_days_before_the_order(record: object, days: int, outcome: str) -> None:
    assert truth(record("vinorelbine", before(days), status="active")) == outcome  # type: ignore[operator]


def test_a_partner_that_starts_after_the_order_counts() -> None:
    assert truth(prescribed("eribulin", "2026-11-20", status="active"), on="2026-11-10") == "met"


@pytest.mark.parametrize("status", ["in-progress", "completed"])
@pytest.mark.parametrize(("days", "outcome"), [(60, "met"), (61, "unknown")])
def test_a_recent_giving_counts(status: str, days: int, outcome: str) -> None:
    assert truth(given("gemcitabine", before(days), status=status)) == outcome


def test_a_giving_of_a_course_that_began_earlier_is_no_partner() -> None:
    course = cycles("capecitabine", before(90), 4)
    found = judged(condition(), *course)
    assert truths(found)["combination-chemotherapy"] == "unknown"
    assert "no proof that it is given together" in reasons(found)["combination-chemotherapy"].note
    assert counted("prior_lines_advanced", condition(), condition("C78.7", onsetDateTime="2020-01-01"), *course) == 1


def test_a_course_long_ago_does_not_stand_in_the_way_of_a_new_one() -> None:
    assert truth(*cycles("capecitabine", "2024-01-01", 4), given("capecitabine", before(20))) == "met"


@pytest.mark.parametrize(
    "over",
    [
        taken("gemcitabine", before(40), before(10), status="stopped"),
        taken("gemcitabine", before(40), before(10), status="completed"),
        prescribed("gemcitabine", before(41), status="stopped"),
    ],
)
def test_a_giving_whose_course_was_ended_is_no_partner(over: Json) -> None:
    assert truth(over, given("gemcitabine", before(40))) == "unknown"


@pytest.mark.parametrize(
    "other",
    [
        taken("gemcitabine", before(40), "2027-01-01", status="completed"),
        taken("gemcitabine", "2020-01-01", "2020-06-01", status="completed"),
        prescribed("gemcitabine", before(41)),
        prescribed("gemcitabine", before(5), status="stopped"),
        prescribed("gemcitabine", None, status="stopped"),
    ],
)
def test_another_record_that_does_not_end_the_course_leaves_the_giving(other: Json) -> None:
    assert truth(other, given("gemcitabine", before(40))) == "met"


@pytest.mark.parametrize(
    "record",
    [
        taken("capecitabine", before(30), before(1)),
        taken("capecitabine", before(30), status="stopped"),
        taken("capecitabine", before(30), status="on-hold"),
        taken("capecitabine", None),
        prescribed("capecitabine", before(30)),
        prescribed("capecitabine", before(30), status="stopped"),
        prescribed("capecitabine", before(30), status="on-hold"),
        given("capecitabine", before(30), status="stopped"),
        dispensed("capecitabine", before(30)),
    ],
)
def test_a_partner_that_is_over_or_not_sure_is_shown_and_asked(record: Json) -> None:
    found = finding("combination_partner", record)
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert record["id"] in found.note


def test_a_partner_that_ends_on_the_day_of_the_order_is_not_over() -> None:
    assert truth(taken("capecitabine", before(30), before(0))) == "met"


@pytest.mark.parametrize(
    "record",
    [
        prescribed("capecitabine", before(3), status="cancelled"),
        prescribed("capecitabine", before(3), status="draft"),
        prescribed("capecitabine", before(3), status="active", doNotPerform=True),
        prescribed("capecitabine", before(3), status="active", intent="proposal"),
        given("capecitabine", before(3), status="not-done"),
        taken("capecitabine", before(3), status="intended"),
        taken("capecitabine", before(3), status="entered-in-error"),
    ],
)
def test_a_partner_that_was_cancelled_or_refused_is_nothing(record: Json) -> None:
    assert finding("combination_partner", record) == finding("combination_partner")


@pytest.mark.parametrize("drug", ["paclitaxel", "docetaxel", "trastuzumab"])
def test_another_drug_beside_the_order_proves_nothing_and_is_named(drug: str) -> None:
    found = judged(taken(drug, before(10)), beside=[order_of("carboplatin")])
    assert truths(found)["combination-chemotherapy"] == "unknown"
    note = reasons(found)["combination-chemotherapy"].note
    assert note.startswith("Another drug runs beside the order")
    assert drug in note
    assert "carboplatin drafted in the same call" in note


def test_a_partner_for_another_cancer_is_none() -> None:
    colon = [condition("C18.9")]
    assert truth(taken("capecitabine", before(10), reasonCode=[concept("C18.9", ICD)])) == "unknown"
    assert truth(condition(), *colon, taken("capecitabine", before(10))) == "unknown"
    assert truth(condition(), *colon, taken("capecitabine", before(10), reasonCode=[concept("C50.911", ICD)])) == "met"


def test_the_partner_is_no_earlier_line() -> None:
    file = [condition(), condition("C78.7", onsetDateTime="2020-01-01")]
    assert counted("prior_lines_advanced", *file, taken("capecitabine", before(60))) == 0
    assert counted("prior_lines_advanced", *file, taken("capecitabine", before(61))) == 1
    assert counted("prior_lines_advanced", *file, taken("paclitaxel", before(60))) == 1


def test_a_drafted_partner_goes_before_a_running_one() -> None:
    found = judged(taken("capecitabine", before(10)), beside=[order_of("vinorelbine")])
    assert found.findings["combination_partner"].value == "vinorelbine"
    assert len(found.findings["combination_partner"].evidence) == 2


def test_silence_is_unknown() -> None:
    assert finding("combination_partner").note == "The chart does not say."


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        ({"note": [{"text": "Give with eribulin on days 1 and 8"}]}, ["eribulin"]),
        ({"dosageInstruction": [{"text": "15 mg/kg every 3 weeks with capecitabine"}]}, ["capecitabine"]),
        ({"note": [{"text": "Margetuximab, not with gemcitabine"}]}, []),
        ({"note": [{"text": "Eribulin or vinorelbine"}]}, []),
        ({"note": [{"text": "Per protocol"}]}, []),
    ],
)
def test_a_partner_that_only_the_order_names_is_one_question(members: Json, asked: list[str]) -> None:
    found = Judge(policies()).judge([order_of(**members)], chart_of(condition()), date.fromisoformat(ON))[0]
    partner = found.findings["combination_partner"]
    assert partner.state is State.UNKNOWN
    assert [one.means for one in partner.proposals] == asked
