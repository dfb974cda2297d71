"""Orders that a context only names: what nobody sent along is asked of the client's FHIR server."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.replay.replay import replay
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Ehr
from tests.service.calls import (
    MARGETUXIMAB,
    appointment,
    appointment_book,
    body,
    coverage,
    encounter,
    medication_request,
    order_dispatch,
    searchset,
    service_request,
)
from tests.world import compose

Json = dict[str, Any]
ORDER = medication_request(MARGETUXIMAB, status="active")


@pytest.fixture
def service(policies_on_file: Catalogue, engine: Engine) -> Container:
    settings = Settings(base_url="https://cds.example.org", time_budget_seconds=30)
    return compose(settings, policies_on_file, TODAY, engine)


def dispatched(ehr: Ehr, *, older: bool = False, **prefetch: Json) -> Json:
    call = order_dispatch(older=older, fhirServer=ehr.base)
    del call["prefetch"]["orders"]
    return call | {"prefetch": call["prefetch"] | {"coverage": searchset(coverage())} | prefetch}


def post(service: Container, call: Json) -> Any:
    return create_app(service).test_client().post("/cds-services/order-dispatch-crd", data=body(call))


def determination(reply: Any) -> str:
    given = json.loads(reply.data)["systemActions"][0]["resource"]["extension"]
    parts = next(one["extension"] for one in given if one["url"].endswith("ext-coverage-information"))
    return str(next(one["valueString"] for one in parts if one["url"] == "coverage-assertion-id"))


@pytest.mark.parametrize("older", [False, True])
def test_a_dispatched_order_is_fetched_and_answered(service: Container, ehr: Ehr, older: bool) -> None:
    ehr.answers = {"MedicationRequest/mr1": ORDER}
    reply = post(service, dispatched(ehr, older=older))
    assert reply.status_code == 200, reply.text
    assert json.loads(reply.data)["systemActions"][0]["resource"]["id"] == "mr1"
    found = replay(service.archive, service.order_sign, determination(reply))
    assert (found.same, found.differences) == (True, ())


def test_an_order_that_came_along_is_not_fetched(service: Container, ehr: Ehr) -> None:
    ehr.answers = {"MedicationRequest/mr1": ORDER}
    assert post(service, dispatched(ehr, orders=searchset(ORDER))).status_code == 200
    assert "MedicationRequest/mr1" not in ehr.paths


@pytest.mark.idea("crd-idea-45")
def test_an_order_that_cannot_be_had_is_412(service: Container, ehr: Ehr) -> None:
    reply = post(service, dispatched(ehr))
    assert reply.status_code == 412
    assert json.loads(reply.data)["issue"][0]["expression"] == ["context.dispatchedOrders[0]"]


def test_another_patients_order_is_not_answered(service: Container, ehr: Ehr) -> None:
    ehr.answers = {"MedicationRequest/mr1": ORDER | {"subject": {"reference": "Patient/p2"}}}
    assert post(service, dispatched(ehr)).status_code == 422


def about(service: Container, call: Json) -> Any:
    client = create_app(service).test_client()
    return client.post(f"/cds-services/{call['hook']}-crd", data=body(call))


def acted_on(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    actions = (one["resource"] for one in reply.get_json().get("systemActions", ()))
    return [f"{one['resourceType']}/{one['id']}" for one in actions]


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_an_encounter_that_did_not_come_is_fetched(service: Container, ehr: Ehr, hook: str) -> None:
    met = encounter(hook)["prefetch"]["encounter"]
    call = encounter(hook, prefetch={}, fhirServer=ehr.base)
    assert acted_on(about(service, call)) == []
    ehr.answers = {"Encounter/e1": met}
    assert acted_on(about(service, call)) == ["Encounter/e1"]


@pytest.mark.parametrize("absolute", [False, True])
def test_the_order_of_an_appointment_is_fetched(service: Container, ehr: Ehr, absolute: bool) -> None:
    based = f"{ehr.base}/ServiceRequest/s1" if absolute else "ServiceRequest/s1"
    call = appointment_book(appointment("a1", based), fhirServer=ehr.base)
    call["extension"] = {"davinci-crd.requestedVersion": "2.2"}
    assert acted_on(about(service, call)) == ["Appointment/a1"]
    ehr.answers = {"ServiceRequest/s1": service_request()}
    reply = about(service, call)
    assert acted_on(reply) == ["ServiceRequest/s1"]
    again = replay(service.archive, service.order_sign, determination(reply))
    assert again.same, "what was fetched for the context is kept with the call"


def test_of_another_server_no_order_is_asked(service: Container, ehr: Ehr) -> None:
    call = appointment_book(appointment("a1", "https://other.example.org/fhir/ServiceRequest/s1"), fhirServer=ehr.base)
    ehr.answers = {"ServiceRequest/s1": service_request()}
    assert acted_on(about(service, call)) == ["Appointment/a1"]
    assert "ServiceRequest/s1" not in ehr.paths
