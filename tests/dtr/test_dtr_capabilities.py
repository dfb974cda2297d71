"""The capability statements of both bases: what they say is served, is served; and what is served, they say."""

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from cds_service.dtr.dtr_versions import DTR_2_0, DTR_2_2, DtrDialect
from tests.service.calls import Json

GUIDE = "http://hl7.org/fhir/us/davinci-dtr"
DEFINITIONS = {
    "questionnaire-package": f"{GUIDE}/OperationDefinition/questionnaire-package",
    "log-questionnaire-errors": f"{GUIDE}/OperationDefinition/log-questionnaire-errors",
    "next-question": "http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-next-question",
    "expand": "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
}
DIALECTS = pytest.mark.parametrize("dialect", [DTR_2_2, DTR_2_0], ids=lambda one: one.version)


@pytest.fixture(scope="module")
def app(container: Container) -> Flask:
    return create_app(container)


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def stated(client: FlaskClient, dialect: DtrDialect) -> Json:
    content = client.get(f"{dialect.base}/metadata").get_json()
    CapabilityStatement.model_validate(content)
    return dict(content)


@pytest.mark.requirement("dtr22.conf-1", "dtr22.spec-6")
@DIALECTS
def test_what_a_payer_service_needs_is_stated_at_one_base(client: FlaskClient, dialect: DtrDialect) -> None:
    content = stated(client, dialect)
    assert content["instantiates"] == [f"{GUIDE}/CapabilityStatement/dtr-payer-service|{dialect.version}"]
    assert (content["fhirVersion"], content["kind"]) == ("4.0.1", "instance")
    assert content["implementation"]["url"] == f"https://cds.example.org{dialect.base}"
    (rest,) = content["rest"]
    named = {one["name"]: one["definition"] for kind in rest["resource"] for one in kind.get("operation", ())}
    assert named == DEFINITIONS
    at_root = {one["name"]: one["definition"] for one in rest.get("operation", ())}
    assert at_root == (DEFINITIONS if dialect is DTR_2_0 else {})


@DIALECTS
def test_every_operation_that_is_stated_answers_at_its_address(client: FlaskClient, dialect: DtrDialect) -> None:
    (rest,) = stated(client, dialect)["rest"]
    addresses = [f"{kind['type']}/${one['name']}" for kind in rest["resource"] for one in kind.get("operation", ())]
    addresses += [f"${one['name']}" for one in rest.get("operation", ())]
    for address in addresses:
        reply = client.post(f"{dialect.base}/{address}", json={"resourceType": "Parameters"})
        assert (reply.status_code, reply.get_json()["resourceType"]) == (400, "OperationOutcome"), address


@DIALECTS
def test_every_interaction_is_stated_and_there(client: FlaskClient, app: Flask, dialect: DtrDialect) -> None:
    (rest,) = stated(client, dialect)["rest"]
    named = {kind["type"]: {one["code"] for one in kind["interaction"]} for kind in rest["resource"]}
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        kind, _, more = rule.rule.removeprefix(f"{dialect.base}/").partition("/")
        inside = rule.rule.startswith(f"{dialect.base}/") and kind[:1].isupper()
        if not inside or "$" in rule.rule or more == "_search":
            continue
        methods = (rule.methods or set()) & {"GET", "POST"}
        code = "read" if more else "search-type" if "GET" in methods else "create"
        found.setdefault(kind, set()).add(code)
    assert found == named


@DIALECTS
def test_no_other_method_is_taken(client: FlaskClient, dialect: DtrDialect) -> None:
    for name in ("questionnaire-package", "next-question", "log-questionnaire-errors"):
        for address in (f"Questionnaire/${name}", f"Questionnaire/margetuximab-initial/${name}", f"${name}"):
            reply = client.get(f"{dialect.base}/{address}")
            assert (reply.status_code, "POST" in reply.headers["Allow"]) == (405, True)
    assert client.get(f"{dialect.base}/Questionnaire/$other").status_code == 404
    for address in ("Questionnaire/margetuximab-initial", "ValueSet", "metadata"):
        reply = client.put(f"{dialect.base}/{address}", json={})
        assert (reply.status_code, reply.content_type) == (405, "application/fhir+json")
        assert reply.get_json()["issue"][0]["code"] == "not-supported"
