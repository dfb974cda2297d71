"""Laws that hold for every chart: order, duplicates, invalid records and split cycles change nothing."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from fhir_charts import (
    BREAST,
    ICD,
    MYELOMA,
    ON,
    Json,
    before,
    bundle,
    coded,
    concept,
    condition,
    counted,
    dispensed,
    drawn,
    ecog,
    given,
    judged,
    metastatic,
    observation,
    prescribed,
    progression,
    quantity,
    reasons,
    taken,
    text,
)
from hypothesis import HealthCheck, assume, settings
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from policies.evaluation.ruling import Reason
from policies.model.truth import Truth

quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

BREAST_DRUGS = [
    "trastuzumab",
    "pertuzumab",
    "pertuzumab-trastuzumab",
    "trastuzumab-emtansine",
    "trastuzumab-deruxtecan",
    "capecitabine",
    "eribulin",
    "docetaxel",
    "doxorubicin",
    "letrozole",
    "margetuximab",
]
MYELOMA_DRUGS = [
    "bortezomib",
    "lenalidomide",
    "daratumumab",
    "carfilzomib",
    "pomalidomide",
    "ixazomib",
    "melphalan",
    "cyclophosphamide",
    "idecabtagene-vicleucel",
    "dexamethasone",
    "elranatamab",
]
days = st.integers(0, 2000).map(lambda number: before(number, "2026-12-10"))
dates = st.one_of(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4]), st.none())
breast_drugs, myeloma_drugs = st.sampled_from(BREAST_DRUGS), st.sampled_from(MYELOMA_DRUGS)


def treatments(drugs: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    return st.one_of(
        st.builds(given, drugs, dates, status=st.sampled_from(["completed", "in-progress", "not-done", "on-hold"])),
        st.builds(prescribed, drugs, dates, status=st.sampled_from(["completed", "active", "stopped", "cancelled"])),
        st.builds(
            lambda drug, days, status: taken(drug, *sorted(days, key=str), status=status),
            drugs,
            st.tuples(dates, dates),
            st.sampled_from(["active", "completed", "intended"]),
        ),
        st.builds(dispensed, drugs, dates),
    )


breast_results = st.one_of(
    st.builds(
        observation,
        st.sampled_from(["85319-2", "85318-4", "48676-1"]),
        st.sampled_from(
            [text("3+"), text("2+"), text("1+"), text("positive"), text("negative"), text("equivocal"), text("2-3+")]
        ),
        on=dates,
        status=st.sampled_from(["final", "amended", "preliminary"]),
    ),
    st.builds(
        observation,
        st.just("49683-6"),
        st.sampled_from(["1.99", "2.0"]).map(lambda one: quantity(one, "ratio")),
        on=dates,
    ),
    st.builds(observation, st.just("74860-8"), st.sampled_from(["3.9", "4.0", "6.0"]).map(quantity), on=dates),
    st.builds(observation, st.just("21908-9"), st.just(coded("258228008")), on=dates),
)
conditions = st.one_of(
    st.builds(
        condition,
        st.sampled_from(["C50.911", "C50.919", "C78.7", "C77.3", "C18.9", "Z85.3", "C90.00", "C90.01", "C90.02"]),
        verified=st.sampled_from(["confirmed", None, "refuted", "provisional"]),
        clinical=st.sampled_from(["active", "recurrence", "remission", "resolved", None]),
        onsetDateTime=dates,
    )
)
statuses = st.builds(progression, dates, st.sampled_from(["271299001", "359746009", "709137006"]))
grades = st.builds(ecog, st.integers(0, 6).map(lambda grade: {"valueInteger": grade}), dates)


def charts(drugs: st.SearchStrategy[str], results: st.SearchStrategy[Json]) -> st.SearchStrategy[list[Json]]:
    return st.lists(st.one_of(treatments(drugs), conditions, statuses, results), max_size=14)


CHARTS = {BREAST: charts(breast_drugs, breast_results), MYELOMA: charts(myeloma_drugs, grades)}
both_policies = pytest.mark.parametrize("drug", [BREAST, MYELOMA])


def said(values: Iterable[Json | bytes | None], drug: str) -> dict[str, Reason]:
    """Everything that a ruling says: truths, notes and evidence."""
    return dict(reasons(judged(*values, drug=drug)))


@both_policies
@quick
@drawn_from(st.data())
def test_the_order_of_the_resources_makes_no_difference(drug: str, data: st.DataObject) -> None:
    chart = data.draw(CHARTS[drug])
    shuffled = data.draw(st.permutations(chart))
    assert said(shuffled, drug) == said(chart, drug)


@both_policies
@quick
@drawn_from(st.data())
def test_duplicates_make_no_difference(drug: str, data: st.DataObject) -> None:
    chart = data.draw(CHARTS[drug])
    again = data.draw(st.lists(st.sampled_from(chart), max_size=5)) if chart else []
    assert said([*chart, bundle(*again)], drug) == said(chart, drug)


@both_policies
@quick
@drawn_from(st.data())
def test_records_that_say_nothing_make_no_difference(drug: str, data: st.DataObject) -> None:
    chart = data.draw(CHARTS[drug])
    drugs = breast_drugs if drug == BREAST else myeloma_drugs
    nothing = data.draw(
        st.lists(
            st.one_of(
                st.builds(given, drugs, dates, status=st.sampled_from(["entered-in-error", "not-done"])),
                st.builds(prescribed, drugs, dates, status=st.sampled_from(["entered-in-error", "cancelled", "draft"])),
                st.builds(prescribed, drugs, dates, status=st.just("active"), doNotPerform=st.just(value=True)),
                st.builds(taken, drugs, dates, status=st.sampled_from(["entered-in-error", "not-taken", "intended"])),
                st.builds(progression, dates, status=st.sampled_from(["entered-in-error", "cancelled", "preliminary"])),
                st.builds(
                    condition, st.sampled_from(["C50.911", "C18.9", "C90.01"]), verified=st.just("entered-in-error")
                ),
                st.builds(observation, st.just("85319-2"), st.just(text("3+")), status=st.just("cancelled")),
                st.builds(ecog, st.just({"valueInteger": 4}), dates, status=st.just("entered-in-error")),
                st.builds(condition, st.just("C18.9"), subject=st.just({"reference": "Patient/q"})),
            ),
            max_size=5,
        )
    )
    assert said([*chart, *nothing], drug) == said(chart, drug)


@both_policies
@quick
@drawn_from(st.data())
def test_a_criterion_is_decided_on_counted_evidence_only(drug: str, data: st.DataObject) -> None:
    # No record of a chart can show these: what the plan has authorized, it knows from its own register.
    settled_by_the_plan = {"order.patient-living", "continuation.duration", "continuation.indication.authorization"}
    for name, one in said(data.draw(CHARTS[drug]), drug).items():
        if one.truth is not Truth.UNKNOWN and name not in settled_by_the_plan:
            assert one.evidence, name
        if not hasattr(one.criterion, "parts") and one.truth is not Truth.MET:
            assert one.note, name


def courses(drugs: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Courses as drug, first day counted back from the order, and number of three-week cycles."""
    return st.lists(st.tuples(drugs, st.integers(400, 2500), st.integers(2, 10)), min_size=1, max_size=6)


