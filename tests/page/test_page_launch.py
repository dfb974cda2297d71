"""The SMART launch of the form page, against a record system that answers as the standard says, or otherwise."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from msgspec import convert
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.tables import FORM_KEYS
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, key_set, token
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.service.calls import MARGETUXIMAB, body, order_sign
from tests.world import compose

Json = dict[str, Any]
EHR = "https://ehr.example.org/fhir"
DISCOVERY = f"{EHR}/.well-known/smart-configuration"
AUTHORIZE = "https://auth.example.org/authorize?realm=a"
TOKEN = "https://auth.example.org/token"
TOLD = {
    "authorization_endpoint": AUTHORIZE,
    "token_endpoint": TOKEN,
    "code_challenge_methods_supported": ["S256"],
    "capabilities": ["launch-ehr"],
}
CLIENT = {
    "name": "ehr",
    "iss": ISSUER,
    "jku": JKU,
    "delivery": "both",
    "fhir_servers": [EHR],
    "smart_client_id": "cds-forms",
}
CALL = order_sign(fhirServer=EHR)


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(JKU, body=key_set())
        mock.get(DISCOVERY, json=TOLD)
        yield mock


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    settings = convert({"base_url": BASE, "clients": [CLIENT], "jti_replay": "off"}, Settings)
    return compose(settings, policies_on_file, TODAY, new_engine())


@pytest.fixture(scope="module")
def app(container: Container) -> Flask:
    return create_app(container)


@pytest.fixture
def client(app: Flask, net: responses.RequestsMock) -> FlaskClient:
    return app.test_client()


def determination(client: FlaskClient, jti: str = "sign", call: Json = CALL) -> str:
    headers = {"Authorization": f"Bearer {token(aud=f'{BASE}/cds-services/order-sign-crd', jti=jti)}"}
    reply = client.post("/cds-services/order-sign-crd", data=body(call), headers=headers)
    ours = json.loads(reply.data)["systemActions"][0]["resource"]["extension"][0]["extension"]
    return next(str(one["valueString"]) for one in ours if one["url"] == "coverage-assertion-id")


def launch(client: FlaskClient, iss: str = EHR) -> TestResponse:
    return client.get("/forms/launch", query_string={"iss": iss, "launch": "l1"}, base_url=BASE)


def asked(reply: TestResponse) -> dict[str, str]:
    assert reply.status_code == 302, reply.text
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


def callback(client: FlaskClient, **query: str) -> TestResponse:
    return client.get("/forms/callback", query_string=query, base_url=BASE)


def launched(client: FlaskClient, net: responses.RequestsMock, context: Json) -> TestResponse:
    """Go through a launch in which the record system tells this with its token."""
    net.post(TOKEN, json={"access_token": "secret-token", "token_type": "Bearer", "scope": "launch"} | context)
    state = asked(launch(client))["state"]
    return callback(client, state=state, code="c1")


def app_context(name: str) -> Json:
    return {"patient": "p1", "appContext": json.dumps({"determination": name, "questionnaire": "q"})}


def test_a_launch_asks_for_its_context_only_with_pkce(client: FlaskClient, net: responses.RequestsMock) -> None:
    reply = launch(client)
    query = asked(reply)
    assert reply.headers["Location"].startswith(f"{AUTHORIZE}&")
    told = {name: query[name] for name in ("response_type", "client_id", "redirect_uri", "scope", "aud", "launch")}
    assert told == {
        "response_type": "code",
        "client_id": "cds-forms",
        "redirect_uri": f"{BASE}/forms/callback",
        "scope": "launch",
        "aud": EHR,
        "launch": "l1",
    }
    assert query["code_challenge_method"] == "S256"
    assert all(part in reply.headers["Set-Cookie"] for part in ("HttpOnly", "Secure", "Path=/forms/callback"))
    net.post(TOKEN, json={"patient": "p1"})
    callback(client, state=query["state"], code="c1")
    (sent,) = [one.request for one in net.calls if one.request.url == TOKEN]
    fields = {name: values[0] for name, values in parse_qs(str(sent.body)).items()}
    hashed = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert hashed == query["code_challenge"]
    assert (fields["grant_type"], fields["code"], fields["client_id"]) == ("authorization_code", "c1", "cds-forms")


def of_patient(name: str, *, order: str = "mr1", server: str = EHR) -> Json:
    text = json.dumps(order_sign(fhirServer=server)).replace("mr1", order)
    return dict(json.loads(text.replace("Patient/p1", f"Patient/{name}").replace('"p1"', f'"{name}"')))


def test_a_plain_launch_shows_the_one_open_form_of_the_patient(
    client: FlaskClient, net: responses.RequestsMock
) -> None:
    determination(client, "plain-1", of_patient("plain1"))
    reply = launched(client, net, {"patient": "plain1", "encounter": "e1"})
    assert reply.status_code == 303, reply.text
    shown = client.get(urlsplit(reply.headers["Location"]).path + "/content", base_url=BASE)
    assert shown.status_code == 200
    assert "margetuximab" in shown.get_json()["about"]["title"].lower()


def test_of_several_open_forms_a_plain_launch_lists_all(client: FlaskClient, net: responses.RequestsMock) -> None:
    determination(client, "plain-2", of_patient("plain2"))
    text = json.dumps(of_patient("plain2", order="mr9"))
    other = json.loads(text.replace(MARGETUXIMAB["code"], "2644880").replace('"margetuximab"', '"elranatamab"'))
    determination(client, "plain-3", other)
    reply = launched(client, net, {"patient": "plain2"})
    assert reply.status_code == 200, reply.text
    links = re.findall(r'<a href="([^"]+/forms/[^"]+)"', reply.text)
    assert len(links) == 2
    for one in links:
        assert client.get(f"{urlsplit(one).path}/content", base_url=BASE).status_code == 200
    assert "plain2" not in reply.text


@pytest.mark.parametrize("context", [{"patient": "nobody-here"}, {"patient": ""}, {}])
def test_a_plain_launch_without_an_open_form_says_so(
    client: FlaskClient, net: responses.RequestsMock, context: Json
) -> None:
    reply = launched(client, net, context)
    assert (reply.status_code, "is open here" in reply.text) == (404, True)


def test_a_plain_launch_shows_no_form_of_another_server(client: FlaskClient, net: responses.RequestsMock) -> None:
    determination(client, "plain-4", of_patient("plain4", server="https://other.example.org/fhir"))
    assert launched(client, net, {"patient": "plain4"}).status_code == 404


def test_a_launch_leads_to_the_form_that_the_card_named(
    client: FlaskClient, container: Container, net: responses.RequestsMock
) -> None:
    name = determination(client)
    reply = launched(client, net, app_context(name))
    assert reply.status_code == 303, reply.text
    way = urlsplit(reply.headers["Location"]).path
    content = client.get(f"{way}/content", base_url=BASE)
    assert content.status_code == 200
    assert content.get_json()["response"]["identifier"]["value"] == name
    assert container.archive is not None
    with container.archive.engine.connect() as connection:
        assert "secret-token" not in str(connection.execute(FORM_KEYS.select()).all())


@pytest.mark.parametrize("coverage", [f"{EHR}/Coverage/cov1", "Coverage/cov1", "Coverage/cov1/_history/2"])
def test_coverage_and_form_in_the_context_tell_the_determination_too(
    client: FlaskClient, net: responses.RequestsMock, coverage: str
) -> None:
    name = determination(client)
    form = f"{BASE}/fhir/Questionnaire/margetuximab-initial|2026-05-06"
    context = [{"reference": coverage}, {"canonical": form, "type": "Questionnaire"}]
    reply = launched(client, net, {"patient": "p1", "fhirContext": context})
    way = urlsplit(reply.headers["Location"]).path
    response = client.get(f"{way}/content", base_url=BASE).get_json()["response"]
    assert response["identifier"]["value"] == name


@pytest.mark.parametrize(
    "context",
    [
        {"patient": "p2"},
        {"patient": ""},
        {"appContext": json.dumps({"determination": "other"})},
    ],
)
def test_a_launch_for_another_patient_or_order_shows_nothing(
    client: FlaskClient, net: responses.RequestsMock, context: Json
) -> None:
    name = determination(client)
    reply = launched(client, net, app_context(name) | context)
    assert reply.status_code == 404
    assert "form_visit" not in "".join(reply.headers.getlist("Set-Cookie"))


def test_a_patient_of_the_same_id_at_another_server_is_another(
    policies_on_file: Catalogue, net: responses.RequestsMock
) -> None:
    servers = [EHR, "https://second.example.org/fhir"]
    settings = convert({"base_url": BASE, "clients": [CLIENT | {"fhir_servers": servers}]}, Settings)
    client = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()
    name = determination(client, call=order_sign(fhirServer=servers[1]))
    assert launched(client, net, app_context(name)).status_code == 404


def test_a_state_serves_once_and_in_its_own_browser_only(
    client: FlaskClient, app: Flask, net: responses.RequestsMock
) -> None:
    name = determination(client)
    net.post(TOKEN, json=app_context(name))
    state = asked(launch(client))["state"]
    elsewhere = app.test_client()
    assert callback(elsewhere, state=state, code="c1").status_code == 400
    assert callback(client, state=state, code="c1").status_code == 400, "it was used up"
    fresh = asked(launch(client))["state"]
    assert callback(client, state=fresh, code="c1").status_code == 303
    assert callback(client, state=fresh, code="c1").status_code == 400
    assert callback(client, state="", code="c1").status_code == 400


@pytest.mark.parametrize("iss", ["", "x", "https://other.example.org/fhir", f"{EHR}/more", "http://127.0.0.1:9/fhir"])
def test_nobody_but_a_registered_record_system_is_asked(
    client: FlaskClient, net: responses.RequestsMock, iss: str
) -> None:
    assert launch(client, iss).status_code == 403
    assert not [one for one in net.calls if "smart-configuration" in str(one.request.url)]


def test_without_a_client_id_or_clients_nothing_is_launched(policies_on_file: Catalogue) -> None:
    for clients in ([], [CLIENT | {"smart_client_id": ""}]):
        settings = convert({"base_url": BASE, "clients": clients}, Settings)
        client = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()
        assert launch(client).status_code == 403


@pytest.mark.parametrize(
    "told",
    [
        {"status": 500},
        {"body": b"<html>"},
        {"json": {"authorization_endpoint": AUTHORIZE}},
        {"json": TOLD | {"token_endpoint": "http://auth.example.org/token"}},
        {"json": TOLD | {"token_endpoint": "http://127.0.0.1:9/token"}},
        {"json": TOLD | {"authorization_endpoint": "javascript:alert(1)"}},
        {"json": TOLD | {"code_challenge_methods_supported": ["plain"]}},
    ],
)
def test_a_discovery_that_cannot_be_used_ends_the_launch(
    client: FlaskClient, net: responses.RequestsMock, told: Json
) -> None:
    net.replace(responses.GET, DISCOVERY, **told)
    reply = launch(client)
    assert reply.status_code == 502
    assert "could not be asked" in reply.text


@pytest.mark.parametrize("told", [{"status": 400}, {"body": b"{"}, {"json": ["x"]}])
def test_a_token_that_cannot_be_had_ends_the_launch(
    client: FlaskClient, net: responses.RequestsMock, told: Json
) -> None:
    net.post(TOKEN, **told)
    reply = callback(client, state=asked(launch(client))["state"], code="c1")
    assert reply.status_code == 502


def test_a_launch_that_the_record_system_refuses_shows_nothing(client: FlaskClient) -> None:
    state = asked(launch(client))["state"]
    assert callback(client, state=state, error="access_denied").status_code == 403
