"""Courses under no code that counts: a record a cycle is one course, what began together one regimen, and one click."""

import pytest
from fhir_charts import BREAST, MYELOMA, Json, condition, cycles, given, judged, metastatic, prescribed
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from policies.model.findings import Proposal
from tests.words import said

METASTATIC_SINCE = "2022-01-01"
ADVANCED, ANY, OF_CLASS = "prior_lines_advanced", "prior_anti_her2_therapies", "prior_anti_her2_therapies_metastatic"


def in_words(words: str, start: str, number: int = 1, every: int = 21) -> list[Json]:
    """Cycles of a product that is named in words only."""
    return [one | {"medicationCodeableConcept": {"text": words}} for one in cycles("trastuzumab", start, number, every)]


def proposed(*chart: Json, fact: str = ADVANCED) -> list[Proposal]:
    found = judged(condition(), metastatic(METASTATIC_SINCE), *chart, drug=BREAST).findings
    return list(found[fact].proposals)


def test_the_cycles_of_a_regimen_in_words_are_one_question() -> None:
    names = ("Taxotere 75 mg/m2", "Herceptin 6 mg/kg", "Perjeta 420 mg")
    (one,) = proposed(*(record for name in names for record in in_words(name, "2022-02-01", 8)))
    quoted = [f'"{name}", as it is recorded (completed)' for name in sorted(names)]
    assert sorted(said(one.words).split(" + ")) == quoted
    assert one.counts == (ANY, OF_CLASS, ADVANCED)


@pytest.mark.parametrize(("pause", "number"), [(90, 1), (91, 2)])
def test_a_pause_longer_than_a_gap_begins_another_course(pause: int, number: int) -> None:
    assert len(proposed(*in_words("Enhertu", "2022-02-01", 2, every=pause))) == number


@pytest.mark.parametrize(("days", "number"), [(28, 1), (29, 2)])
def test_what_begins_within_the_window_is_one_regimen(days: int, number: int) -> None:
    second = in_words("Navelbine", "2022-02-01", 2, every=days)[1]
    assert len(proposed(*in_words("Herceptin", "2022-02-01"), second)) == number


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        # The certain line began on 2022-05-01: what surely began within its window would be part of it.
        ("2022-04-02", (ANY, OF_CLASS, ADVANCED)),
        ("2022-04-03", (ANY, OF_CLASS)),
        ("2022-05-29", (ANY, OF_CLASS)),
        ("2022-05-30", (ANY, OF_CLASS, ADVANCED)),
        ("2022-05", (ANY, OF_CLASS, ADVANCED)),
    ],
)
def test_what_would_join_a_certain_line_is_no_further_one(start: str, asked: tuple[str, ...]) -> None:
    chart = [
        *cycles("eribulin", "2022-05-01", 4),
        given("trastuzumab", start, medicationCodeableConcept={"text": "Herceptin"}),
    ]
    found = judged(condition(), metastatic(METASTATIC_SINCE), *chart).findings
    counted = (fact for fact in (ANY, OF_CLASS, ADVANCED) if found[fact].proposals)
    assert tuple(counted) == asked


def test_a_drug_that_is_possible_already_is_not_asked_of_twice() -> None:
    coded = prescribed("tucatinib", "2024-05-01", status="stopped")
    near, far = in_words("Tukysa", "2024-07-30"), in_words("Tukysa", "2024-07-31")
    (one,) = proposed(coded, *near)
    assert one.reference == f"MedicationRequest/{coded['id']}"
    assert len(proposed(coded, *far)) == 2


def test_an_adjuvant_course_under_a_code_hides_no_later_one_in_words() -> None:
    adjuvant = cycles("trastuzumab", "2017-02-01", 12)
    later = [*in_words("Herceptin", "2022-02-01", 4), *in_words("Navelbine", "2022-02-01", 4)]
    (one,) = proposed(*adjuvant, *later, fact=OF_CLASS)
    assert one.counts == (ANY, OF_CLASS, ADVANCED)


def test_a_trial_drug_that_no_table_knows_is_one_question_for_the_count_of_all() -> None:
    given_ = [
        one | {"medicationCodeableConcept": {"text": "iberdomide (study drug)"}}
        for one in cycles("bortezomib", "2024-02-01", 6, every=28)
    ]
    found = judged(condition("C90.00"), *given_, drug=MYELOMA).findings
    (one,) = found["prior_lines"].proposals
    assert one.counts == ("prior_lines",)
    assert found["prior_anti_cd38"].proposals == ()


def test_a_class_of_drugs_in_words_is_asked_of_once() -> None:
    found = judged(condition("C90.00"), *in_words("Darzalex Faspro", "2022-02-01", 9, every=28), drug=MYELOMA).findings
    assert len(found["prior_anti_cd38"].proposals) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@drawn_from(st.data())
def test_the_number_of_records_of_a_course_makes_no_difference(data: st.DataObject) -> None:
    """Four cycles lie within a gap, so that the first and any others of them are one course."""
    names = data.draw(st.lists(st.sampled_from(["Enhertu", "Kadcyla", "Halaven", "Tukysa"]), min_size=1, unique=True))
    courses = [in_words(name, f"{2022 + place}-02-01", 4) for place, name in enumerate(names)]
    kept = [[course[0], *data.draw(st.lists(st.sampled_from(course[1:]), unique_by=str))] for course in courses]
    found = proposed(*(one for course in kept for one in course))
    assert [one.reference.split("/")[1] for one in found] == [course[0]["id"] for course in courses]
