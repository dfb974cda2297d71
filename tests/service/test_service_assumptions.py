"""What is assumed beyond what an order says is told: its billing code, and what was not looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands import demo
from fhir_mappings.orders.billing_options import URL
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    body,
    coverage_information,
    medication_request,
    order_sign,
    service_request,
)
from tests.world import compose, store

Json = dict[str, Any]
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ASSUMED = "Judged for billing code J9353, which the order itself does not bear"
NOT_CONSIDERED = "etwork and place of treatment are not considered."


def answered(client: FlaskClient, *orders: Json) -> Json:
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign(*orders)))
    assert reply.status_code == 200
    return dict(reply.get_json())


def reason(reply: Json) -> str:
    return str(coverage_information(reply["systemActions"][0]["resource"])["reason"]["text"])


def with_option(code: str) -> Json:
    order = medication_request(MARGETUXIMAB)
    option = {"url": URL, "valueCodeableConcept": {"coding": [{"system": HCPCS, "code": code}]}}
    order["medicationCodeableConcept"] = order["medicationCodeableConcept"] | {"extension": [option]}
    return order


@pytest.mark.requirement("crd22.impl-5")
@pytest.mark.parametrize(
    ("order", "is_assumed"),
    [
        (lambda: medication_request(MARGETUXIMAB), True),
        (lambda: with_option("J9999"), True),
        (lambda: with_option("J9353"), False),
        (service_request, False),
    ],
)
def test_a_billing_code_that_the_order_does_not_bear_is_told_as_assumed(
    client: FlaskClient, order: Callable[[], Json], is_assumed: bool
) -> None:
    reply = answered(client, order())
    for text in (reason(reply), reply["cards"][0]["detail"]):
        assert (ASSUMED in text) is is_assumed
        assert NOT_CONSIDERED in text


@pytest.mark.requirement("crd22.impl-5")
def test_an_authorization_says_for_which_code_it_was_given(policies_on_file: Catalogue) -> None:
    service = compose(Settings(automatic_approval=True), policies_on_file, TODAY, store())
    reply = (
        create_app(service).test_client().post("/cds-services/order-sign-crd", data=demo.samples()[0].body).get_json()
    )
    told = coverage_information(reply["systemActions"][0]["resource"])
    assert told["pa-needed"] == "satisfied"
    assert ASSUMED in told["reason"]["text"]


def test_where_no_policy_judges_nothing_is_assumed(client: FlaskClient) -> None:
    text = reason(answered(client, medication_request(AMOXICILLIN)))
    assert ASSUMED not in text
    assert NOT_CONSIDERED not in text
