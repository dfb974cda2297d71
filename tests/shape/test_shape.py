"""Indirection must not grow unseen, nor modules and functions: `make shape` prints what these tests bound."""

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from tests.shape import bounds
from tests.shape.entered import by_a_signed_order
from tests.shape.rooms import House, house
from tests.shape.sizes import long_functions, long_modules, sources


@pytest.fixture(scope="module")
def seen() -> House:
    return house()


def test_a_signed_order_enters_few_modules_and_calls(client: FlaskClient) -> None:
    entered = by_a_signed_order(client)
    assert len(entered.modules) <= bounds.MODULES
    assert entered.times <= bounds.CALLS


def test_no_room_is_crowded(seen: House) -> None:
    assert {room: number for room, number in seen.sizes.items() if number > bounds.ROOM} == {}


def test_few_modules_lie_beside_the_rooms(seen: House) -> None:
    assert {package: number for package, number in seen.flat.items() if number > bounds.FLAT} == {}


def test_no_two_rooms_import_each_other(seen: House) -> None:
    assert seen.two_way == []


def test_every_module_is_named_for_what_is_in_it(seen: House) -> None:
    assert seen.verbs == []


def test_no_module_is_long_but_those_that_were() -> None:
    assert_none_longer(long_modules(bounds.LINES, sources()), bounds.LONGER_MODULES)


def test_no_function_is_long_but_those_that_were() -> None:
    assert_none_longer(long_functions(bounds.FUNCTION, sources()), bounds.LONGER_FUNCTIONS)


def assert_none_longer(found: Mapping[str, int], known: Mapping[str, int]) -> None:
    assert {name: lines for name, lines in found.items() if lines > known.get(name, 0)} == {}
    assert sorted(known.keys() - found.keys()) == [], "these are short enough now: take them out of the bounds"


def test_what_is_long_is_found_and_what_is_just_short_enough_is_not() -> None:
    text = "def f():\n" + "    x = 1\n" * 3 + "\n\nasync def g():\n" + "    x = 1\n" * 4
    assert long_functions(4, iter([("m", text)])) == {"m.g": 5}
    assert long_functions(3, iter([("m", text)])) == {"m.f": 4, "m.g": 5}
    assert long_modules(11, iter([("m", text)])) == {}
    assert long_modules(10, iter([("m", text)])) == {"m": 11}


def test_two_way_rooms_and_verbs_are_found() -> None:
    odd = House(
        ("hooks.cards.sending", "hooks.cards.frame", "hooks.report.dosing"),
        frozenset({("hooks.cards", "hooks.report"), ("hooks.report", "hooks.cards")}),
    )
    assert odd.two_way == [("hooks.cards", "hooks.report")]
    assert odd.verbs == ["hooks.cards.sending"]
