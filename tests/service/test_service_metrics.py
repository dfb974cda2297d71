"""Figures of use: what is counted, who reads it, and that nothing of a patient is in it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Answered, Ehr, running
from tests.service.calls import body, encounter, in_version, order_select, order_sign, replaced, searchset, without
from tests.world import compose

Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
ELSEWHERE = "203.0.113.9"
Figures = Callable[..., float]


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    with running() as server:
        yield server


@pytest.fixture
def container(policies_on_file: Catalogue, engine: Engine) -> Container:
    settings = Settings(base_url="https://cds.example.org", time_budget_seconds=30, automatic_approval=True)
    return compose(settings, policies_on_file, TODAY, engine, admin_token="of-the-operator")


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture
def figure(client: FlaskClient) -> Figures:
    """Return what reads one figure: by its name, and by some of its labels; the sum of all that match."""

    def read(name: str, **labels: str) -> float:
        families = text_string_to_metric_families(client.get("/metrics").text)
        samples = [one for family in families for one in family.samples if one.name == f"cds_service_{name}"]
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    return read


def called(client: FlaskClient, call: Json, status: int = 200, **more: Any) -> Json:
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), **more)
    assert reply.status_code == status, reply.text
    return dict(reply.get_json())


def sample(name: str) -> Json:
    return dict(json.loads((SAMPLES / name).read_text(encoding="utf-8")))


@pytest.mark.idea("crd-idea-74")
@pytest.mark.requirement("crd22.metric-1")
def test_calls_are_counted_by_service_version_and_status(client: FlaskClient, figure: Figures) -> None:
    called(client, order_sign())
    called(client, in_version(order_sign(), "2.2"))
    called(client, in_version(without(order_sign(), "hookInstance"), "2.2"), 400)
    called(client, without(order_sign(), "hookInstance"), 422)
    called(client, encounter())
    service = "order-sign-crd"
    assert figure("calls_total", service=service, version="2.0", status="200") == 1
    assert figure("calls_total", service=service, version="2.2", status="200") == 1
    assert figure("calls_total", service=service, version="2.2", status="400") == 1
    assert figure("calls_total", service=service, version="2.0", status="422") == 1
    assert figure("calls_total", service="encounter-start-crd") == 1
    assert figure("call_seconds_count", service=service) == 4
    assert figure("call_seconds_bucket", service=service, le="10.0") == 4
    assert 0 < figure("call_seconds_sum") < 60


@pytest.mark.requirement("crd22.metric-1")
def test_orders_are_counted_by_policy_ruling_and_what_is_told(client: FlaskClient, figure: Figures) -> None:
    for name in ("01-margetuximab-everything-met.json", "03-margetuximab-her2-negative.json"):
        called(client, sample(name))
    called(client, sample("07-elranatamab-four-lines-met.json"))
    called(client, sample("18-encounter-starts-coverage-ended.json"))
    told = {"policy": "margetuximab", "request": "initial", "covered": "covered"}
    assert figure("orders_total", ruling="met", pa_needed="satisfied", **told) == 1
    assert figure("orders_total", ruling="not-met", pa_needed="auth-needed", **told) == 1
    assert figure("orders_total", policy="elranatamab") == 1
    assert figure("orders_total", policy="none", ruling="none", covered="not-covered", pa_needed="none") == 1
    assert figure("orders_total") == 4


def test_cards_and_feedback_are_counted_by_type(client: FlaskClient, figure: Figures) -> None:
    cards = called(client, order_sign())["cards"]
    uuid = next(one["uuid"] for one in cards if one["source"]["topic"]["code"] == "coverage-info")
    assert figure("cards_total", topic="coverage-info", service="order-sign-crd") == 1
    assert figure("cards_total") == len(cards)
    entry = {"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-25T10:00:00Z"}
    unknown = entry | {"card": "e2b9e4f0-0000-4000-8000-000000000000"}
    for _ in range(2):
        client.post("/cds-services/order-sign-crd/feedback", json={"feedback": [entry, unknown]})
    assert figure("feedback_total", outcome="overridden", topic="coverage-info") == 1
    assert figure("feedback_total", outcome="overridden", topic="a card that is not on file") == 1
    assert figure("feedback_total") == 2


def test_fetching_is_counted_by_result(client: FlaskClient, figure: Figures, ehr: Ehr) -> None:
    ehr.answers = {"Condition": Answered(status=500), "": searchset()}
    called(client, order_sign() | {"fhirServer": ehr.base})
    assert (figure("fetched_total", result="had"), figure("fetched_total", result="failed")) == (11, 1)
    called(client, order_sign())
    assert figure("fetched_total", result="refused") == 12


def test_what_is_held_from_an_earlier_hook_is_counted_as_such(
    policies_on_file: Catalogue, engine: Engine, ehr: Ehr
) -> None:
    ehr.answers = {"": searchset()}
    client = create_app(compose(Settings(warm_seconds=60), policies_on_file, TODAY, engine)).test_client()
    for call in (order_select(), order_sign()):
        called(client, call | {"fhirServer": ehr.base})
    assert 'cds_service_fetched_total{result="warm"} 12.0' in client.get("/metrics").text


def test_an_answer_that_could_not_be_stored_is_counted(client: FlaskClient, figure: Figures, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("drop table revisions"))
    called(client, order_sign())
    assert figure("not_stored_total") == 1
    assert figure("orders_total", covered="indeterminate", pa_needed="indeterminate") == 1


def test_requests_to_any_address_are_counted_by_its_pattern(client: FlaskClient, figure: Figures) -> None:
    client.get("/policies/margetuximab")
    client.get("/policies/nothing")
    client.get("/no/such/address/alba-ficticia-01")
    client.post("/cds-services/no-such-service", data=b"{}")
    client.open("/policies", method="BREW")
    of_policies = {"method": "GET", "route": "/policies/<policy_id>"}
    assert figure("http_requests_total", status="200", **of_policies) == 1
    assert figure("http_requests_total", status="404", **of_policies) == 1
    assert figure("http_requests_total", route="none", status="404") == 1
    assert figure("http_requests_total", method="none") == 1
    assert figure("calls_total") == 0


def test_nothing_of_a_patient_is_in_it(client: FlaskClient) -> None:
    """Ids, references, names and tokens of what was sent are looked for in the whole text."""
    call = sample("01-margetuximab-everything-met.json") | {"fhirAuthorization": {"access_token": "tok-of-this-call"}}
    for one in (call, replaced(call, "p/1", "context", "patientId")):
        client.post("/cds-services/order-sign-crd", data=body(one))
    client.get("/determinations/alba-ficticia-01")
    shown = client.get("/metrics").text
    assert "margetuximab" in shown
    looked_for = {call["hookInstance"], call["context"]["userId"], "alba-ficticia-01", "tok-of-this-call", "ehr-1"}
    looked_for |= {one["resource"]["id"] for one in call["prefetch"]["observations"]["entry"]}
    assert [one for one in looked_for if one in shown] == []


def test_it_is_text_that_prometheus_reads(client: FlaskClient) -> None:
    reply = client.get("/metrics")
    assert reply.content_type.startswith("text/plain; version=")
    assert {one.type for one in text_string_to_metric_families(reply.text)} == {"counter", "histogram", "gauge"}


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_elsewhere_it_is_for_the_operator(client: FlaskClient, header: str) -> None:
    """What a proxy on this machine passes on comes from elsewhere."""
    of_operator = {"Authorization": "Bearer of-the-operator"}
    assert client.get("/metrics").status_code == 200
    for more in ({"environ_base": {"REMOTE_ADDR": ELSEWHERE}}, {"headers": {header: "for=x"}}):
        assert client.get("/metrics", **more).status_code == 401
    for headers, status in ((of_operator, 200), ({"Authorization": "Bearer another"}, 401)):
        reply = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": ELSEWHERE})
        assert reply.status_code == status


def test_without_an_administrator_it_is_for_this_machine_alone(container: Container) -> None:
    gate = replace(container.gate, admin_token="")
    client = create_app(replace(container, gate=gate)).test_client()
    reply = client.get("/metrics", headers={"Authorization": "Bearer "}, environ_base={"REMOTE_ADDR": ELSEWHERE})
    assert reply.status_code == 401


def test_each_application_has_figures_of_its_own(
    container: Container, policies_on_file: Catalogue, engine: Engine
) -> None:
    called(create_app(container).test_client(), order_sign())
    other = create_app(compose(Settings(), policies_on_file, TODAY, engine)).test_client()
    assert "order-sign-crd" not in other.get("/metrics").text
