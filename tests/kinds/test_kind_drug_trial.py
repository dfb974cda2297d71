"""The kind `drug_trial`: its examples, and what else a chart can hold of it."""

from typing import Any

import pytest

from policies.kinds.trials import DRUG_TRIAL
from policies.model.case_words import Example
from tests.kinds.general_kinds import PATIENT, Json, catalogue, comes_to, days_ago, examples, found, quantity, said

WITH = {"drugs": "margetuximab-partners", "at_least_days": 90, "within_days": 1825, "reasons": "stop-reasons"}


@examples(DRUG_TRIAL)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(DRUG_TRIAL, WITH, example)
    assert read == told


REASONS = "stop-reasons"
ASKED = {"drugs": "margetuximab-partners", "at_least_days": 90, "within_days": 730, "reasons": REASONS}


def course(first: int, last: int | None, reason: str = "", *, name: str = "one", **further: Any) -> Json:
    """A statement of a course: from so many days before the order to so many."""
    drug = next(iter(catalogue().terminology.drug_set("margetuximab-partners", "2026-11-24").roles))
    code = next(one for one in catalogue().drugs.by_id[drug].codes if one.confidence == "verified")
    stopped = next(
        one
        for one in catalogue().terminology.codes(REASONS, "2026-11-24").members
        if one.decides and one.means == (reason or "not tolerated")
    )
    return {
        "resourceType": "MedicationStatement",
        "id": name,
        "status": "active" if last is None else "stopped" if reason else "completed",
        "subject": PATIENT,
        "medicationCodeableConcept": {"coding": [{"system": code.system.uri, "code": code.code}]},
        "effectivePeriod": {"start": days_ago(first), **({} if last is None else {"end": days_ago(last)})},
        **({"statusReason": [{"coding": [{"system": stopped.system.uri, "code": stopped.code}]}]} if reason else {}),
        **further,
    }


def daily(milligrams: float, frequency: int) -> Json:
    amount = {"doseQuantity": quantity(milligrams, "mg")["valueQuantity"]}
    repeat = {"frequency": frequency, "period": 1, "periodUnit": "d"}
    return {"dosage": [{"timing": {"repeat": repeat}, "doseAndRate": [amount]}]}


@pytest.mark.parametrize(
    ("courses", "given", "expected", "told"),
    [
        ([course(190, 100, "not tolerated")], ASKED, "yes", "did not do"),
        ([course(189, 100, "not tolerated")], ASKED, "unknown", "89 days on record, 90 are asked for"),
        ([course(190, 100, "no response")], ASKED, "yes", "did not do"),
        ([course(190, 100)], ASKED, "unknown", "why it ended is not on record"),
        ([course(190, 100, "no response"), course(120, 90, "other", name="two")], ASKED, "unknown", ""),
        ([course(190, 100, "no response"), course(110, 90, "not tolerated", name="two")], ASKED, "yes", "did not do"),
        ([course(190, 100, "no response"), course(99, None, name="two")], ASKED, "unknown", "has not ended"),
        ([course(190, 100, "no response"), course(190, None, name="two")], ASKED, "yes", "did not do"),
        ([course(190, None)], ASKED, "unknown", "has not ended"),
        ([course(900, 730, "no response")], ASKED, "yes", "did not do"),
        ([course(900, 731, "no response")], ASKED, "unknown", "longer ago than 730 days"),
        ([course(3660, 3650, "no response")], ASKED, "unknown", "10 days on record"),
        ([course(190, 150, "no response"), course(90, 60, name="two")], ASKED, "yes", "did not do"),
        ([course(250, 210, "no response"), course(140, 90, name="two")], ASKED, "unknown", "days on record"),
        ([course(190, 100, "no response", **daily(50, 2))], ASKED | {"at_least_mg_a_day": 100}, "yes", "did not do"),
        (
            [course(190, 100, "no response", **daily(50, 1))],
            ASKED | {"at_least_mg_a_day": 100},
            "unknown",
            "50 mg a day on record, 100 are asked for",
        ),
        (
            [course(190, 100, "no response")],
            ASKED | {"at_least_mg_a_day": 100},
            "unknown",
            "daily dose is not on record",
        ),
        ([course(190, 100, "no response", modifierExtension=[{"url": "urn:x"}])], ASKED, "unknown", ""),
        ([course(190, 100, "no response", subject={"reference": "Patient/other"})], ASKED, "unknown", ""),
        ([], ASKED, "unknown", ""),
    ],
)
def test_each_part_of_a_trial_is_judged(courses: list[Json], given: dict[str, Any], expected: str, told: str) -> None:
    state, _, note = said(found(DRUG_TRIAL, given, courses)).partition(": ")
    assert (state, told in note) == (expected, True), note


def test_a_course_that_falls_short_is_not_proposed_and_one_that_may_do_is() -> None:
    short = found(DRUG_TRIAL, ASKED, [course(189, 100, "no response")], proposed=True)
    open_ = found(DRUG_TRIAL, ASKED, [course(190, 100)], proposed=True)
    assert [one.means for one in short.proposals] == []
    assert [one.means for one in open_.proposals] == [True]


def test_a_contraindication_stands_for_a_trial() -> None:
    condition = {
        "resourceType": "Condition",
        "id": "barred",
        "subject": PATIENT,
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C90.00"}]},
    }
    given = ASKED | {"contraindications": "multiple-myeloma"}
    assert said(found(DRUG_TRIAL, given, [condition])).startswith("yes: A drug of the class cannot be tried")
