"""The FHIR base over HTTP, through the real application."""

from datetime import date
from shutil import copytree
from urllib.parse import parse_qs, urlsplit

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient
from form_parts import BASE, FORM_IDS, HCPCS, Json
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies import catalogue
from policies.model.criteria import RequestKind
from tests.databases import new_engine
from tests.service.calls import medication_request, order_sign
from tests.world import FOLDER, compose

JSON = "application/fhir+json"
URL = f"{BASE}/fhir/Questionnaire/margetuximab-initial"


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The service on a day between two versions of a policy."""
    home = tmp_path_factory.mktemp("policies")
    copytree(FOLDER, home, dirs_exist_ok=True)
    text = (home / "data/margetuximab/2026-05-06.yaml").read_text(encoding="utf-8")
    newer = text.replace("version: 2026-05-06", "version: 2027-01-01", 1)
    (home / "data/margetuximab/2027-01-01.yaml").write_text(newer, encoding="utf-8")
    settings = Settings(base_url=BASE)
    return create_app(compose(settings, catalogue.load(home), date(2026, 11, 25), new_engine())).test_client()


def refused(reply: TestResponse, status: int) -> str:
    assert (reply.status_code, reply.content_type) == (status, JSON)
    content = reply.get_json()
    OperationOutcome.model_validate(content)
    text: str = content["issue"][0]["details"]["text"]
    return text


def found(reply: TestResponse) -> list[Json]:
    assert (reply.status_code, reply.content_type) == (200, JSON)
    content = reply.get_json()
    Bundle.model_validate(content)
    entries = content.get("entry", [])
    assert (content["type"], content["total"]) == ("searchset", len(entries))
    keys = [(entry["fullUrl"], entry["resource"]["meta"]["versionId"]) for entry in entries]
    assert len(keys) == len(set(keys))
    return [entry["resource"] for entry in entries]


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_a_form_is_read_at_its_own_canonical_url(client: FlaskClient, form_id: str) -> None:
    reply = client.get(f"/fhir/Questionnaire/{form_id}")
    assert (reply.status_code, reply.content_type) == (200, JSON)
    resource = reply.get_json()
    assert (resource["id"], resource["url"]) == (form_id, f"{BASE}/fhir/Questionnaire/{form_id}")
    assert reply.headers["ETag"] == f'W/"{resource["meta"]["versionId"]}"'


def test_the_canonical_of_coverage_information_is_that_of_the_form(container: Container, client: FlaskClient) -> None:
    payer = container.settings.as_payer()
    for policy in container.catalogue.all:
        for kind in RequestKind:
            url, _, version = payer.questionnaire(policy, kind).partition("|")
            (resource,) = found(client.get("/fhir/Questionnaire", query_string={"url": url, "version": version}))
            assert (resource["url"], resource["version"]) == (url, version)
            read = client.get(urlsplit(url).path, query_string={"version": version})
            assert read.get_json() == resource


@pytest.mark.idea("crd-idea-15")
def test_an_order_is_answered_with_a_form_that_can_be_read(client: FlaskClient) -> None:
    order = medication_request({"system": HCPCS, "code": "J9353"})
    reply = client.post("/cds-services/order-sign-crd", json=order_sign(order)).get_json()
    extension = reply["systemActions"][0]["resource"]["extension"][0]["extension"]
    (canonical,) = [part["valueCanonical"] for part in extension if part["url"] == "questionnaire"]
    (resource,) = found(client.get("/fhir/Questionnaire", query_string={"url": canonical}))
    assert f"{resource['url']}|{resource['version']}" == canonical
    open_points = {item["linkId"] for section in resource["item"] for item in section["item"]}
    assert "breast_cancer" in open_points


def test_the_version_in_force_is_read_and_any_other_by_its_date(two_versions: FlaskClient) -> None:
    path = "/fhir/Questionnaire/margetuximab-initial"
    assert two_versions.get(path).get_json()["version"] == "2026-05-06"
    assert two_versions.get(f"{path}?version=2027-01-01").get_json()["version"] == "2027-01-01"
    assert two_versions.get(f"{path}?version=2026-05-06").get_json()["version"] == "2026-05-06"
    assert refused(two_versions.get(f"{path}?version=2026-05-07"), 404)


def test_before_the_first_version_that_one_is_read(policies_on_file: catalogue.Catalogue) -> None:
    early = compose(Settings(base_url=BASE), policies_on_file, date(2020, 1, 1), new_engine())
    reply = create_app(early).test_client().get("/fhir/Questionnaire/margetuximab-initial")
    assert reply.get_json()["version"] == "2026-05-06"


def test_an_unknown_form_is_not_found(client: FlaskClient) -> None:
    for name in ("nothing", "margetuximab", "margetuximab-adaptive"):
        assert refused(client.get(f"/fhir/Questionnaire/{name}"), 404)


@pytest.mark.requirement("dtr22.spec-13")
def test_a_search_finds_every_version(two_versions: FlaskClient) -> None:
    assert len(found(two_versions.get("/fhir/Questionnaire"))) == 2 * (len(FORM_IDS) + 2)
    both = found(two_versions.get("/fhir/Questionnaire", query_string={"url": URL}))
    assert [one["version"] for one in both] == ["2026-05-06", "2027-01-01"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 8),
        ({"url": URL}, 1),
        ({"url": f"{URL}|2026-05-06"}, 1),
        ({"url": f"{URL}|2026-05-07"}, 0),
        ({"url": f"{URL},{BASE}/fhir/Questionnaire/elranatamab-initial"}, 2),
        ({"url": [URL, f"{BASE}/fhir/Questionnaire/elranatamab-initial"]}, 0),
        ({"version": "2026-05-06"}, 4),
        ({"url": URL, "version": "2025-12-11"}, 0),
        ({"_id": "margetuximab-initial"}, 1),
        ({"url": ""}, 8),
        ({"url": "https://elsewhere.example.org/x"}, 0),
    ],
)
def test_a_search_by_url_and_version(client: FlaskClient, query: Json, number: int) -> None:
    assert len(found(client.get("/fhir/Questionnaire", query_string=query))) == number


def test_an_unknown_parameter_is_left_out_and_the_self_link_shows_it(client: FlaskClient) -> None:
    reply = client.get("/fhir/Questionnaire", query_string={"url": URL, "colour": "blue"})
    assert len(found(reply)) == 1
    (link,) = reply.get_json()["link"]
    assert (link["relation"], parse_qs(urlsplit(link["url"]).query)) == ("self", {"url": [URL]})


def test_a_strict_client_is_told_of_an_unknown_parameter(client: FlaskClient) -> None:
    strict = {"Prefer": "handling=strict"}
    assert "_id, url, version" in refused(client.get("/fhir/Questionnaire?colour=blue", headers=strict), 400)
    assert found(client.get(f"/fhir/Questionnaire?_format=json&url={URL}", headers=strict))


def test_a_modifier_is_refused(client: FlaskClient) -> None:
    assert "url" in refused(client.get(f"/fhir/Questionnaire?url:below={URL}"), 400)


def test_the_capability_statement_says_what_is_there(client: FlaskClient) -> None:
    reply = client.get("/fhir/metadata")
    assert (reply.status_code, reply.content_type) == (200, JSON)
    stated = reply.get_json()
    CapabilityStatement.model_validate(stated)
    assert (stated["fhirVersion"], stated["date"]) == ("4.0.1", "2026-11-25")
    served = {one["type"]: one for one in stated["rest"][0]["resource"]}
    assert {one["name"] for one in served["ValueSet"]["operation"]} == {"expand"}
    for kind in ("Questionnaire", "ValueSet", "CodeSystem"):
        for parameter in served[kind]["searchParam"]:
            assert found(client.get(f"/fhir/{kind}", query_string={parameter["name"]: "nothing"})) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Library?name=Margetuximab", {"Margetuximab"}),
        ("Library?name=margetux&version=2026-05-06", {"Margetuximab"}),
        ("Library?name=Margetuximab&version=1999-01-01", set()),
        ("Library?name=tuximab", set()),
        ("ValueSet?name=AntiHer2", {"AntiHer2Drugs"}),
    ],
)
def test_a_library_and_a_value_set_are_found_by_how_their_names_begin(
    client: FlaskClient, asked: str, found: set[str]
) -> None:
    entries = client.get(f"/fhir/{asked}").get_json().get("entry", [])
    assert {one["resource"]["name"] for one in entries} == found
