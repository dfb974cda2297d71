from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_trees import MET, NOT_MET, QUICK, UNKNOWN

from policies.model.truth import BOTH, EITHER, OPPOSITE, Truth, all_of, any_of, at_least_of

TRUTHS = st.sampled_from(Truth)
PARTS = st.lists(TRUTHS, max_size=5)


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        (MET, MET, MET),
        (MET, UNKNOWN, UNKNOWN),
        (MET, NOT_MET, NOT_MET),
        (UNKNOWN, MET, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (UNKNOWN, NOT_MET, NOT_MET),
        (NOT_MET, MET, NOT_MET),
        (NOT_MET, UNKNOWN, NOT_MET),
        (NOT_MET, NOT_MET, NOT_MET),
    ],
)
def test_the_table_of_all_reads_row_by_row(first: Truth, second: Truth, whole: Truth) -> None:
    assert BOTH[first, second] is whole
    assert all_of([first, second]) is whole


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        (MET, MET, MET),
        (MET, UNKNOWN, MET),
        (MET, NOT_MET, MET),
        (UNKNOWN, MET, MET),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (UNKNOWN, NOT_MET, UNKNOWN),
        (NOT_MET, MET, MET),
        (NOT_MET, UNKNOWN, UNKNOWN),
        (NOT_MET, NOT_MET, NOT_MET),
    ],
)
def test_the_table_of_any_reads_row_by_row(first: Truth, second: Truth, whole: Truth) -> None:
    assert EITHER[first, second] is whole
    assert any_of([first, second]) is whole


@pytest.mark.parametrize(("part", "whole"), [(MET, NOT_MET), (NOT_MET, MET), (UNKNOWN, UNKNOWN)])
def test_the_table_of_not_reads_row_by_row(part: Truth, whole: Truth) -> None:
    assert OPPOSITE[part] is whole


def test_the_tables_hold_every_pair_and_nothing_else() -> None:
    pairs = set(product(Truth, Truth))
    assert BOTH.keys() == EITHER.keys() == pairs
    assert OPPOSITE.keys() == set(Truth)


def test_nothing_to_meet_is_met_and_nothing_to_choose_from_is_not_met() -> None:
    assert all_of([]) is MET
    assert any_of([]) is NOT_MET
    assert at_least_of(1, []) is NOT_MET


@QUICK
@given(st.lists(TRUTHS, max_size=4))
def test_the_order_of_the_parts_does_not_matter(parts: list[Truth]) -> None:
    for other in permutations(parts):
        assert all_of(other) is all_of(parts)
        assert any_of(other) is any_of(parts)
        assert at_least_of(2, other) is at_least_of(2, parts)


@QUICK
@given(TRUTHS, TRUTHS, TRUTHS)
def test_the_grouping_of_the_parts_does_not_matter(one: Truth, two: Truth, three: Truth) -> None:
    for table in (BOTH, EITHER):
        assert table[table[one, two], three] is table[one, table[two, three]]


@QUICK
@given(PARTS)
def test_not_turns_all_into_any_and_back(parts: list[Truth]) -> None:
    turned = [OPPOSITE[part] for part in parts]
    assert OPPOSITE[all_of(parts)] is any_of(turned)
    assert OPPOSITE[any_of(parts)] is all_of(turned)


@QUICK
@given(TRUTHS)
def test_not_twice_changes_nothing(part: Truth) -> None:
    assert OPPOSITE[OPPOSITE[part]] is part


@QUICK
@given(PARTS)
def test_a_known_failure_beats_unknowns_in_all(parts: list[Truth]) -> None:
    assert all_of([*parts, NOT_MET]) is NOT_MET


@QUICK
@given(PARTS)
def test_a_met_part_beats_unknowns_in_any(parts: list[Truth]) -> None:
    assert any_of([*parts, MET]) is MET


@QUICK
@given(PARTS)
def test_an_unknown_part_is_never_read_as_a_failure_or_as_met(parts: list[Truth]) -> None:
    assert all_of([*parts, UNKNOWN]) is not MET
    assert any_of([*parts, UNKNOWN]) is not NOT_MET


def completions(parts: list[Truth]) -> list[list[Truth]]:
    return [list(one) for one in product(*([MET, NOT_MET] if part is UNKNOWN else [part] for part in parts))]


@QUICK
@given(PARTS, st.integers(1, 6))
def test_at_least_of_is_known_exactly_when_every_completion_agrees(parts: list[Truth], needed: int) -> None:
    possible = {MET if whole.count(MET) >= needed else NOT_MET for whole in completions(parts)}
    assert at_least_of(needed, parts) is (possible.pop() if len(possible) == 1 else UNKNOWN)


@QUICK
@given(PARTS)
def test_all_and_any_are_known_exactly_when_every_completion_agrees(parts: list[Truth]) -> None:
    for joined in (all_of, any_of):
        possible = {joined(whole) for whole in completions(parts)}
        assert joined(parts) is (possible.pop() if len(possible) == 1 else UNKNOWN)


@QUICK
@given(st.lists(TRUTHS, min_size=1, max_size=5))
def test_at_least_of_holds_all_and_any_as_its_ends(parts: list[Truth]) -> None:
    assert at_least_of(1, parts) is any_of(parts)
    assert at_least_of(len(parts), parts) is all_of(parts)
