"""How much an approval allows: a person's says it as the machine's does, in the answer and at the next signing."""

from datetime import date
from typing import Any

import pytest

from cds_service.chain.entries import CHAIN
from cds_service.storage.tables import AUTHORIZATIONS
from tests.databases import SQLITE
from tests.prior_auth.conftest import Making, Payer
from tests.prior_auth.request_bundles import (
    HCPCS,
    action,
    changed,
    concept,
    item,
    request_of,
    response,
    reviews,
    sample,
    value_of,
)
from tests.prior_auth.test_prior_auth_desk import decided, reviewers_file, signed_in

__all__ = ["reviewers_file"]
DATABASES = (SQLITE,)
"""How much is approved does not depend on where it is kept."""
Json = dict[str, Any]
DOSED = "01"
"""A sample whose dose and weight are certain, so that the doses of an authorization can be counted."""
UNITS = 1917
END = "2027-05-24"


@pytest.fixture
def by_hand(paying: Making, reviewers_file: Any) -> Payer:
    return paying(reviewers_file=str(reviewers_file), automatic_approval=False)


def asking(**members: Any) -> Json:
    request = request_of(sample(DOSED))
    (one,) = request["entry"][0]["resource"]["item"]
    return changed(request, item=[one | members])


def reviewed(payer: Payer, request: Json, act: str, **told: str) -> Json:
    """Return the answer that stands after a reviewer's decision on the first item."""
    name = response(payer.submit(request))["id"]
    decided(signed_in(payer), name, act, **told)
    return response(payer.submit(request))


def detail(one: Json) -> Json:
    """Return what is authorized in detail, by the names of its parts."""
    found = value_of(one, "itemAuthorizedDetail") or []
    return {part["url"]: next(value for name, value in part.items() if name != "url") for part in found}


def allowed_at_signing(payer: Payer) -> Json:
    """Return the quantity that order-sign says of the authorization; empty where it says none."""
    reply = payer.client.post("/cds-services/order-sign-crd", json=sample(DOSED)).get_json()
    found = reply["systemActions"][0]["resource"]["extension"]
    (said,) = [one for one in found if one["url"].endswith("ext-coverage-information")]
    parts = [one["extension"] for one in said["extension"] if one["url"] == "detail"]
    quantities = [part["valueQuantity"] for one in parts for part in one if "valueQuantity" in part]
    return dict(quantities[0]) if quantities else {}


def test_a_reviewers_approval_is_answered_as_the_machines_is(by_hand: Payer, paying: Making) -> None:
    request = asking()
    told = reviewed(by_hand, request, "approved")
    ours = response(paying().submit(request))
    (person,), (machine,) = told["item"], ours["item"]
    assert detail(person) == detail(machine) == {"quantity": {"value": UNITS, "unit": "units"}}
    assert value_of(person, "itemPreAuthPeriod") == value_of(machine, "itemPreAuthPeriod")
    assert value_of(person, "itemPreAuthIssueDate") == value_of(machine, "itemPreAuthIssueDate") == "2026-11-25"
    assert told["preAuthPeriod"] == ours["preAuthPeriod"] == {"start": "2026-11-25", "end": END}
    assert [action(one)["reviewActionCode"] for one in (person, machine)] == ["A1", "A1"]
    for one in (told, ours):
        assert action({"adjudication": one["adjudication"]}) == {"number": action(one["item"][0])["number"]}
    assert allowed_at_signing(by_hand)["value"] == UNITS, "what was approved is what the next signing says"


@pytest.mark.parametrize(
    ("asked", "authorized", "at_signing"),
    [
        ({"value": 900, "unit": "units"}, {"value": 900, "unit": "units"}, 900),
        ({"value": 4, "unit": "doses"}, {"value": 852, "unit": "units"}, 852),
        ({"value": 9, "unit": "vial"}, {"value": 9, "unit": "vial"}, None),
        ({"value": 1, "unit": "unit"}, {"value": UNITS, "unit": "units"}, UNITS),
    ],
    ids=["units", "doses", "a unit that is not counted", "the order itself"],
)
def test_what_is_approved_as_asked_is_as_much_as_was_asked(
    by_hand: Payer, asked: Json, authorized: Json, at_signing: int | None
) -> None:
    told = reviewed(by_hand, asking(quantity=asked), "approved")
    assert detail(told["item"][0])["quantity"] == authorized
    assert allowed_at_signing(by_hand).get("value") == at_signing


