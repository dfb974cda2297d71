"""The OpenAPI document says of every address what is there, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.clients.registered_clients import ClientSettings
from cds_service.openapi.document import offered
from cds_service.openapi.operation_table import table
from policies.catalogue import Catalogue
from tests import world
from tests.conftest import TODAY
from tests.world import store

Json = dict[str, Any]
BASE = "https://cds.example.org"
CLIENT = ClientSettings("ehr", "https://ehr.example.org", jku="https://ehr.example.org/jwks")
_ASKED = (
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
)
"""What is asked of each answer. That a body which fits its schema is taken is not: what its profile asks is more."""


def application(policies: Catalogue, *clients: ClientSettings) -> Flask:
    return create_app(world.compose(Settings(base_url=BASE, clients=clients), policies, TODAY, store()))


def described(app: Flask) -> Json:
    return dict(app.test_client().get("/openapi.json").get_json())


@pytest.mark.parametrize("clients", [(), (CLIENT,)], ids=["open", "clients"])
def test_every_address_is_described_and_no_other(
    policies_on_file: Catalogue, clients: tuple[ClientSettings, ...]
) -> None:
    app = application(policies_on_file, *clients)
    there = {
        (re.sub(r"<(?:\w+:)?_?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    said = {(path, method) for path, methods in described(app)["paths"].items() for method in methods}
    assert said == there
    assert (("/oauth/token", "post") in said) is bool(clients)


def test_the_services_and_policies_are_those_that_there_are(client: FlaskClient, policies_on_file: Catalogue) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    offered = [one["id"] for one in client.get("/cds-services").get_json()["services"]]
    assert paths["/cds-services/{service_id}"]["post"]["parameters"][0]["schema"]["enum"] == offered
    asked = paths["/policies/{policy_id}"]["get"]["parameters"]
    assert asked[0]["schema"]["enum"] == list(policies_on_file.ids)
    assert [one["name"] for one in asked] == ["policy_id", "version"]


def test_every_reference_leads_to_a_schema(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    found = list(references(document))
    assert len(found) > 100
    for text in found:
        place: Any = document
        for step in text.removeprefix("#/").split("/"):
            place = place[step]
        Draft202012Validator.check_schema({**place})


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in references(one)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [text for one in value.values() for text in references(one)]


def test_a_token_is_asked_for_only_where_clients_are_registered(policies_on_file: Catalogue) -> None:
    for clients, expected in (((), None), ((CLIENT,), [{"token": []}])):
        paths = described(application(policies_on_file, *clients))["paths"]
        assert paths["/cds-services/{service_id}"]["post"].get("security") == expected
        assert "security" not in paths["/cds-services"]["get"]


def test_the_page_shows_every_address_without_a_script(client: FlaskClient) -> None:
    page = client.get("/api?plain")
    assert page.content_type == "text/html; charset=utf-8"
    assert "<script" not in page.text  # an address bears the letters: /Subscription
    for operation in offered(table(), has_clients=False):
        assert operation.says in page.text
    for path in client.get("/openapi.json").get_json()["paths"]:
        assert f"{path}</code>" in page.text


def test_an_operation_at_several_addresses_is_shown_once_and_names_them(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    shown = [
        (method, one["summary"])
        for methods in paths.values()
        for method, one in methods.items()
        if "x-same-as" not in one
    ]
    assert len(shown) == len(set(shown))
    text = client.get("/api?plain").text
    for path, methods in paths.items():
        for method, one in methods.items():
            first = paths[one.get("x-same-as", path)][method]
            assert first["summary"] == one["summary"]
            assert "x-same-as" in one or text.count(f"<h3><code>{method.upper()} {path}</code></h3>") == 1
            assert ("x-same-as" in one) is (path in first.get("x-also-at", ()))


def test_the_viewer_is_shown_where_it_is_and_asks_nobody_but_us(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_file", lambda one: one.name == "rapidoc-min.js")
    page = create_app(container).test_client().get("/api")
    assert 'data-document="/openapi.json"' in page.text
    assert re.findall(r'src="([^"]*)"', page.text) == ["/static/viewer/rapidoc-min.js", "/static/api.js"]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    assert "<script" not in create_app(container).test_client().get("/api").text


SERVICE = schemathesis.openapi.from_wsgi("/openapi.json", application(world.policies()))


@SERVICE.parametrize()
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_fits_the_document_is_answered_as_it_says(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=list(_ASKED))
