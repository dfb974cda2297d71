"""Measured results at the boundary, in every unit that means the same; and what is not read, or not the newest."""

from decimal import Decimal
from typing import Any

import pytest

from fhir_mappings.wording import wording
from policies.evaluation.comparison import judge
from policies.kinds.measurements import HIGHEST_MEASUREMENT, LOWEST_MEASUREMENT, MEASUREMENT
from policies.model.criteria import Comparison, Leaf
from policies.model.findings import Finding, Interval, State
from policies.model.truth import Truth
from tests.kinds.general_kinds import Json, days_ago, found, policy_with, quantity, result, said

HBA1C = {"tests": "hba1c-tests", "unit": "%", "within_days": 90}
HEMOGLOBIN = {"tests": "hemoglobin-tests", "unit": "g/dL", "within_days": 90}
T_SCORE = {"tests": "t-score-tests", "unit": "{T-score}", "within_days": 730}
CODES = {"hba1c-tests": "4548-4", "hemoglobin-tests": "718-7", "t-score-tests": "80946-7"}
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


def truth(given: dict[str, Any], test: str, figure: Any, value: Json, **further: Any) -> Truth:
    finding = found(MEASUREMENT, given, [result(CODES[given["tests"]], value, **further)])
    leaf = Leaf("made", "Made", "A", "made", Comparison(test), figure)
    return judge(leaf, policy_with(MEASUREMENT, given).facts["made"], finding)


@pytest.mark.parametrize(
    ("test", "figure", "value", "expected"),
    [
        ("at_least", "7.5", quantity(7.5, "%"), MET),
        ("at_least", "7.5", quantity(7.4, "%"), NOT_MET),
        ("above", "7.5", quantity(7.5, "%"), NOT_MET),
        ("above", "7.5", quantity(7.6, "%"), MET),
        ("at_most", "7.5", quantity(7.5, "%"), MET),
        ("at_most", "7.5", quantity(7.6, "%"), NOT_MET),
        ("below", "7.5", quantity(7.5, "%"), NOT_MET),
        ("below", "7.5", quantity(7.4, "%"), MET),
        ("at_least", "7.5", quantity(58, "mmol/mol"), MET),
        ("at_least", "7.5", quantity(57, "mmol/mol"), NOT_MET),
        ("at_least", "7.0", quantity(53, "mmol/mol"), MET),
        ("at_most", "7.0", quantity(53, "mmol/mol"), MET),
        ("at_least", "7.0", quantity(52, "mmol/mol"), NOT_MET),
        ("at_least", "6.5", quantity(48, "mmol/mol"), MET),
        ("at_least", "6.5", quantity(47, "mmol/mol"), NOT_MET),
        ("at_least", "9.0", quantity(75, "mmol/mol"), MET),
        ("at_least", "7.5", quantity(75, "%"), UNKNOWN),
        ("at_least", "7.5", quantity(0.075, "1"), UNKNOWN),
        ("at_least", "7.5", {"valueQuantity": {"value": 7.5}}, UNKNOWN),
        ("at_least", "7.5", {"valueQuantity": {"value": 7.5, "unit": "%"}}, MET),
        ("at_least", "7.5", {"valueQuantity": {"value": 58, "unit": "mmol/mol"}}, MET),
        ("at_least", "7.5", {"valueQuantity": {"value": 7.5, "unit": "mmol/mol", "code": "%"}}, UNKNOWN),
        ("at_least", "7.5", quantity(7.5, "%", system="urn:local"), UNKNOWN),
        ("at_least", "7.5", quantity(14, "%", comparator=">"), MET),
        ("at_least", "7.5", quantity(7, "%", comparator=">"), UNKNOWN),
        ("at_most", "7.5", quantity(4, "%", comparator="<"), MET),
        ("below", "4", quantity(4, "%", comparator="<"), MET),
        ("at_least", "4", quantity(4, "%", comparator="<"), NOT_MET),
        ("at_least", "7.5", {"valueString": "7.5 %"}, UNKNOWN),
        ("at_least", "7.5", {"valueInteger": 8}, UNKNOWN),
    ],
)
def test_hba1c_at_a_figure(test: str, figure: str, value: Json, expected: Truth) -> None:
    assert truth(HBA1C, test, Decimal(figure), value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (quantity(10, "g/dL"), MET),
        (quantity(9.9, "g/dL"), NOT_MET),
        (quantity(100, "g/L"), MET),
        (quantity(99, "g/L"), NOT_MET),
        (quantity(10000, "mg/dL"), MET),
        (quantity(6.2, "mmol/L"), UNKNOWN),
        (quantity(100, "g/dL"), UNKNOWN),
        ({"valueQuantity": {"value": 10, "unit": "gm/dL"}}, MET),
        ({"valueRange": {"low": {"value": 9.5, "code": "g/dL"}, "high": {"value": 9.9, "code": "g/dL"}}}, NOT_MET),
        ({"valueRange": {"low": {"value": 9.5, "code": "g/dL"}, "high": {"value": 10.5, "code": "g/dL"}}}, UNKNOWN),
    ],
)
def test_hemoglobin_at_a_figure(value: Json, expected: Truth) -> None:
    assert truth(HEMOGLOBIN, "at_least", Decimal(10), value) is expected