def cycles_of(course: tuple[str, int, int], every: int) -> list[Json]:
    drug, first, number = course
    return [given(drug, before(first - offset)) for offset in range(0, 21 * (number - 1) + 1, every)]


@both_policies
@quick
@drawn_from(st.data())
def test_splitting_a_cycle_into_more_administrations_makes_no_difference(drug: str, data: st.DataObject) -> None:
    planned = data.draw(courses(breast_drugs if drug == BREAST else myeloma_drugs))
    whole = drawn(*(one for course in planned for one in cycles_of(course, 21)), drug=drug)
    split = drawn(*(one for course in planned for one in cycles_of(course, 7)), drug=drug)
    assert split == whole


@both_policies
@quick
@drawn_from(st.data())
def test_a_later_record_never_lowers_the_number_of_lines(drug: str, data: st.DataObject) -> None:
    drugs = breast_drugs if drug == BREAST else myeloma_drugs
    chart = data.draw(st.lists(treatments(drugs), max_size=10))
    first = len(drawn(*chart, drug=drug)[0])
    later = data.draw(st.lists(st.builds(given, drugs, st.just(before(1))), min_size=1, max_size=3))
    assert len(drawn(*chart, *later, drug=drug)[0]) >= first


@both_policies
@quick
@drawn_from(st.data())
def test_a_doubtful_record_never_changes_the_certain_lines(drug: str, data: st.DataObject) -> None:
    drugs = breast_drugs if drug == BREAST else myeloma_drugs
    chart = data.draw(st.lists(treatments(drugs), max_size=10))
    doubtful = data.draw(
        st.lists(
            st.one_of(
                st.builds(prescribed, drugs, dates, status=st.sampled_from(["active", "stopped", "on-hold"])),
                st.builds(given, drugs, st.none()),
                st.builds(given, drugs, days, reasonReference=st.just([{"reference": "Condition/gone"}])),
            ),
            max_size=5,
        )
    )
    assert drawn(*chart, *doubtful, drug=drug)[0] == drawn(*chart, drug=drug)[0]


