"""What can be found of a fact, held against the readers of the charts."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, desk_on_file, made

from fhir_mappings.her2 import consensus
from policies.kinds.her2 import HER2_ISH
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Answer
from policies.model.findings import Range, State
from policies.workspace.possible_findings import findings, from_chart

OF_NO_POLICY_HERE = {"coded_result", "indication", "patient_sex", "stated_choice"}
"""Kinds that these policies do not ask for: what a chart can say of them is held in `tests/kinds`."""


def test_every_kind_of_choice_is_known() -> None:
    policy, _ = made(MARGETUXIMAB)
    words = desk_on_file().catalogue.terminology
    choices = [fact for fact in policy.facts.values() if fact.answer is Answer.CHOICE]
    assert {fact.kind.name for fact in choices} == {
        one.name for one in KINDS.values() if one.answer is Answer.CHOICE and one.name not in OF_NO_POLICY_HERE
    }
    assert all(from_chart(policy, fact, words) for fact in choices)


def test_a_fact_that_is_no_choice_has_no_options() -> None:
    policy, _ = made(ELRANATAMAB)
    assert from_chart(policy, policy.facts["ecog"], desk_on_file().catalogue.terminology) is None


def test_the_results_of_in_situ_hybridization_are_those_of_its_reader() -> None:
    assert HER2_ISH.options is not None
    assert {consensus.POSITIVE, consensus.EQUIVOCAL, consensus.NEGATIVE} == HER2_ISH.options.words


@pytest.mark.parametrize(
    ("name", "fact", "expected"),
    [
        (ELRANATAMAB, "prior_anti_cd38", {True, False, None}),
        (ELRANATAMAB, "patient_deceased", {True, False}),
        (ELRANATAMAB, "within_duration", {True}),
        (MARGETUXIMAB, "her2_ish_result", {"positive", "equivocal", "negative", None}),
    ],
)
def test_findings_are_of_every_sort(name: str, fact: str, expected: set[object]) -> None:
    policy, _ = made(name)
    assert {one.value for one in findings(policy, policy.facts[fact])} == expected


def test_numbers_lie_on_both_sides_of_every_figure_as_far_as_the_scale_goes() -> None:
    policy, _ = made(ELRANATAMAB)
    counts = findings(policy, policy.facts["prior_lines"])
    assert {Range.exactly(3), Range.exactly(4), Range.exactly(5), Range(3), Range(4)} <= {one.value for one in counts}
    grades = [one.value for one in findings(policy, policy.facts["ecog"]) if one.state is State.KNOWN]
    assert all(isinstance(one, Range) and one.at_most is not None and one.at_most <= 5 for one in grades)
