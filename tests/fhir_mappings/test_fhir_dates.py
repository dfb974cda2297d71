"""Dates as FHIR writes them."""

from datetime import date

import pytest
from fhir_charts import before

from fhir_mappings.clinical.dates import Span, day, span
from fhir_mappings.r4.elements import Period
from fhir_mappings.r4.resources import Resource
from fhir_mappings.wording import wording
from policies.model.findings import Evidence, Role


def known(written: str) -> Span:
    found = span(written)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02-29T23:59:59-08:00", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_date_is_the_days_that_it_can_mean(written: str, first: date, last: date) -> None:
    assert (known(written).first, known(written).last) == (first, last)


@pytest.mark.parametrize("written", [None, "", "soon", "2024-13", "2023-02-29", "20240229", "24", "2024-1-1", "0000"])
def test_what_is_no_date_is_none(written: str | None) -> None:
    assert span(written) is None
    assert day(written) is None


def test_a_partial_date_is_no_day() -> None:
    assert day("2024-02") is None
    assert day("2024-02-03") == date(2024, 2, 3)


def test_comparisons_hold_for_every_day_of_a_span() -> None:
    assert known("2023").surely_before(known("2024"))
    assert not known("2024").surely_before(known("2024-12-31"))
    assert known("2024-01-29").surely_within(28, known("2024-01-01"))
    assert not known("2024-01-30").surely_within(28, known("2024-01-01"))
    assert known("2024-01-30").surely_after(28, known("2024-01-01"))
    assert not known("2024-01-29").surely_after(28, known("2024-01-01"))
    assert known("2024-01").days_before(date(2024, 2, 1)) == (1, 31)


@pytest.mark.parametrize(
    ("members", "written"),
    [
        ({"effective_period": Period("2024-01-01"), "effective_date_time": "2023-01-01"}, "2024-01-01"),
        ({"effective_period": Period(None, "2024-01-01"), "authored_on": "2023-01-01"}, "2023-01-01"),
        ({"performed_period": Period("2024-01")}, "2024-01"),
        ({"effective_instant": "2024-01-01T00:00:00Z"}, "2024-01-01"),
        ({"performed_date_time": "2024-01-02"}, "2024-01-02"),
        ({"when_handed_over": "2024-01-03"}, "2024-01-03"),
        ({"onset_date_time": "2024-01-04", "recorded_date": "2024-02-01"}, "2024-01-04"),
        ({"onset_date_time": "soon", "recorded_date": "2024-02-01"}, "2024-02-01"),
        ({"started": "2024-01-05"}, "2024-01-05"),
        ({"date": "2024-01-06"}, "2024-01-06"),
        ({"issued": "2024-01-07"}, ""),
    ],
)
def test_a_resource_is_dated_by_its_matter_first(members: dict[str, object], written: str) -> None:
    found = Resource(**members).when  # type: ignore[arg-type]
    assert (found.written if found else "") == written


def test_evidence_is_listed_by_date_and_cut() -> None:
    items = [Evidence(f"Observation/{number}", "seen", before(number)) for number in range(7)]
    assert wording().listed(items).startswith("seen, 2026-11-18, Observation/6; ")
    assert wording().listed(items).endswith("; +2")
    assert wording().listed([*items[:2], *items[:2]]) == wording().listed(items[1::-1])
    assert wording().listed([]) == ""


def test_evidence_that_counts_is_listed_first() -> None:
    possible = Evidence("Observation/1", "perhaps", "2020-01-01", Role.POSSIBLE)
    assert wording().listed([possible, Evidence("Observation/2", "surely")]).startswith("surely")