@pytest.mark.parametrize(
    ("told", "quantity", "end"),
    [
        ({"units": "426"}, {"value": 426, "unit": "units"}, END),
        ({"end": "2027-01-31"}, {"value": 852, "unit": "units"}, "2027-01-31"),
        ({"end": "2027-01-31", "units": "612"}, {"value": 612, "unit": "units"}, "2027-01-31"),
    ],
)
def test_a_changed_approval_says_how_much_and_until_when(
    by_hand: Payer, told: dict[str, str], quantity: Json, end: str
) -> None:
    answer = reviewed(by_hand, asking(), "changed", **told)
    (one,), (added,) = answer["item"], answer["addItem"]
    assert action(one)["reviewActionCode"] == "A6"
    assert added["quantity"] == quantity
    assert added["servicedPeriod"] == value_of(added, "itemPreAuthPeriod") == {"start": "2026-11-25", "end": end}
    assert answer["preAuthPeriod"]["end"] == end
    assert allowed_at_signing(by_hand) == quantity | {"unit": allowed_at_signing(by_hand)["unit"]}


def test_days_and_action_of_the_whole_are_said_where_all_items_share_them(by_hand: Payer) -> None:
    request = asking()
    (one,) = request["entry"][0]["resource"]["item"]
    other = item(2, productOrService=concept(HCPCS, "J1323"))
    whole = response(by_hand.submit(changed(request, item=[one, other])))
    assert not {"adjudication", "preAuthPeriod"} & set(whole), "what waits has no number and no days yet"
    decided(signed_in(by_hand), whole["id"], "approved")
    half = by_hand.submit(changed(request, item=[one, other]))
    assert reviews(half) == {1: "A1", 2: "A4"}
    assert "adjudication" not in response(half)
    assert "preAuthPeriod" not in response(half), "what waits has no days yet"


@pytest.mark.parametrize(
    ("act", "told"), [("approved", {}), ("changed", {"units": "408"}), ("changed", {"end": "2027-01-31"})]
)
def test_each_quantity_of_an_answer_names_its_unit(by_hand: Payer, act: str, told: dict[str, str]) -> None:
    """A number without a unit says nothing (PAS 2.2.1, profile-quantity: a value, and a unit or a code)."""
    found = quantities(reviewed(by_hand, asking(), act, **told))
    assert found
    assert all(one["value"] and one["unit"] for one in found)


def quantities(value: Any) -> list[Json]:
    """Return every quantity in an answer, wherever it stands."""
    if isinstance(value, list):
        return [one for each in value for one in quantities(each)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("quantity", "valueQuantity") if isinstance(value.get(name), dict)]
    return own + [one for each in value.values() for one in quantities(each)]


# Beyond an authorization that holds: the same number, and what was decided.

LATER = "2027-06-30"


@pytest.fixture
def held(paying: Making, reviewers_file: Any) -> Payer:
    """A payer with a machine's authorization of the member: 1917 units until END."""
    payer = paying(reviewers_file=str(reviewers_file))
    answer = payer.submit(request_of(sample(DOSED), "held"))
    assert (reviews(answer), detail(response(answer)["item"][0])["quantity"]["value"]) == ({1: "A1"}, UNITS)
    return payer


def on_file(payer: Payer) -> Json:
    """The number, last day and units by which order-sign answers now."""
    said = payer.sign(sample(DOSED))
    with payer.container.archive.engine.connect() as connection:  # type: ignore[union-attr]
        (row,) = connection.execute(AUTHORIZATIONS.select()).all()
    assert row.number == said["satisfied-pa-id"]
    return {"number": row.number, "end": row.end.isoformat(), "units": allowed_at_signing(payer).get("value")}


def beyond(payer: Payer, act: str, asked: Json, status: int = 303, **told: str) -> Json:
    """Ask for something, and return the answer after a decision on it."""
    request = request_of(sample(DOSED), "beyond")
    (one,) = request["entry"][0]["resource"]["item"]
    request = changed(request, item=[one | asked])
    answer = payer.submit(request)
    assert reviews(answer) == {1: "A4"}
    decided(signed_in(payer), response(answer)["id"], act, status, **told)
    return response(payer.submit(request))


@pytest.mark.parametrize("units", [UNITS + 1, 2500, 4000])
def test_more_units_than_are_authorized_are_authorized_under_the_same_number(held: Payer, units: int) -> None:
    before = on_file(held)
    answer = beyond(held, "approved", {"quantity": {"value": units, "unit": "units"}})
    (one,) = answer["item"]
    assert detail(one)["quantity"]["value"] == units
    assert action(one) == {"reviewActionCode": "A1", "number": before["number"]}
    assert on_file(held) == before | {"units": units}
    again = response(held.submit(request_of(sample(DOSED), "again")))
    assert detail(again["item"][0])["quantity"]["value"] == units, "what the machine answers is the same"