@pytest.mark.parametrize(
    ("figure", "value", "expected"),
    [
        ("-2.5", quantity(-2.5, "{T-score}"), MET),
        ("-2.5", quantity(-2.4, "{T-score}"), NOT_MET),
        ("-2.5", quantity(-2.6, "1"), MET),
        ("-2.5", {"valueQuantity": {"value": -2.6}}, MET),
        ("-2", {"valueInteger": -2}, MET),
        ("-2.5", quantity(-2.6, "g/cm2"), UNKNOWN),
    ],
)
def test_a_score_below_nought(figure: str, value: Json, expected: Truth) -> None:
    assert truth(T_SCORE, "at_most", Decimal(figure), value) is expected


def test_between_takes_both_ends() -> None:
    limits = (Decimal("6.5"), Decimal(8))
    found_ = [truth(HBA1C, "between", limits, quantity(one, "%")) for one in (6.4, 6.5, 8, 8.1)]
    assert found_ == [NOT_MET, MET, MET, NOT_MET]


def a1c(value: float, days: int, name: str, **further: Any) -> Json:
    return result("4548-4", quantity(value, "%"), days=days, name=name, **further)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([a1c(9, 40, "old"), a1c(7, 10, "new")], "7 %"),
        ([a1c(7, 90, "one")], "7 %"),
        ([a1c(7, 91, "one")], "unknown"),
        ([a1c(7, 10, "one"), a1c(8, 10, "two")], "7 - 8 %"),
        ([a1c(9, 40, "old"), a1c(7, 10, "new", status="preliminary")], "unknown"),
        ([a1c(9, 40, "old"), a1c(7, 10, "new", status="cancelled")], "9 %"),
        ([a1c(9, 40, "old"), a1c(7, 10, "new", modifierExtension=[{"url": "urn:not"}])], "unknown"),
        ([a1c(9, 40, "old"), a1c(7, -1, "future")], "9 %"),
        ([a1c(9, 40, "old"), a1c(7, 10, "new", subject={"reference": "Patient/another"})], "9 %"),
        ([a1c(9, 40, "old"), a1c(7, 10, "new", focus=[{"reference": "RelatedPerson/mother"}])], "9 %"),
        ([a1c(9, 40, "old"), {**a1c(7, 10, "new"), "code": {"text": "Hemoglobin A1c"}}], "unknown"),
        ([a1c(9, 40, "old"), {**a1c(7, 10, "new"), "valueQuantity": {"value": 7, "code": "g/L"}}], "unknown"),
        ([{**a1c(9, 40, "old"), "effectiveDateTime": None}], "unknown"),
        ([{**a1c(9, 40, "old"), "effectiveDateTime": days_ago(10)[:7]}], "9 %"),
        ([{**a1c(9, 40, "old"), "effectiveDateTime": days_ago(10)[:4]}], "unknown"),
        ([a1c(9, 40, "old", dataAbsentReason={"text": "unknown"})], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_newest_speaks(results: list[Json], expected: str) -> None:
    assert said(found(MEASUREMENT, HBA1C, results)).split(": ")[0] == expected


def test_a_component_counts_as_a_result_of_its_own() -> None:
    panel = result("24331-1", {"component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
                                              **quantity(8, "%")}]})  # fmt: skip
    assert said(found(MEASUREMENT, HBA1C, [panel])).startswith("8 %")


def test_what_may_not_decide_is_proposed_with_its_number() -> None:
    local = {**a1c(8.2, 10, "local"), "code": {"text": "Hgb A1c", "coding": [{"system": "urn:lab", "code": "A1C"}]}}
    (proposal,) = found(MEASUREMENT, HBA1C, [local], proposed=True).proposals
    assert proposal.means == Interval.exactly(Decimal("8.2"), "%")
    assert "8.2 %" in wording().words(proposal.asks)


@pytest.mark.parametrize(
    ("sentence", "means"),
    [
        ("HbA1c 8.2 % on 2026-06-01.", "8.2 %"),
        ("HbA1c of 66 mmol/mol.", "8.2 %"),
        ("HbA1c not done, 8.2 %", ""),
        ("HbA1c goal below 7 %, now 8.2 %", ""),
    ],
)
def test_a_number_in_a_report_is_proposed_and_never_decides(sentence: str, means: str) -> None:
    note = {
        "resourceType": "DiagnosticReport",
        "id": "note",
        "status": "final",
        "subject": {"reference": "Patient/sketched"},
        "code": {"text": "Letter"},
        "effectiveDateTime": days_ago(5),
        "conclusion": sentence,
    }
    finding = found(MEASUREMENT, HBA1C, [note], proposed=True)
    assert finding.state is State.UNKNOWN
    assert [one.means.in_signs for one in finding.proposals if isinstance(one.means, Interval)] == (
        [means] * bool(means)
    )


@pytest.mark.parametrize(
    ("results", "highest", "lowest"),
    [
        ([a1c(9, 80, "one"), a1c(7, 10, "two")], "≥ 9 %", "≤ 7 %"),
        ([a1c(9, 91, "one"), a1c(7, 10, "two")], "≥ 7 %", "≤ 7 %"),
        ([a1c(9, 91, "one")], "unknown", "unknown"),
        ([], "unknown", "unknown"),
    ],
)
def test_the_highest_and_the_lowest_are_bounds(results: list[Json], highest: str, lowest: str) -> None:
    for kind, expected in ((HIGHEST_MEASUREMENT, highest), (LOWEST_MEASUREMENT, lowest)):
        finding: Finding = found(kind, HBA1C, results)
        assert said(finding).split(": ")[0] == expected
