"""Laws of the line counter that hold for every chart: what changes nothing, and what never lowers a lower bound.

One thing that no law can promise, since reading 12 says otherwise: a record that is found later may show that a drug
was begun inside the window, or went on beside another or through a pause, and so that two lines were one. Then it is
said.
"""

from collections.abc import Sequence

import pytest
from fhir_charts import (
    BREAST,
    MYELOMA,
    Json,
    before,
    condition,
    dispensed,
    given,
    metastatic,
    prescribed,
    progression,
    reading_of,
    taken,
)
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from fhir_mappings.therapy.line import Doubt
from fhir_mappings.therapy.line_table import LineTable, Row, line_table
from fhir_mappings.therapy.lines import lines

quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
both_policies = pytest.mark.parametrize("drug", [BREAST, MYELOMA])

DRUGS = {
    BREAST: [
        "trastuzumab",
        "pertuzumab",
        "trastuzumab-deruxtecan",
        "paclitaxel",
        "docetaxel",
        "doxorubicin",
        "letrozole",
    ],
    MYELOMA: ["bortezomib", "lenalidomide", "daratumumab", "ixazomib", "melphalan", "cyclophosphamide", "pomalidomide"],
}
"""Drugs of every role, with one that is exchanged for another and one that follows a transplant."""

DISEASE = {BREAST: [condition(), metastatic("2023-01-01")], MYELOMA: [condition("C90.00")]}


LATE = 1400
"""Days before the order that lie after the first proof of metastasis, which ends every line begun before it."""
CONDITIONING = {"melphalan", "cyclophosphamide"}
OF_ONE_LINE = {Doubt.OVERLAP, Doubt.ADDED, Doubt.RESTART, Doubt.EXCHANGED, Doubt.PLANNED, Doubt.GOES_ON, Doubt.BRIDGING}
"""Why what looked like two lines may be one."""


def table(drug: str, records: Sequence[Json]) -> LineTable:
    return line_table(reading_of(*DISEASE[drug], *records, drug=drug))


def number(drug: str, records: Sequence[Json]) -> int:
    return len(lines(reading_of(*DISEASE[drug], *records, drug=drug)).certain)


def courses(drug: str) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Courses as drug, first day counted back from the order, and number of three-week cycles."""
    names = st.sampled_from(DRUGS[drug])
    return st.lists(st.tuples(names, st.integers(200, 2500), st.integers(1, 8)), min_size=1, max_size=6)


def given_in(course: tuple[str, int, int], every: int = 21) -> list[Json]:
    name, first, cycles = course
    return [given(name, before(first - days)) for days in range(0, 21 * (cycles - 1) + 1, every)]


def charts(drug: str) -> st.SearchStrategy[list[Json]]:
    """Courses given in cycles, with progressions among them."""
    events = st.lists(st.integers(1, 2500).map(lambda days: progression(before(days))), max_size=2)
    return st.tuples(courses(drug), events).map(
        lambda drawn: [*(one for course in drawn[0] for one in given_in(course)), *drawn[1]]
    )


@both_policies
@quick
@drawn_from(st.data())
def test_the_order_of_the_records_makes_no_difference_to_the_table(drug: str, data: st.DataObject) -> None:
    chart = data.draw(charts(drug))
    assert table(drug, data.draw(st.permutations(chart))) == table(drug, chart)


@both_policies
@quick
@drawn_from(st.data())
def test_a_cancelled_order_changes_nothing_in_the_table(drug: str, data: st.DataObject) -> None:
    chart, names = data.draw(charts(drug)), st.sampled_from(DRUGS[drug])
    days = st.integers(1, 2500).map(before)
    cancelled = st.builds(prescribed, names, days, status=st.sampled_from(["cancelled", "draft", "entered-in-error"]))
    not_given = st.builds(given, names, days, status=st.sampled_from(["not-done", "entered-in-error"]))
    added = data.draw(st.lists(st.one_of(cancelled, not_given), min_size=1, max_size=4))
    assert table(drug, [*chart, *added]) == table(drug, chart)


@both_policies
@quick
@drawn_from(st.data())
def test_splitting_a_cycle_changes_neither_lines_nor_reasons(drug: str, data: st.DataObject) -> None:
    planned = data.draw(courses(drug))
    whole = table(drug, [one for course in planned for one in given_in(course)])
    split = table(drug, [one for course in planned for one in given_in(course, every=7)])
    assert [told(row) for row in split.rows] == [told(row) for row in whole.rows]
    assert [(one.id, one.doubt) for one in split.possible] == [(one.id, one.doubt) for one in whole.possible]


def told(row: Row) -> tuple[object, ...]:
    """A row without evidence, last day and order of its drugs: what runs on is given nearer to the next line."""
    return row.start, sorted(row.ids), row.may_include_ids, row.setting, row.why


@both_policies
@quick
@drawn_from(st.data())
def test_another_record_of_the_same_giving_never_lowers_the_bound(drug: str, data: st.DataObject) -> None:
    chart = data.draw(charts(drug))
    doses = [one for one in chart if one["resourceType"] == "MedicationAdministration"]
    chosen = data.draw(st.lists(st.sampled_from(doses), max_size=5))
    again = [one | {"resourceType": "MedicationDispense", "whenHandedOver": one["effectiveDateTime"]} for one in chosen]
    assert number(drug, [*chart, *again]) == number(drug, chart)


@both_policies
@quick
@drawn_from(st.data())
def test_more_evidence_never_lowers_the_bound(drug: str, data: st.DataObject) -> None:
    """Evidence of what came later, of progression, and whatever is doubtful."""
    chart, names = data.draw(charts(drug)), st.sampled_from(DRUGS[drug])
    more = st.one_of(
        st.builds(given, names, st.integers(1, 40).map(before)),
        st.builds(dispensed, names, st.integers(1, 40).map(before)),
        st.builds(taken, names, st.none()),
        st.builds(prescribed, names, st.integers(1, 2500).map(before), status=st.sampled_from(["active", "stopped"])),
        st.integers(1, 2500).map(lambda days: progression(before(days))),
    )
    assert number(drug, [*chart, *data.draw(st.lists(more, max_size=4))]) >= number(drug, chart)


@both_policies
@quick
@drawn_from(st.data())
def test_missing_records_never_make_two_therapies_of_one(drug: str, data: st.DataObject) -> None:
    """One regimen for advanced disease: every drug's first record is there, any of the others may be missing."""
    names = data.draw(st.lists(st.sampled_from(DRUGS[drug]), min_size=1, max_size=4, unique=True))
    cycles = data.draw(st.integers(2, 12))
    doses = [one for name in names for one in given_in((name, LATE, cycles))[1:]]
    kept = data.draw(st.lists(st.sampled_from(doses), unique_by=lambda one: one["id"]))
    firsts = [given(name, before(LATE)) for name in names]
    assert number(drug, [*firsts, *doses]) == number(drug, [*firsts, *kept]) == 1


