"""Every example of a kind comes to what its record says, by a policy that asks for it."""

from pathlib import Path

import pytest

from policies.kinds.registry import KINDS
from policies.kinds.relapse import RELAPSE
from policies.model.case_words import Example
from policies.model.fact_kinds import Kind
from tests import world
from tests.kinds.example_runs import asking, made, read, run

CATALOGUE = world.policies()
ASKED = [kind for kind in KINDS.values() if asking(kind, CATALOGUE) is not None]
EXAMPLES = [
    pytest.param(kind, example, id=f"{kind.name} {example.chart} {example.comes_to}")
    for kind in ASKED
    for example in kind.examples
]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_an_example_comes_to_what_its_kind_says(kind: Kind, example: Example) -> None:
    found, said = run(kind, example, CATALOGUE)
    assert found == said


def test_a_kind_that_no_policy_of_these_asks_for_runs_its_examples_itself() -> None:
    """By a module of its own name, which brings the policy and the value sets."""
    here = Path(__file__).parent
    left = [kind.name for kind in KINDS.values() if kind not in ASKED]
    assert [name for name in left if not (here / f"test_kind_{name}.py").is_file()] == []


@pytest.mark.parametrize("name", ["intolerance", "performance_status", "progression_on_therapy"])
def test_an_example_holds_by_the_usual_value_sets_too(name: str) -> None:
    policy = made(KINDS[name], CATALOGUE)
    for example in KINDS[name].examples:
        assert read(policy, policy.facts["made"], example, CATALOGUE) == example.comes_to


def test_an_example_that_says_otherwise_is_found() -> None:
    found, said = run(RELAPSE, Example(RELAPSE.examples[0].chart, "no"), CATALOGUE)
    assert found != said
