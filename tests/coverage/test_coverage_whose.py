"""Whose authorizations a caller hears of: its own patients', and the member's by the member number; nobody else's."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from hooks.protocol.client import ANYONE, Caller
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.coverage.stating import State, call_of, parts_on
from tests.coverage.test_coverage_year import MEMBER
from tests.service.calls import body, coverage, searchset

Json = dict[str, Any]
STATE = State("whose", {"product": "elranatamab", "chart": "07"}, {})
SERVER = "https://north.example.org/fhir"
NORTH = Caller("north", fhir_servers=(SERVER,))
NORTHS_APP = Caller("app", fhir_servers=("https://app.example.org/fhir", f"{SERVER}/"))
SOUTH = Caller("south", fhir_servers=("https://south.example.org/fhir",))
NOWHERE = Caller("nowhere", fhir_servers=())
MET, SPARSE = True, False


@pytest.fixture
def service(policies_on_file: Catalogue, engine: Engine) -> Container:
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return compose(settings, policies_on_file, TODAY, engine)


def ask(service: Container, caller: Caller, *, whole: bool, server: str = SERVER, **covers: Any) -> Json:
    """Sign an order as a caller; returns the parts of its coverage information."""
    call = call_of(STATE, "order-sign", "2.0")
    call["fhirServer"] = server
    person = str(call["prefetch"]["patient"]["id"])
    call["prefetch"]["coverage"] = searchset(coverage("c1", beneficiary={"reference": f"Patient/{person}"}, **covers))
    if not whole:
        call["prefetch"] = {key: value for key, value in call["prefetch"].items() if key in ("patient", "coverage")}
    reply = json.loads(service.order_sign.answer(body(call), caller).body)
    (action,) = reply["systemActions"]
    return {name: values[0] for name, values in parts_on(action).items()}


@pytest.mark.parametrize(
    ("first", "then", "server", "hears"),
    [
        (NORTH, NORTH, SERVER, True),
        (NORTH, NORTHS_APP, SERVER, True),
        (NORTH, NORTH, f"{SERVER.replace('north', 'NORTH')}/", True),
        (ANYONE, ANYONE, SERVER, True),
        (NOWHERE, NOWHERE, SERVER, True),
        (NORTH, SOUTH, SERVER, False),
        (NORTH, SOUTH, "https://north.example.org:443/fhir", False),
        (NORTH, NOWHERE, SERVER, False),
        (SOUTH, NORTH, SERVER, False),
        (NOWHERE, NORTH, SERVER, False),
        (NOWHERE, SOUTH, SERVER, False),
    ],
)
def test_a_patient_of_a_server_is_known_to_its_own_clients_alone(
    service: Container, first: Caller, then: Caller, server: str, hears: bool
) -> None:
    """A caller that names a server of another's learns nothing of its patients, and gives nothing to them."""
    number = ask(service, first, whole=MET)["satisfied-pa-id"]
    told = ask(service, then, whole=SPARSE, server=server)
    assert (told.get("satisfied-pa-id") == number) is hears
    assert (told["pa-needed"] == "satisfied") is hears


def test_a_member_number_names_the_member_whoever_sends_it(service: Container) -> None:
    number = ask(service, NORTH, whole=MET, identifier=[MEMBER])["satisfied-pa-id"]
    south = ask(service, SOUTH, whole=SPARSE, server="https://south.example.org/fhir", identifier=[MEMBER])
    assert south["satisfied-pa-id"] == number
    assert ask(service, SOUTH, whole=SPARSE)["pa-needed"] != "satisfied"


def test_another_patient_of_an_unregistered_server_is_another_person(service: Container) -> None:
    ask(service, NOWHERE, whole=MET)
    assert ask(service, NOWHERE, whole=SPARSE, server="https://south.example.org/fhir")["pa-needed"] != "satisfied"


@pytest.mark.parametrize(
    ("server", "is_told"), [(SERVER, False), (f"{SERVER}/", False), ("https://x.example.org", True)]
)
def test_explain_says_where_authorizations_were_not_looked_for_by_patient(
    service: Container, server: str, is_told: bool
) -> None:
    call = call_of(STATE, "order-sign", "2.0") | {"fhirServer": server}
    reply = json.loads(service.order_sign.answer(body(call), replace(NORTH, explain=True)).body)
    (order,) = reply["extension"]["cds-service.explain"]["orders"]
    assert ("not-looked-for" in order) is is_told
    if is_told:
        assert "only by a member number" in order["not-looked-for"]
