"""Which Coverage an answer is about."""

from datetime import date

import pytest
from fhir_charts import Json, chart_of

from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage, own_coverage

PAYER = frozenset({("urn:payer", "MMM")})
DAY = date(2026, 11, 24)
ORGANIZATION = {"resourceType": "Organization", "id": "o", "identifier": [{"system": "urn:payer", "value": "MMM"}]}


def coverage(**members: object) -> Json:
    named = {
        "id": "c",
        "status": "active",
        "beneficiary": {"reference": "Patient/p"},
        "payor": [{"reference": "Organization/o"}],
    }
    return {"resourceType": "Coverage"} | named | members


def own(*values: Json) -> OwnCoverage:
    return own_coverage(chart_of(*values), PAYER, DAY)


def test_the_one_coverage_with_the_payer_is_found() -> None:
    found = own(coverage(), ORGANIZATION)
    assert (found.state, found.reference) == (CoverageState.ACTIVE, "Coverage/c")


@pytest.mark.parametrize(
    "payor",
    [
        {"payor": [{"identifier": {"system": "urn:payer", "value": "MMM"}}]},
        {"payor": [{"reference": "#o"}], "contained": [ORGANIZATION]},
        {"payor": [{"reference": "Patient/p"}, {"identifier": {"system": "urn:payer", "value": "MMM"}}]},
    ],
)
def test_a_payer_may_be_contained_or_named_by_its_identifier(payor: Json) -> None:
    assert own(coverage(**payor)).state is CoverageState.ACTIVE


@pytest.mark.parametrize(
    "members",
    [
        {"payor": []},
        {"payor": [{"display": "MMM"}]},
        {"payor": [{"identifier": {"value": "MMM"}}]},
        {"payor": [{"identifier": {"system": "urn:payer", "value": "other"}}]},
    ],
)
def test_another_payers_coverage_is_foreign(members: Json) -> None:
    found = own(coverage(**members), ORGANIZATION)
    assert (found.state, found.reference) == (CoverageState.FOREIGN, "")


GONE = {"payor": [{"reference": "Organization/gone"}]}
OLD = {"id": "old", "period": {"end": "2025-12-31"}}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([coverage(**GONE)], "Coverage/c"),
        ([coverage(payor=[{"reference": "https://ehr.example.org/fhir/Organization/gone"}])], "Coverage/c"),
        ([coverage(**GONE), coverage(id="c2", **GONE)], ""),
        ([coverage(**OLD), coverage(id="c2", **GONE)], "Coverage/c2"),
        ([coverage(**OLD), coverage(id="c2", **GONE), coverage(id="c3", **GONE)], "Coverage/old"),
    ],
)
def test_a_coverage_whose_payor_nobody_saw_is_neither_ours_nor_anothers(values: list[Json], named: str) -> None:
    found = own(*values, ORGANIZATION)
    assert (found.state, found.reference) == (CoverageState.UNSEEN, named)


def test_what_is_ours_and_runs_stands_beside_one_whose_payor_nobody_saw() -> None:
    assert own(coverage(), coverage(id="c2", **GONE), ORGANIZATION).state is CoverageState.ACTIVE
    gone_and_ended = coverage(id="c2", **GONE, period={"end": "2025-12-31"})
    assert own(coverage(**OLD), gone_and_ended, ORGANIZATION).state is CoverageState.ENDED


def test_an_organization_whose_identifiers_cannot_be_read_names_nobody() -> None:
    assert own(coverage(), ORGANIZATION | {"identifier": "MMM"}).state is CoverageState.FOREIGN


@pytest.mark.parametrize(
    "values",
    [
        [],
        [coverage(beneficiary={"reference": "Patient/q"})],
        [coverage(status="draft")],
        [coverage(status="entered-in-error")],
    ],
)
def test_without_a_coverage_of_the_patient_there_is_none(values: list[Json]) -> None:
    assert own(*values, ORGANIZATION).state is CoverageState.NONE


def test_two_running_coverages_are_several_and_an_ended_one_does_not_disturb() -> None:
    assert own(coverage(), coverage(id="d"), ORGANIZATION).state is CoverageState.SEVERAL
    ended = coverage(id="d", period={"end": "2026-01-01"})
    assert own(coverage(), ended, ORGANIZATION).reference == "Coverage/c"


@pytest.mark.parametrize(
    ("period", "state"),
    [
        ({"start": "2026-11-24"}, CoverageState.ACTIVE),
        ({"start": "2026-11-25"}, CoverageState.ENDED),
        ({"end": "2026-11-24"}, CoverageState.ACTIVE),
        ({"end": "2026-11-23"}, CoverageState.ENDED),
        ({"start": "2026", "end": "2026-11"}, CoverageState.ACTIVE),
        ({"start": "soon", "end": "never"}, CoverageState.ACTIVE),
        ({}, CoverageState.ACTIVE),
    ],
)
def test_a_coverage_runs_from_its_start_to_its_end(period: Json, state: CoverageState) -> None:
    assert own(coverage(period=period), ORGANIZATION).state is state


def test_an_ended_coverage_says_when_and_the_latest_is_named() -> None:
    early = coverage(id="early", period={"end": "2024-12-31"})
    late = coverage(id="late", period={"start": "2025-01-01T00:00:00Z", "end": "2025-12-31T00:00:00Z"})
    found = own(early, late, ORGANIZATION)
    assert (found.reference, found.until, found.begins) == ("Coverage/late", "2025-12-31", "")


def test_a_coverage_still_to_begin_says_when() -> None:
    found = own(coverage(period={"start": "2027-01-01"}), ORGANIZATION)
    assert (found.state, found.until, found.begins) == (CoverageState.ENDED, "", "2027-01-01")


def test_a_cancelled_coverage_has_ended_without_a_date() -> None:
    found = own(coverage(status="cancelled"), ORGANIZATION)
    assert (found.state, found.until, found.begins) == (CoverageState.ENDED, "", "")