@quick
@drawn_from(st.lists(st.tuples(breast_drugs, st.integers(100, 2000)), min_size=1, max_size=12), st.data())
def test_one_drug_is_never_two_lines_without_progression(records: list[tuple[str, int]], data: st.DataObject) -> None:
    drug = data.draw(breast_drugs)
    assume(drug != "margetuximab")
    assert len(drawn(*(given(drug, before(day)) for _, day in records))[0]) == 1


@quick
@drawn_from(st.lists(st.tuples(breast_drugs, st.integers(100, 2000)), min_size=1, max_size=12))
def test_without_progression_each_line_brings_a_drug_that_the_one_before_had_not(
    records: list[tuple[str, int]],
) -> None:
    found = drawn(*(given(drug, before(day)) for drug, day in records))[0]
    assert all(line - earlier for earlier, line in pairwise(found))


@quick
@drawn_from(st.lists(st.tuples(myeloma_drugs, st.integers(100, 2000)), max_size=8), st.integers(100, 2000))
def test_recorded_progression_never_lowers_the_number_of_lines(records: list[tuple[str, int]], day: int) -> None:
    chart = [condition("C90.00"), *(given(drug, before(at)) for drug, at in records)]
    first = len(drawn(*chart, drug=MYELOMA)[0])
    assert len(drawn(*chart, progression(before(day)), drug=MYELOMA)[0]) >= first


@quick
@drawn_from(st.lists(st.tuples(breast_drugs, st.integers(100, 2000)), max_size=8))
def test_the_metastatic_lines_are_never_more_than_all_lines(records: list[tuple[str, int]]) -> None:
    chart = [condition(), metastatic("2023-01-01"), *(given(drug, before(day)) for drug, day in records)]
    some = counted("prior_anti_her2_therapies_metastatic", *chart)
    assert some <= counted("prior_anti_her2_therapies", *chart)


@quick
@drawn_from(st.lists(treatments(breast_drugs), max_size=8))
def test_therapies_for_another_cancer_make_no_difference(records: list[Json]) -> None:
    foreign = [one | {"reasonCode": [concept("C18.9", ICD)]} for one in records]
    own: list[Any] = [condition(), given("trastuzumab", "2022-01-01")]
    names = ("prior-anti-her2", "prior-anti-her2.count", "prior-anti-her2.metastatic", "prior-anti-her2.fourth-line")
    with_foreign, without = said([*own, *foreign], BREAST), said(own, BREAST)
    assume("prior-anti-her2" in with_foreign)
    assert [with_foreign[name] for name in names] == [without[name] for name in names]
    assert ON