@both_policies
@quick
@drawn_from(st.data())
def test_missing_records_never_make_a_line_of_what_was_begun_beside_a_regimen(drug: str, data: st.DataObject) -> None:
    """Of the old drug only the first record, and one that shows it beside the new one, are there for certain.

    Conditioning is left out: it is given once, and does not go on.
    """
    names = st.sampled_from([one for one in DRUGS[drug] if one not in CONDITIONING])
    old, new = data.draw(st.lists(names, min_size=2, max_size=2, unique=True))
    begun = data.draw(st.integers(2, 30))
    doses = given_in((old, LATE, begun + 12))
    kept = data.draw(st.lists(st.sampled_from(doses), unique_by=lambda one: one["id"]))
    shown = data.draw(st.sampled_from(doses[begun : begun + (2 if drug == BREAST else 3)]))
    added = given_in((new, LATE - 21 * begun, data.draw(st.integers(1, 12))))
    assert number(drug, [doses[0], shown, *kept, *added]) == 1


@both_policies
@quick
@drawn_from(st.data())
def test_any_records_of_one_drug_make_one_line(drug: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(DRUGS[drug]))
    days = data.draw(st.lists(st.integers(1, LATE), min_size=1, max_size=10))
    found = table(drug, [given(name, before(day)) for day in days])
    assert [row.ids for row in found.rows] == [(name,)]


@both_policies
@quick
@drawn_from(st.data())
def test_another_record_lowers_the_bound_only_by_an_overlap_that_is_said(drug: str, data: st.DataObject) -> None:
    """Conditioning is left out: what follows a transplant by plan is of its line, and that is no overlap."""
    names = st.sampled_from([one for one in DRUGS[drug] if one not in CONDITIONING])
    chart = data.draw(charts(drug))
    added = data.draw(st.builds(given, names, st.integers(1, 2500).map(before)))
    old, new = table(drug, chart), table(drug, [*chart, added])
    if len(new.rows) < len(old.rows):
        assert {one.doubt for one in new.possible} & OF_ONE_LINE


@both_policies
@quick
@drawn_from(st.data())
def test_every_row_has_a_reason_and_lies_in_time(drug: str, data: st.DataObject) -> None:
    found = table(drug, data.draw(charts(drug)))
    assert [row.number for row in found.rows] == list(range(1, len(found.rows) + 1))
    assert [row.start for row in found.rows] == sorted(row.start for row in found.rows)
    for row in found.rows:
        assert row.why
        assert row.start <= row.last
        assert {one.reference for one in row.evidence}
        assert bool(row.setting) == bool(row.setting_why) == (drug == BREAST)
        assert not set(row.ids) & set(row.may_include_ids)
