"""What a client is asked to send along, in the expressions that it is known to read (CRD 2.2.1, found-29)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.clients.registered_clients import ClientSettings
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, key_set, token
from tests.conftest import TODAY
from tests.world import compose, store

Json = dict[str, Any]
URL = f"{BASE}/cds-services"
_EXPRESSION = re.compile(r"{{(.*?)}}")


@pytest.fixture
def keys() -> Iterator[None]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield


def served(policies: Catalogue, version: str) -> FlaskClient:
    client = ClientSettings("ehr", ISSUER, jku=JKU, crd_version=version)
    settings = Settings(base_url=BASE, clients=(client,), jti_replay="off")  # type: ignore[arg-type]
    return create_app(compose(settings, policies, TODAY, store())).test_client()


def prefetch(client: FlaskClient, bearer: str = "") -> dict[str, dict[str, str]]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    reply = client.get("/cds-services", headers=headers)
    assert reply.status_code == 200
    return {one["hook"]: one["prefetch"] for one in reply.get_json()["services"]}


def expressions(templates: dict[str, str]) -> dict[str, str]:
    """Return the templates that ask for more than a root member of the context."""
    found = {key: _EXPRESSION.search(one) for key, one in templates.items()}
    return {key: match[1] for key, match in found.items() if match and not re.fullmatch(r"context\.\w+", match[1])}


@pytest.mark.usefixtures("keys")
@pytest.mark.requirement("crd22.found-29")
def test_a_client_of_2_2_is_asked_in_the_standards_expressions(policies_on_file: Catalogue) -> None:
    asked = prefetch(served(policies_on_file, "2.2"), token(aud=URL))
    medications = "context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id"
    for hook in ("order-sign", "order-select"):
        assert expressions(asked[hook]) == {"medications": medications}
    dispatched = expressions(asked["order-dispatch"])
    assert dispatched["serviceRequests"] == "context.dispatchedOrders.resolve().ofType(ServiceRequest).id"
    assert dispatched["medications"] == "%dispatchedMedicationRequests.entry.resource.medication.resolve().id"
    assert set(expressions(asked["appointment-book"])) == {"serviceRequests"}
    for hook, templates in asked.items():
        assert templates["patient"] == "Patient/{{context.patientId}}"
        assert templates["coverage"] == "Coverage?patient={{context.patientId}}&status=active&_include=Coverage:payor"
        assert ("encounter" in templates) is (hook != "order-dispatch")


@pytest.mark.usefixtures("keys")
def test_an_expression_names_a_key_that_stands_before_it(policies_on_file: Catalogue) -> None:
    for templates in prefetch(served(policies_on_file, "2.2"), token(aud=URL)).values():
        keys = list(templates)
        for key, one in expressions(templates).items():
            if one.startswith("%"):
                assert keys.index(one[1:].partition(".")[0]) < keys.index(key)


@pytest.mark.usefixtures("keys")
def test_what_a_client_of_2_2_is_asked_for_the_chart_stays_the_same(policies_on_file: Catalogue) -> None:
    """The key of the chart's prescriptions is not that of the orders: a few of them would pass for all."""
    client = served(policies_on_file, "2.2")
    plain, expressive = prefetch(client), prefetch(client, token(aud=URL))
    for hook, templates in plain.items():
        replaced = {key for key, one in templates.items() if expressive[hook][key] != one}
        assert replaced <= set(expressions(expressive[hook]))
        assert "medicationRequests" not in replaced


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("version", "bearer"),
    [
        ("2.2", ""),
        ("2.2", "no-token"),
        ("2.2", token(aud=f"{URL}/order-sign-crd")),
        ("2.0", token(aud=URL)),
        ("", token(aud=URL)),
    ],
)
def test_everybody_else_is_asked_as_every_client_reads_it(
    policies_on_file: Catalogue, version: str, bearer: str
) -> None:
    for templates in prefetch(served(policies_on_file, version), bearer).values():
        assert expressions(templates) == {}
