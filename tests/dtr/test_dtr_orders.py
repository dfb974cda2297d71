"""Packages asked by orders: the determination of each is found, whoever wrote what on them, and fills its form."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.test_dtr_answered import information
from tests.dtr.test_dtr_package import asked, bundles, canonical, context, form, of_coverage, response
from tests.service.calls import (
    HCPCS,
    MARGETUXIMAB,
    RXNORM,
    in_version,
    medication_request,
    order_sign,
    reference,
    service_request,
)

Json = dict[str, Any]
HOME = "https://cds.example.org/fhir/Questionnaire"
ELRANATAMAB = {"system": RXNORM, "code": "2644880"}
NAMES = {"2.0": "PackageBundle", "2.2": "packagebundle"}
_PATIENTS = count(1)


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture
def who() -> str:
    return f"by-order-{next(_PATIENTS)}"


def signed(client: FlaskClient, who: str, *orders: Json, version: str = "2.2") -> dict[str, str]:
    """Sign orders for a patient; return the ids of their determinations by the orders."""
    call = in_version(order_sign(*orders), version)
    text = json.dumps(call).replace("Patient/p1", f"Patient/{who}").replace('"p1"', f'"{who}"')
    actions = client.post("/cds-services/order-sign-crd", data=text).get_json()["systemActions"]
    told = ((one["resource"], information(one["resource"]["extension"])) for one in actions)
    return {reference(one): str(said["coverage-assertion-id"]) for one, said in told}


def package(client: FlaskClient, who: str, *orders: Json, more: tuple[Json, ...] = (), name: str = "2.2") -> list[Json]:
    """Ask by the orders as they were before they were signed; return the bundles."""
    sent = [{"name": "order", "resource": one | {"subject": {"reference": f"Patient/{who}"}}} for one in orders]
    whose = of_coverage(beneficiary={"reference": f"Patient/{who}"})
    return bundles(asked(client, whose, *sent, *more), NAMES[name])


def found(made: list[Json]) -> dict[str, str]:
    """Return the determination of each draft by its form; empty where it is of none."""
    named = ((form(one)["id"], response(one).get("identifier", {})) for one in made)
    return {name: str(identifier.get("value", "")) for name, identifier in named}


def marg(name: str, **members: Any) -> Json:
    return medication_request(MARGETUXIMAB, name, **members)


def elra(name: str) -> Json:
    return medication_request(ELRANATAMAB, name)


@pytest.mark.parametrize("version", NAMES)
def test_an_order_that_repeats_a_question_is_found_like_the_one_that_asked_it_first(
    client: FlaskClient, who: str, version: str
) -> None:
    """Each cycle is ordered under an id of its own, and is told the same determination."""
    names = [signed(client, who, marg(one), version=version) for one in ("cycle1", "cycle2", "cycle3", "cycle2")]
    (name,) = {one for told in names for one in told.values()}
    for order in ("cycle1", "cycle2", "cycle3"):
        assert found(package(client, who, marg(order), name=version)) == {"margetuximab-initial": name}
    for other in ("cycle4", "CYCLE2", "cycle"):
        assert found(package(client, who, marg(other))) == {"margetuximab-initial": ""}, "never signed"


@pytest.mark.parametrize("version", NAMES)
def test_two_orders_of_one_question_get_its_one_form(client: FlaskClient, who: str, version: str) -> None:
    """A prescription and the order to give it, in one call or in two."""
    both = marg("prescribed"), service_request("given")
    told = signed(client, who, *both, version=version)
    assert len(set(told.values())) == 1
    for orders in (both, both[:1], both[1:]):
        made = package(client, who, *orders, name=version)
        assert found(made) == {"margetuximab-initial": told["MedicationRequest/prescribed"]}
    (one,) = package(client, who, *both, name=version)
    named = [part["valueReference"]["reference"] for part in _contexts(response(one)) if "valueReference" in part]
    assert {"MedicationRequest/prescribed", "ServiceRequest/given"} <= set(named)


def _contexts(content: Json) -> Iterator[Json]:
    yield from (one for one in content["extension"] if one["url"].endswith(("qr-context", "qr-order")))


@pytest.mark.parametrize("version", NAMES)
def test_each_order_of_a_visit_gets_the_form_of_its_own_determination(
    client: FlaskClient, who: str, version: str
) -> None:
    """With the context of one of them, with none, and where the forms are named."""
    orders = marg("m"), elra("e")
    told = signed(client, who, *orders, version=version)
    right = {
        "margetuximab-initial": told["MedicationRequest/m"],
        "elranatamab-initial": told["MedicationRequest/e"],
    }
    forms = tuple(canonical(f"{HOME}/{one}") for one in right)
    for more in (
        (),
        forms,
        *((context(one),) for one in right.values()),
        (context(told["MedicationRequest/m"]), *forms),
    ):
        assert found(package(client, who, *orders, more=more, name=version)) == right


def test_an_order_without_a_determination_beside_one_that_has_one_gets_an_empty_form(
    client: FlaskClient, who: str
) -> None:
    told = signed(client, who, marg("m"))
    right = {"margetuximab-initial": told["MedicationRequest/m"], "elranatamab-initial": ""}
    assert found(package(client, who, marg("m"), elra("e"))) == right


def test_of_two_doses_of_one_drug_no_form_that_is_named_is_filled_by_either(client: FlaskClient, who: str) -> None:
    doses = [marg(one, dosageInstruction=[{"text": one}]) for one in ("first", "second")]
    told = signed(client, who, *doses)
    assert len(set(told.values())) == 2
    assert found(package(client, who, *doses, more=(canonical(f"{HOME}/margetuximab-initial"),))) == {
        "margetuximab-initial": ""
    }
    assert sorted(response(one)["identifier"]["value"] for one in package(client, who, *doses)) == sorted(told.values())


def test_a_determination_remembers_many_orders_and_forgets_the_oldest(client: FlaskClient, who: str) -> None:
    for at in range(53):
        signed(client, who, marg(f"o{at}"))
    assert found(package(client, who, marg("o52")))["margetuximab-initial"]
    assert found(package(client, who, marg("o0")))["margetuximab-initial"], "that of its revision"
    assert not found(package(client, who, marg("o1")))["margetuximab-initial"]


@pytest.mark.parametrize(
    "url", ["urn:uuid:58c1e4d2-3c55-4b8f-9f0a-1f4a6f8f2a10", "https://ehr.example.org/fhir/Medication/m9"]
)
@pytest.mark.parametrize("named", [True, False], ids=["with an id", "without"])
@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_a_product_beside_the_order_is_found_by_the_url_of_its_entry(
    client: FlaskClient, who: str, hook: str, url: str, named: bool
) -> None:
    """In the bundle of the context as well as in the prefetch: new resources have no other name yet."""
    product = {"resourceType": "Medication", "code": {"coding": [{"system": HCPCS, "code": "J9353"}]}}
    product |= {"id": "m9"} if named else {}
    order = {name: one for name, one in marg("m").items() if name != "medicationCodeableConcept"}
    call = order_sign(order | {"medicationReference": {"reference": url}}) | {"hook": hook}
    call["context"] |= {"selections": ["MedicationRequest/m"]} if hook == "order-select" else {}
    call["context"]["draftOrders"]["entry"].append({"fullUrl": url, "resource": product})
    text = json.dumps(call).replace("Patient/p1", f"Patient/{who}").replace('"p1"', f'"{who}"')
    (action,) = client.post(f"/cds-services/{hook}-crd", data=text).get_json()["systemActions"]
    assert information(action["resource"]["extension"])["covered"] == "covered"
