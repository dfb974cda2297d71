"""The kind `drugs_tried`: its examples, and what else a chart can hold of it."""

from policies.kinds.trials import DRUGS_TRIED
from policies.model.case_words import Example
from tests.kinds.general_kinds import PATIENT, Json, catalogue, comes_to, days_ago, examples, found, said

WITH = {"drugs": "margetuximab-partners", "at_least_days": 90, "within_days": 1825, "reasons": "stop-reasons"}


@examples(DRUGS_TRIED)
def test_an_example_comes_to_what_the_kind_says(example: Example) -> None:
    read, told = comes_to(DRUGS_TRIED, WITH, example)
    assert read == told


def course(drug: str, first: int, last: int, *, why: bool = True) -> Json:
    code = next(one for one in catalogue().drugs.by_id[drug].codes if one.confidence == "verified")
    reasons = catalogue().terminology.codes("stop-reasons", "2026-11-24").members
    reason = next(one for one in reasons if one.decides and one.means == "not tolerated")
    return {
        "resourceType": "MedicationStatement",
        "id": f"{drug}-{first}",
        "status": "stopped",
        "subject": PATIENT,
        "medicationCodeableConcept": {"coding": [{"system": code.system.uri, "code": code.code}]},
        "effectivePeriod": {"start": days_ago(first), "end": days_ago(last)},
        **({"statusReason": [{"coding": [{"system": reason.system.uri, "code": reason.code}]}]} if why else {}),
    }


def test_two_drugs_are_counted_and_two_courses_of_one_are_one() -> None:
    two = [course("capecitabine", 400, 300), course("eribulin", 250, 150)]
    assert said(found(DRUGS_TRIED, WITH, two)).startswith("2 or more")
    one = [course("capecitabine", 400, 300), course("capecitabine", 200, 100)]
    assert said(found(DRUGS_TRIED, WITH, one)).startswith("1 or more")


def test_a_course_that_falls_short_or_ended_for_no_known_reason_is_not_counted() -> None:
    short = [course("capecitabine", 400, 300), course("eribulin", 250, 161)]
    assert said(found(DRUGS_TRIED, WITH, short)).startswith("1 or more")
    open_ = [course("capecitabine", 400, 300, why=False), course("eribulin", 250, 150, why=False)]
    assert said(found(DRUGS_TRIED, WITH, open_)).startswith("unknown")
