"""What the public certification tests of DTR 2.0.1 assert of our adaptive answers, by id (docs/certification.csv).

The kit sends bodies that were fixed in advance, each of which has to be answered by itself.
"""

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.adaptive_parts import FAVOURABLE, HOME, Json, answered, stepped
from tests.dtr.packages import parameters
from tests.service.calls import MARGETUXIMAB, coverage, medication_request

BASE = "/fhir/dtr/2.0.1"
FORMS = [f"{policy}-{kind}" for policy in ("margetuximab", "elranatamab") for kind in ("initial", "continuation")]


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def packaged(client: FlaskClient, form: str, about: tuple[str, ...] = ("coverage",)) -> Json:
    named = {"name": "questionnaire", "valueCanonical": f"{HOME}/Questionnaire/{form}-adaptive"}
    of_kit = {
        "coverage": coverage("kit", beneficiary={"reference": "Patient/kit"}),
        "order": medication_request(MARGETUXIMAB, "kit", subject={"reference": "Patient/kit"}),
    }
    parts = [{"name": name, "resource": of_kit[name]} for name in about]
    content = {"resourceType": "Parameters", "parameter": [*parts, named]}
    reply = client.post(f"{BASE}/Questionnaire/$questionnaire-package", json=content)
    assert reply.status_code == 200
    return dict(reply.get_json())


@pytest.mark.certification("cert.dtr.2.03", "cert.dtr.2.07")
@pytest.mark.parametrize("form", FORMS)
def test_a_package_is_one_collection_that_begins_with_the_form(client: FlaskClient, form: str) -> None:
    content = packaged(client, form)
    Bundle.model_validate(content)
    (bundle,) = [one["resource"] for one in parameters(content) if one["name"] == "PackageBundle"]
    assert bundle["type"] == "collection"
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert kinds[:2] == ["Questionnaire", "QuestionnaireResponse"]
    assert set(kinds[2:]) <= {"Library", "ValueSet"}


@pytest.mark.parametrize(("about", "claims"), [(("coverage",), False), (("coverage", "order"), True)])
def test_a_draft_claims_its_profile_only_with_all_that_it_demands(
    client: FlaskClient, about: tuple[str, ...], claims: bool
) -> None:
    draft = parameters(packaged(client, FORMS[0], about))[0]["resource"]["entry"][1]["resource"]
    contexts = [one for one in draft["extension"] if one["url"].endswith("/qr-context")]
    assert len(contexts) == len(about)
    assert ("meta" in draft) == claims
    stepped = client.post(f"{BASE}/Questionnaire/$next-question", json=draft).get_json()
    assert ("meta" in stepped) == claims


@pytest.mark.certification("cert.dtr.2.08")
@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_the_search_form_of_an_adaptive_one(client: FlaskClient, form: str) -> None:
    entry = parameters(packaged(client, form))[0]["resource"]["entry"][0]
    found = entry["resource"]
    Questionnaire.model_validate(found)
    assert found["meta"]["profile"] == [
        "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/dtr-questionnaire-adapt-search"
    ]
    urls = [one["url"].rpartition("/")[2] for one in found["extension"]]
    assert urls.count("sdc-questionnaire-questionnaireAdaptive") == 1
    assert "sdc-questionnaire-assemble-expectation" not in urls
    assert entry["fullUrl"] == f"https://cds.example.org{BASE}/Questionnaire/{form}-adaptive"
    assert found["item"]


@pytest.mark.certification("cert.dtr.2.10", "cert.dtr.2.13")
def test_fixed_bodies_are_each_answered_by_a_bare_response_and_one_is_completed(client: FlaskClient) -> None:
    draft = parameters(packaged(client, "margetuximab-initial"))[0]["resource"]["entry"][1]["resource"]
    bodies, content = [draft], stepped(client, BASE, draft)
    while content["status"] != "completed":
        bodies.append(answered(content, FAVOURABLE))
        content = stepped(client, BASE, bodies[-1])
    answers = [client.post(f"{BASE}/Questionnaire/$next-question", json=body) for body in reversed(bodies)]
    assert {one.status_code for one in answers} == {200}
    for one in answers:
        response = one.get_json()
        QuestionnaireResponse.model_validate(response)
        assert response["contained"][0]["resourceType"] == "Questionnaire"
        assert {"questionnaire", "status", "authored", "item"} <= response.keys()
    assert [one.get_json()["status"] for one in answers].count("completed") == 1


def entries(client: FlaskClient, form: str, kind: str) -> list[Json]:
    bundle = parameters(packaged(client, form))[0]["resource"]
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]


def named(resource: Json, name: str) -> list[Any]:
    found = (one for one in resource.get("extension", ()) if one["url"].endswith(f"/{name}"))
    return [one.get("valueCanonical", one.get("valueExpression", one)) for one in found]


def expressions(item: Json) -> list[Json]:
    own: list[Json] = named(item, "sdc-questionnaire-initialExpression")
    return own + [one for part in item.get("item", ()) for one in expressions(part)]


@pytest.mark.certification("cert.dtr.2.04")
@pytest.mark.parametrize("form", FORMS)
def test_a_library_comes_along_with_cql_and_elm(client: FlaskClient, form: str) -> None:
    libraries = entries(client, form, "Library")
    assert libraries
    for one in libraries:
        assert [content["contentType"] for content in one["content"]] == ["text/cql", "application/elm+json"]
    assert len({one["name"] for one in libraries}) == len(libraries)


@pytest.mark.certification("cert.dtr.2.05", "cert.dtr.2.06")
@pytest.mark.parametrize("form", FORMS)
def test_the_form_shows_how_it_is_filled_in(client: FlaskClient, form: str) -> None:
    (questionnaire,) = entries(client, form, "Questionnaire")
    held_to_its_logic(questionnaire, {one["url"] for one in entries(client, form, "Library")})


@pytest.mark.certification("cert.dtr.2.11", "cert.dtr.2.12")
@pytest.mark.parametrize("form", FORMS)
def test_the_form_in_each_step_shows_it_too(client: FlaskClient, form: str) -> None:
    libraries = {one["url"] for one in entries(client, form, "Library")}
    (draft,) = entries(client, form, "QuestionnaireResponse")
    (contained,) = stepped(client, BASE, draft)["contained"]
    held_to_its_logic(contained, libraries)


def held_to_its_logic(questionnaire: Json, libraries: set[str]) -> None:
    assert set(named(questionnaire, "cqf-library")) <= libraries
    assert named(questionnaire, "cqf-library")
    assert named(questionnaire, "sdc-questionnaire-launchContext")
    found = expressions(questionnaire)
    assert found
    assert {one["language"] for one in found} == {"text/cql"}
