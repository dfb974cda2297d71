"""The example policies: no order is judged by them unless somebody asks for their folder."""

from pathlib import Path

from policies.checks import policy_check
from tests import world

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "policies" / "examples"


def test_every_example_is_sound() -> None:
    found = policy_check.check(EXAMPLES)
    assert found.sound
    assert set(world.examples().ids) == {one.name for one in (EXAMPLES / "data").iterdir()}


def test_no_example_is_on_unless_it_is_asked_for() -> None:
    assert set(world.shipped().ids).isdisjoint(world.examples().ids)


def test_value_sets_without_code_systems_lie_over_those_of_the_program() -> None:
    own, ours = world.examples().terminology, world.shipped().terminology
    assert own.systems == ours.systems
    assert set(ours.sets) < set(own.sets)
