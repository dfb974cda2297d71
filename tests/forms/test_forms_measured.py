"""Measured numbers in forms: a decimal with its unit, held against its bounds, filled in, and written as people do."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fhir_mappings.forms.answer_values import OffScaleError, WrongValueError, value_of
from fhir_mappings.forms.form import Form, form_of
from fhir_mappings.forms.relevance import Condition, enable_when
from fhir_mappings.questionnaires.draft_response import answered
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.wording import wording
from policies.evaluation.findings_codec import from_plain, to_plain
from policies.model.criteria import RequestKind
from policies.model.findings import Finding, Interval, Origin, Range
from tests import world

EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"
BASE = "https://payer.example.org"
UNIT = "{T-score}"


@pytest.fixture(scope="module")
def form() -> Form:
    policy = world.examples().versions("denosumab").policies[-1]
    return form_of(policy, RequestKind.INITIAL, BASE)


def test_a_form_asks_for_a_decimal_with_its_unit_and_bounds(form: Form) -> None:
    items = {item["linkId"]: item for section in questionnaire(form, wording())["item"] for item in section["item"]}
    told = {one["url"].rpartition("/")[2]: one for one in items["t_score"]["extension"]}
    assert items["t_score"]["type"] == "decimal"
    assert told["questionnaire-unit"]["valueCoding"] == {"system": "http://unitsofmeasure.org", "code": "1"}
    assert (told["minValue"]["valueDecimal"], told["maxValue"]["valueDecimal"]) == (-8, 8)


@pytest.mark.parametrize("value", [-2.5, -3, 0])
def test_a_decimal_is_taken_as_it_is(form: Form, value: float) -> None:
    taken = value_of(form, form.questions["t_score"], {"valueDecimal": value})
    assert taken == Interval.exactly(Decimal(str(value)), UNIT)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"valueDecimal": -8.1}, OffScaleError),
        ({"valueDecimal": 8.1}, OffScaleError),
        ({"valueDecimal": "-2.5"}, WrongValueError),
        ({"valueDecimal": True}, WrongValueError),
        ({"valueDecimal": float("nan")}, WrongValueError),
        ({"valueInteger": -2}, WrongValueError),
    ],
)
def test_what_is_no_number_of_the_test_is_not_taken(form: Form, value: Any, error: type[WrongValueError]) -> None:
    with pytest.raises(error, match=r"^fault\."):
        value_of(form, form.questions["t_score"], value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Interval.exactly(Decimal("-2.5"), UNIT), {"valueDecimal": -2.5}),
        (Interval.exactly(Decimal(-3), UNIT), {"valueDecimal": -3}),
        (Interval(None, Decimal("-2.5"), UNIT), None),
        (Interval(Decimal(-3), Decimal("-2.5"), UNIT), None),
    ],
)
def test_a_form_is_filled_in_with_what_is_known_to_be_one_number(form: Form, value: Interval, written: Any) -> None:
    known = Finding.known(value, origin=Origin.ANSWER)
    assert answered(form, form.questions["t_score"], known) == written


@pytest.mark.parametrize(
    "value", [Interval(None, Decimal("0.1"), "%", high_is_open=True), Interval.exactly(Decimal("7.50"), "%")]
)
def test_a_measured_finding_is_kept_to_the_letter(value: Interval) -> None:
    found = {"one": Finding.known(value, origin=Origin.ANSWER), "two": Finding.known(Range(2), origin=Origin.ANSWER)}
    assert from_plain(to_plain(found)) == found


@pytest.mark.parametrize(
    ("condition", "operators", "asked"),
    [
        (Condition("q", below=Decimal("7.5"), is_measured=True), [("<", 7.5)], [7.4]),
        (Condition("q", below=Decimal("7.5"), or_equal=True, is_measured=True), [("<=", 7.5)], [7.4, 7.5]),
        (Condition("q", above=Decimal(8), below=Decimal("6.5"), is_measured=True), [(">", 8), ("<", 6.5)], [6.4, 8.1]),
    ],
)
def test_a_question_falls_away_by_a_measured_answer(
    form: Form, condition: Condition, operators: list[tuple[str, float]], asked: list[float]
) -> None:
    lines = enable_when(form, condition)["enableWhen"][1:]
    assert [(one["operator"], one["answerDecimal"]) for one in lines] == operators
    tried = [6.4, 6.5, 7.4, 7.5, 8.0, 8.1]
    open_ = [one for one in tried if condition.holds(Interval.exactly(Decimal(str(one)), "%"))]
    assert set(asked) <= set(open_)
    assert 7.6 not in open_