@pytest.mark.parametrize("units", [1, UNITS - 1, UNITS])
def test_as_many_units_as_are_authorized_change_nothing(held: Payer, units: int) -> None:
    before = on_file(held)
    request = request_of(sample(DOSED), "within")
    (one,) = request["entry"][0]["resource"]["item"]
    answer = held.submit(changed(request, item=[one | {"quantity": {"value": units, "unit": "units"}}]))
    assert reviews(answer) == {1: "A1"}
    assert on_file(held) == before


def test_a_longer_time_is_authorized_under_the_same_number_with_its_doses(held: Payer) -> None:
    before = on_file(held)
    answer = beyond(held, "changed", {"servicedPeriod": {"start": "2026-12-01", "end": LATER}}, end=LATER)
    now = on_file(held)
    assert (now["number"], now["end"]) == (before["number"], LATER)
    assert now["units"] > UNITS
    (one,), (added,) = answer["item"], answer["addItem"]
    assert action(one)["number"] == action(added)["number"] == before["number"]
    assert added["servicedPeriod"] == {"start": "2026-11-25", "end": LATER}
    assert added["quantity"]["value"] == now["units"]


def test_days_that_an_approval_as_asked_would_not_reach_are_not_approved_so(held: Payer) -> None:
    before = on_file(held)
    answer = beyond(held, "approved", {"servicedPeriod": {"start": "2026-12-01", "end": LATER}}, 422)
    assert reviews({"entry": [{"resource": answer}]}) == {1: "A4"}
    assert on_file(held) == before


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"units": str(UNITS - 1)}, 422),
        ({"units": str(UNITS)}, 303),
        ({"units": str(UNITS + 1)}, 303),
        ({"end": "2027-05-23"}, 422),
        ({"end": END}, 303),
        ({"end": "2027-05-25"}, 303),
        ({"end": "2027-05-25", "units": str(UNITS - 1)}, 422),
    ],
)
def test_what_is_authorized_is_not_taken_back_by_a_changed_approval(held: Payer, told: Json, status: int) -> None:
    """An authorization holds until its last day: less than it has nobody is told that he may rely on."""
    before = on_file(held)
    answer = beyond(held, "changed", {"quantity": {"value": 9000, "unit": "units"}}, status, **told)
    if status == 422:
        assert on_file(held) == before
        return
    wanted = before | {name: int(value) if name == "units" else value for name, value in told.items()}
    now = on_file(held)
    assert {name: now[name] for name in ("number", *told)} == {name: wanted[name] for name in ("number", *told)}
    assert now["units"] is None or now["units"] >= UNITS
    (added,) = answer["addItem"]
    assert added["servicedPeriod"]["end"] == now["end"]
    assert added["quantity"]["value"] == now["units"]


def test_an_amount_that_cannot_be_counted_is_said_by_nobody(held: Payer) -> None:
    """Sixty vials are approved as such; no units are said any more that would be another amount."""
    answer = beyond(held, "approved", {"quantity": {"value": 60, "unit": "vial"}})
    assert detail(answer["item"][0])["quantity"] == {"value": 60, "unit": "vial"}
    assert on_file(held)["units"] is None


def test_a_raised_authorization_ends_before_the_next_one(held: Payer) -> None:
    before = on_file(held)
    archive = held.container.archive
    assert archive is not None
    with archive.engine.begin() as connection:
        (row,) = connection.execute(AUTHORIZATIONS.select()).mappings().all()
        later = {"number": "PA-LATER", "start": date(2027, 6, 15), "end": date(2027, 12, 14)}
        connection.execute(AUTHORIZATIONS.insert(), dict(row) | later)
    answer = beyond(held, "changed", {"quantity": {"value": 9000, "unit": "units"}}, end=LATER)
    (added,) = answer["addItem"]
    assert added["servicedPeriod"]["end"] == "2027-06-14"
    assert action(added)["number"] == before["number"]


def test_a_raised_authorization_stands_in_the_chain(held: Payer) -> None:
    beyond(held, "approved", {"quantity": {"value": 2500, "unit": "units"}})
    archive = held.container.archive
    assert archive is not None
    with archive.engine.connect() as connection:
        acts = connection.execute(CHAIN.select().where(CHAIN.c.kind == AUTHORIZATIONS.name)).all()
    assert [one.act for one in acts] == ["added", "changed"]
