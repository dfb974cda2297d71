"""Criteria and options that can never do anything."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, causes, desk_on_file, made, only

from policies.checks.criteria import check
from policies.checks.remarks import Remark

CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"- {{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
COUNT = "- {id: prior-therapies.count, says: At least <at_least> earlier therapies, fact: prior_lines, at_least: 4}"


def remarks(name: str, *edits: Edit) -> list[Remark]:
    policy, source = made(name, *edits)
    return list(check(policy, source, desk_on_file().catalogue.terminology))


@pytest.mark.parametrize("name", [MARGETUXIMAB, ELRANATAMAB])
def test_the_policies_on_file_have_neither_fault_nor_warning(name: str) -> None:
    assert remarks(name) == []


def test_a_criterion_that_another_one_always_settles_is_a_fault() -> None:
    weaker = "- {id: prior-therapies.some, says: At least one earlier therapy, fact: prior_lines, at_least: 1}"
    remark = only(remarks(ELRANATAMAB, (COUNT, f"{COUNT}\n        {weaker}")))
    assert remark.stops
    assert remark.problem.cause.startswith("'prior-therapies.some' can never change 'prior-therapies'")
    assert "(initial.all[1].all[1])" in str(remark)


def test_under_any_the_stronger_one_is_the_idle_one() -> None:
    pair = "- id: either\n      says: Enough\n      section: A\n      any:\n        {}\n        {}"
    weak = "- {id: few, says: At least one, fact: prior_lines, at_least: 1}"
    strong = "- {id: many, says: At least five, fact: prior_lines, at_least: 5}"
    found = causes(remarks(ELRANATAMAB, (ECOG, f"{ECOG}\n    {pair.format(weak, strong)}")))
    assert found[0].startswith("'many' can never change 'either'")


def test_a_group_that_its_neighbors_always_settle_is_a_fault_too() -> None:
    implied = "- {id: few, says: At least one, section: A, fact: prior_lines, at_least: 1}"
    remark = only(remarks(ELRANATAMAB, (ECOG, f"{ECOG}\n    {implied}")))
    assert remark.problem.cause.startswith("'few' can never change its group")
    assert "(initial.all[3])" in str(remark)


def test_parts_that_look_alike_and_differ_are_no_fault() -> None:
    upper = "- {id: prior-therapies.most, says: At most nine earlier therapies, fact: prior_lines, at_most: 9}"
    assert remarks(ELRANATAMAB, (COUNT, f"{COUNT}\n        {upper}")) == []


def test_a_group_that_can_never_be_met_is_a_fault() -> None:
    never = "- {id: prior-therapies.few, says: At most two earlier therapies, fact: prior_lines, at_most: 2}"
    found = causes(remarks(ELRANATAMAB, (COUNT, f"{COUNT}\n        {never}")))
    assert "'prior-therapies' can never be met, whatever is found or answered" in found


def test_a_criterion_that_asks_for_nothing_is_suspicious() -> None:
    remark = only(remarks(ELRANATAMAB, ("fact: ecog, at_most: 2", "fact: ecog, at_most: 5")))
    assert not remark.stops
    assert remark.problem.cause == "'ecog' can never be not met, whatever is found or answered"


def test_a_test_for_an_undecided_option_can_never_be_met() -> None:
    found = causes(remarks(MARGETUXIMAB, ("undecided: [equivocal]", "undecided: [equivocal, positive]")))
    assert "'her2-positive.ish' can never be met, whatever is found or answered" in found
    assert any("tests 'her2_ish_result' for 'positive', which settles nothing" in cause for cause in found)


def test_what_a_chart_can_say_must_be_an_option() -> None:
    found = remarks(MARGETUXIMAB, ("another chemotherapy, none]", "none]"))
    assert found == []
    remark = only(
        remarks(
            MARGETUXIMAB,
            (
                "options: [capecitabine, eribulin, gemcitabine, vinorelbine, ",
                "options: [capecitabine, eribulin, gemcitabine, ",
            ),
            (
                "one_of: [capecitabine, eribulin, gemcitabine, vinorelbine]",
                "one_of: [capecitabine, eribulin, gemcitabine]",
            ),
        )
    )
    assert remark.stops
    assert "A chart can say 'vinorelbine' of 'combination_partner'" in remark.problem.cause


def test_an_option_that_no_result_can_give_is_suspicious() -> None:
    remark = only(remarks(MARGETUXIMAB, ("[3+, 2+, 1+,", "[3+, 2+, 1+, 4+,")))
    assert not remark.stops
    assert "No result can give the option '4+'" in remark.problem.cause
