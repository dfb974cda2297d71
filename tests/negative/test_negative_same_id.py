"""Two orders of a call under one id: an answer stands on an order by its id, and would be taken for either."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    appointment,
    appointment_book,
    body,
    in_version,
    medication_request,
    order_select,
    order_sign,
    service_request,
)

Json = dict[str, Any]
ORDER = medication_request(MARGETUXIMAB)


def posted(client: FlaskClient, call: Json) -> tuple[int, Json]:
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json")
    return reply.status_code, dict(json.loads(reply.data))


@pytest.mark.requirement("crd22.hook-13", "crd20.status-422")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("call", [order_sign, order_select])
def test_two_orders_under_one_id_are_refused(client: FlaskClient, call: Any, version: str) -> None:
    status, outcome = posted(client, in_version(call(ORDER, medication_request(AMOXICILLIN)), version))
    assert status == 422
    assert outcome["issue"][0]["expression"] == ["context.draftOrders.entry[1].resource.id"]


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_two_appointments_under_one_id_are_refused(client: FlaskClient, version: str) -> None:
    call = appointment_book(appointment("a1"), appointment("a1", description="another"))
    status, outcome = posted(client, in_version(call, version))
    assert status == 422
    assert outcome["issue"][0]["expression"] == ["context.appointments.entry[1].resource.id"]


def test_the_same_order_twice_is_one_order(client: FlaskClient) -> None:
    again = dict(reversed(list(ORDER.items())))
    status, reply = posted(client, order_sign(ORDER, again, medication_request(AMOXICILLIN, "mr2")))
    assert (status, [one["resource"]["id"] for one in reply["systemActions"]]) == (200, ["mr1", "mr2"])


def test_orders_of_two_types_may_have_one_id(client: FlaskClient) -> None:
    status, reply = posted(client, order_sign(ORDER, service_request("mr1", status="draft")))
    assert (status, len(reply["systemActions"])) == (200, 2)
