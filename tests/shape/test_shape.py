"""Indirection must not grow unseen: `make shape` prints what these tests bound."""

import pytest
from flask.testing import FlaskClient

from tests.shape import bounds
from tests.shape.entered import by_a_signed_order
from tests.shape.rooms import House, house


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


def test_two_way_rooms_and_verbs_are_found() -> None:
    odd = House(
        ("hooks.cards.sending", "hooks.cards.frame", "hooks.report.dosing"),
        frozenset({("hooks.cards", "hooks.report"), ("hooks.report", "hooks.cards")}),
    )
    assert odd.two_way == [("hooks.cards", "hooks.report")]
    assert odd.verbs == ["hooks.cards.sending"]
