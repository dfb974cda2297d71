import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_trees import MET, NOT_MET, OPTIONS, QUICK, UNDECIDED, UNKNOWN, fact, known, leaf, seen

from policies.evaluation.comparison import judge
from policies.model.criteria import Comparison, Operand
from policies.model.findings import Finding, Range, Role, Value
from policies.model.truth import Truth

FLAG, CHOICE, COUNT = fact("flag"), fact("choice", "choice"), fact("count", "count")


@pytest.mark.parametrize(
    ("wanted", "value", "truth"),
    [(True, True, MET), (True, False, NOT_MET), (False, False, MET), (False, True, NOT_MET)],
)
def test_is_holds_a_yes_or_no_against_the_other(wanted: bool, value: bool, truth: Truth) -> None:
    assert judge(leaf("flag", operand=wanted), FLAG, known(value)) is truth


@pytest.mark.parametrize(("value", "truth"), [("red", MET), ("green", NOT_MET), (UNDECIDED, UNKNOWN)])
def test_is_holds_a_choice_against_one_option(value: str, truth: Truth) -> None:
    assert judge(leaf("choice", operand="red"), CHOICE, known(value)) is truth


@pytest.mark.parametrize(("value", "truth"), [("red", MET), ("green", MET), ("blue", NOT_MET), (UNDECIDED, UNKNOWN)])
def test_one_of_holds_a_choice_against_several_options(value: str, truth: Truth) -> None:
    colours = fact("choice", "choice", options=(*OPTIONS, "blue"))
    assert judge(leaf("choice", Comparison.ONE_OF, ("red", "green")), colours, known(value)) is truth


def test_an_undecided_option_stays_unknown_even_if_the_criterion_names_it() -> None:
    assert judge(leaf("choice", operand=UNDECIDED), CHOICE, known(UNDECIDED)) is UNKNOWN


@pytest.mark.parametrize(
    ("value", "at_least_4", "at_most_2"),
    [
        (Range(4), MET, NOT_MET),
        (Range(2), UNKNOWN, UNKNOWN),
        (Range.exactly(2), NOT_MET, MET),
        (Range(2, 3), NOT_MET, UNKNOWN),
        (Range.exactly(3), NOT_MET, NOT_MET),
        (Range(3), UNKNOWN, NOT_MET),
        (Range(3, 4), UNKNOWN, NOT_MET),
        (Range.exactly(4), MET, NOT_MET),
        (Range(0, 2), NOT_MET, MET),
        (Range(0), UNKNOWN, UNKNOWN),
    ],
)
def test_numbers_are_held_against_both_sides_of_a_threshold(value: Range, at_least_4: Truth, at_most_2: Truth) -> None:
    assert judge(leaf("count", Comparison.AT_LEAST, 4), COUNT, known(value)) is at_least_4
    assert judge(leaf("count", Comparison.AT_MOST, 2), COUNT, known(value)) is at_most_2


@QUICK
@given(st.integers(0, 6), st.integers(0, 4), st.integers(0, 6))
def test_a_range_is_decided_exactly_when_all_its_numbers_agree(low: int, width: int, figure: int) -> None:
    value = known(Range(low, low + width))
    numbers = range(low, low + width + 1)
    for comparison, holds in (
        (Comparison.AT_LEAST, {number >= figure for number in numbers}),
        (Comparison.AT_MOST, {number <= figure for number in numbers}),
    ):
        expected = UNKNOWN if len(holds) == 2 else MET if holds == {True} else NOT_MET
        assert judge(leaf("count", comparison, figure), COUNT, value) is expected


@pytest.mark.parametrize(
    "finding",
    [Finding.unknown("nothing said"), Finding.conflicting("two sides", (seen(), seen("Observation/2", Role.AGAINST)))],
)
@pytest.mark.parametrize(
    ("comparison", "operand"),
    [
        (Comparison.IS, True),
        (Comparison.ONE_OF, ("red", "green")),
        (Comparison.AT_LEAST, 1),
        (Comparison.AT_MOST, 1),
    ],
)
def test_what_is_unknown_or_conflicting_is_unknown(finding: Finding, comparison: Comparison, operand: Operand) -> None:
    assert judge(leaf("any", comparison, operand), FLAG, finding) is UNKNOWN


@pytest.mark.parametrize(
    ("comparison", "operand", "value"),
    [
        (Comparison.IS, True, "red"),
        (Comparison.IS, "red", True),
        (Comparison.IS, True, Range(1)),
        (Comparison.ONE_OF, ("red", "green"), True),
        (Comparison.ONE_OF, "red", "red"),
        (Comparison.AT_LEAST, 1, True),
        (Comparison.AT_LEAST, 1, "red"),
        (Comparison.AT_LEAST, True, Range(1)),
        (Comparison.AT_MOST, "red", Range(1)),
        (Comparison.AT_MOST, 1, False),
    ],
)
def test_a_value_of_another_type_than_the_fact_is_a_bug_and_raises(
    comparison: Comparison, operand: Operand, value: Value
) -> None:
    with pytest.raises(TypeError):
        judge(leaf("choice", comparison, operand), CHOICE, known(value))


def test_a_choice_that_is_no_option_is_never_read_as_not_met() -> None:
    with pytest.raises(TypeError, match="'purple' is none of the options of 'choice'"):
        judge(leaf("choice", operand="red"), CHOICE, known("purple"))
