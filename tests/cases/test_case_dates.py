"""Dates that are counted from the order of a case: what they come to, and that they move with the order."""

from datetime import date, timedelta

import pytest
from casebook_files import case_of, faults_of
from hypothesis import given
from hypothesis import strategies as st

from policies.testcases.case_dates import by_calendar, dated, on_calendar

ORDER = date(2026, 6, 1)
CASE = (
    "{{case: A sentence, order: {{drug: margetuximab, {order}}}, patient: [a patient], {chart}expect: {{ruling: met}}}}"
)


def case(chart: str = "", order: str = "on: 2026-06-01") -> str:
    return CASE.format(order=order, chart=chart and f"chart: [{chart}], ")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("order", "2026-06-01"),
        ("order - 0d", "2026-06-01"),
        ("order - 1d", "2026-05-31"),
        ("order + 3d", "2026-06-04"),
        ("order - 90d", "2026-03-03"),
        ("order - 0m", "2026-06"),
        ("order - 1m", "2026-05"),
        ("order - 6m", "2025-12"),
        ("order + 7m", "2027-01"),
        ("order - 5y", "2021"),
        ("2026-05-18", "2026-05-18"),
        ("2026-05", "2026-05"),
        ("2026", "2026"),
        ("in order - 3d", "in order - 3d"),
    ],
)
def test_a_date_is_a_day_a_month_or_a_year_by_its_unit(written: str, read: str) -> None:
    assert on_calendar(written, ORDER) == read


@pytest.mark.parametrize("text", ["order - 2m", "order - 1y", "2026-05", "2026"])
def test_months_and_years_go_by_the_calendar(text: str) -> None:
    assert by_calendar(text)
    assert not by_calendar("2026-05-18")
    assert not by_calendar("order - 8d")


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 20000))
def test_so_many_days_before_and_after_lie_around_the_order(order: date, days: int) -> None:
    before, after = (date.fromisoformat(on_calendar(f"order {sign} {days}d", order)) for sign in "-+")
    assert (order - before, after - order) == (timedelta(days=days), timedelta(days=days))


def test_only_what_stands_under_a_word_for_dates_is_a_date() -> None:
    part = {"on": "order - 1d", "says": "order - 1d", "lines": [{"from": "order", "to": ["order"]}], "deceased": True}
    assert dated(part, ORDER) == {
        "on": "2026-05-31",
        "says": "order - 1d",
        "lines": [{"from": "2026-06-01", "to": ["order"]}],
        "deceased": True,
    }


@pytest.mark.parametrize(
    ("order", "day"),
    [
        ("on: 2026-06-01", "2026-05-24"),
        ("signed: 2026-06-03", "2026-05-26"),
        ("on: 2026-06-01, signed: 2026-06-03", "2026-05-24"),
    ],
)
def test_the_chart_counts_from_the_orders_own_day_or_else_from_its_signing(order: str, day: str) -> None:
    found = case_of(case("{ecog: 1, on: order - 8d}", order))
    assert found.chart[-1].word("on") == day


def test_parts_deaths_and_lines_count_from_the_order_too() -> None:
    lines = "expect: {ruling: met, lines: [{from: order - 30d, to: order - 2d, drugs: [eribulin], begins: new drug}]"
    found = case_of(case("{deceased: order - 2d}").replace("expect: {ruling: met", lines))
    assert found.chart[-1].about == ("2026-05-30",)
    assert [(line.start, line.last) for line in found.expect.lines or ()] == [("2026-05-02", "2026-05-30")]


HEAD = "policy: margetuximab\nparts:\n  a patient:\n    - {condition: breast cancer, on: order - 3y}\ncases:\n"


def test_a_part_counts_from_the_order_of_each_case_that_uses_it() -> None:
    both = [case(order=f"on: {day}").replace("A sentence", day) for day in ("2026-06-01", "2027-02-01")]
    assert faults_of(HEAD + "".join(f"  - {one}\n" for one in both)) == []


@pytest.mark.parametrize("written", ["order -8d", "order - 8", "order - 8w", "order - d", "order - 100000d", "Order"])
def test_what_is_no_date_is_told(written: str) -> None:
    (fault,) = faults_of(f"{HEAD}  - {case(f'{{ecog: 1, on: {written}}}')}")
    assert f"'{written}' is not written as it should be" in fault


def test_a_date_outside_of_the_calendar_is_told() -> None:
    faults = faults_of(f"{HEAD}  - {case('{ecog: 1, on: order - 999y}', 'on: 0900-01-01')}")
    assert [fault for fault in faults if "A date lies outside of the calendar" in fault]


def test_an_order_without_a_day_is_told_once() -> None:
    (fault,) = faults_of(f"{HEAD}  - {case('{ecog: 1, on: order - 8d}', 'dose: 5 mg')}")
    assert "The order has no day" in fault
