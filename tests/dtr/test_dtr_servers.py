"""Ids of patients, coverages and orders differ from server to server: who has several must name the determination."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import operations_of
from cds_service.dtr.dtr_versions import DTR_2_2
from cds_service.dtr.errors import DtrError
from cds_service.dtr.form_ownership import OwnServers
from cds_service.form_packages.operations import Operations
from cds_service.form_packages.package_input import read_package_input
from hooks.protocol.client import Caller
from policies.catalogue import Catalogue
from tests import databases
from tests.conftest import TODAY
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_answered import ANSWERS, filled, information
from tests.dtr.test_dtr_package import context, form, of_coverage, response
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign
from tests.world import compose

Json = dict[str, Any]
NORTH, SOUTH = "https://north.example.org/fhir", "https://south.example.org/fhir"
ONE, SEVERAL = {"north": (NORTH,), "south": ()}, {"north": (NORTH, SOUTH), "south": ()}
SAME = {"north": (NORTH, f"{NORTH}/")}


@pytest.fixture
def service(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, databases.new_engine())


def operations(service: Container, own: OwnServers) -> Operations:
    """What DTR offers where these servers are registered."""
    found = operations_of(service)
    belonging = replace(found.belonging, own_servers=own)
    assert found.answered is not None
    answered = replace(found.answered, belonging=belonging)
    packaging = replace(found.packaging, own_servers=own)
    return replace(found, belonging=belonging, packaging=packaging, answered=answered)


def signed(service: Container, tenant: str, server: str) -> str:
    call = order_sign()
    call = (
        call | {"fhirServer": server} if server else {name: one for name, one in call.items() if name != "fhirServer"}
    )
    told = json.loads(service.order_sign.answer(body(call), Caller(tenant)).body)
    return str(information(told["systemActions"][0]["resource"]["extension"])["coverage-assertion-id"])


def found(service: Container, own: OwnServers, tenant: str | None, *more: Json) -> str:
    """The determination whose form the order of patient p1 gets; empty where the form is of none."""
    asked = [of_coverage(), {"name": "order", "resource": medication_request(MARGETUXIMAB)}, *more]
    text = json.dumps({"resourceType": "Parameters", "parameter": asked}).encode()
    made = operations(service, own).packaging.answer(read_package_input(text, 64), DTR_2_2, tenant)
    (bundle,) = [one["resource"] for one in parameters(made) if one["resource"]["resourceType"] == "Bundle"]
    assert form(bundle)["resourceType"] == "Questionnaire"
    return str(response(bundle).get("identifier", {}).get("value", ""))


@pytest.mark.parametrize(("own", "is_found"), [(None, True), (ONE, True), (SAME, True), (SEVERAL, False)])
def test_an_order_is_not_found_by_ids_that_another_server_may_have_too(
    service: Container, own: OwnServers, *, is_found: bool
) -> None:
    name = signed(service, "north", NORTH)
    assert found(service, own, "north") == (name if is_found else "")
    assert found(service, own, "north", context(name)) == name


@pytest.mark.parametrize("server", ["", NORTH])
def test_an_administrator_does_not_meet_one_tenants_patient_in_anothers(service: Container, server: str) -> None:
    name = signed(service, "north", server)
    assert found(service, ONE, None) == name
    signed(service, "south", server)
    assert found(service, ONE, None) == ""
    assert found(service, ONE, "north") == name


@pytest.mark.parametrize(("own", "is_taken"), [(None, True), (ONE, True), (SEVERAL, False)])
def test_an_answer_that_names_no_determination_goes_to_none_of_another_server(
    service: Container, own: OwnServers, *, is_taken: bool
) -> None:
    name = signed(service, "north", NORTH)
    answers = filled(draft(service, name), ANSWERS)
    nameless = json.dumps({key: one for key, one in answers.items() if key != "identifier"}).encode()
    taking = operations(service, own).answered
    assert taking is not None
    if is_taken:
        assert taking.take(nameless, "north").is_new
    else:
        with pytest.raises(DtrError, match="several servers"):
            taking.take(nameless, "north")
        assert taking.take(nameless, "north", NORTH).is_new, "it was found at the server"


def test_a_form_that_was_found_at_one_server_is_taken_though_another_has_the_patient_too(service: Container) -> None:
    for server in (NORTH, SOUTH):
        name = signed(service, "north", server)
    answers = filled(draft(service, name), ANSWERS)
    nameless = json.dumps({key: one for key, one in answers.items() if key != "identifier"}).encode()
    taking = operations(service, SEVERAL).answered
    assert taking is not None
    assert taking.take(nameless, "north", SOUTH).is_new
    assert service.archive is not None
    assert len(service.archive.responses(name)) == 1
    with pytest.raises(DtrError, match="several servers"):
        taking.take(nameless, "north")


def draft(service: Container, name: str) -> Json:
    text = json.dumps({"resourceType": "Parameters", "parameter": [context(name)]}).encode()
    made = operations(service, None).packaging.answer(read_package_input(text, 64), DTR_2_2, None)
    (bundle,) = [one["resource"] for one in parameters(made) if one["resource"]["resourceType"] == "Bundle"]
    return dict(response(bundle))
