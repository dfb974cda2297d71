"""Billing codes that an order offers in CRD's extension for them: taken into account, and never needed."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.coverage.stating import parts_on
from tests.service.calls import (
    AMOXICILLIN,
    HCPCS,
    MARGETUXIMAB,
    body,
    medication_request,
    order_sign,
    searchset,
    service_request,
)

Json = dict[str, Any]
URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
LOCAL = {"system": "https://ehr.example.org/codes", "code": "infusion-17"}


def options(*codes: str) -> list[Json]:
    """Return the extension of a code, once for each billing code."""
    return [{"url": URL, "valueCodeableConcept": {"coding": [{"system": HCPCS, "code": code}]}} for code in codes]


def told(client: FlaskClient, order: Json, *chart: Json) -> Json:
    call = order_sign(order)
    call["prefetch"]["medications"] = searchset(*chart)
    reply = client.post("/cds-services/order-sign-crd", data=body(call), content_type="application/json")
    assert reply.status_code == 200, reply.text
    (action,) = json.loads(reply.data)["systemActions"]
    assert action["resource"] | {"extension": None} == order | {"extension": None}
    return parts_on(action)


def prescribed(concept: Json) -> Json:
    return medication_request(MARGETUXIMAB) | {"medicationCodeableConcept": concept}


@pytest.mark.idea("crd-idea-69")
@pytest.mark.requirement("crd22.billopt-3")
@pytest.mark.parametrize(
    "concept",
    [
        {"coding": [LOCAL], "extension": options("J9353")},
        {"text": "the HER2 antibody", "extension": options("J9353")},
        {"coding": [{"system": HCPCS, "code": "J9999"}], "extension": options("J3490", "J9353")},
    ],
    ids=["beside a local code", "beside text", "among others"],
)
def test_a_drug_is_named_by_a_billing_code_that_it_may_have(client: FlaskClient, concept: Json) -> None:
    service = service_request(code=concept)
    medication = {"resourceType": "Medication", "id": "m", "code": concept}
    pointing = {"medicationReference": {"reference": "#m"}, "contained": [medication]}
    for order in (service, prescribed(concept), prescribed(concept) | pointing):
        if "contained" in order:
            del order["medicationCodeableConcept"]
        found = told(client, order)
        assert (found["pa-needed"], found["billingCode"][0]["code"]) == (["auth-needed"], "J9353")
    elsewhere = medication_request(MARGETUXIMAB, medicationReference={"reference": "Medication/m"})
    del elsewhere["medicationCodeableConcept"]
    assert told(client, elsewhere, medication)["pa-needed"] == ["auth-needed"]


@pytest.mark.requirement("crd22.billopt-3")
def test_billing_codes_of_another_drug_contradict_the_order(client: FlaskClient) -> None:
    found = told(client, prescribed({"coding": [MARGETUXIMAB], "extension": options("J1323")}))
    assert found["pa-needed"] == ["conditional"]


@pytest.mark.requirement("crd22.billopt-3")
def test_the_answer_without_a_policy_is_about_the_code_that_may_be_billed(client: FlaskClient) -> None:
    found = told(client, service_request(code={"coding": [LOCAL], "extension": options("E0431")}))
    assert found["billingCode"] == [{"system": HCPCS, "code": "E0431"}]


@pytest.mark.idea("crd-idea-69")
@pytest.mark.requirement("crd22.billopt-2")
@pytest.mark.parametrize(
    "odd", [None, [], 7, [7], [{"url": URL}], [{"url": URL, "valueCode": "x"}], options("nonsense")]
)
def test_no_answer_needs_them_and_odd_ones_do_no_harm(client: FlaskClient, odd: Any) -> None:
    plain = told(client, prescribed({"coding": [MARGETUXIMAB]}))
    assert told(client, prescribed({"coding": [MARGETUXIMAB], "extension": odd})) == plain
    other = told(client, prescribed({"coding": [AMOXICILLIN], "extension": odd}))
    assert other["pa-needed"] == ["conditional"]
