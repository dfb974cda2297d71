"""What the public certification tests of DTR 2.0.1 assert of our static forms, by id (docs/certification.csv).

The tester's base is `/fhir/dtr/2.0.1`. A call brings coverage and order, or names a form, and no context: the kit has
called no hook. Libraries and expressions are looked at as the kit does it: names compare letter by letter.
"""

import json
from collections.abc import Iterator

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.parameters import Parameters
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_package import OLD, Json, asked, canonical, of_coverage, order

HOME = "https://cds.example.org/fhir/Questionnaire"
FORMS = [f"{policy}-{kind}" for policy in ("margetuximab", "elranatamab") for kind in ("initial", "continuation")]
CQL = "text/cql"
BOTH = {CQL, "application/elm+json"}
AT_ROOT = ("sdc-questionnaire-launchContext", "variable", "sdc-questionnaire-itemPopulationContext", "cqf-library")
EXPRESSIONS = ("initialExpression", "candidateExpression", "contextExpression")


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def package(client: FlaskClient, form: str = "") -> Json:
    """A package as the kit asks for it: by order, or by the canonical of a form."""
    wanted = canonical(f"{HOME}/{form}") if form else order()
    reply = asked(client, of_coverage(), wanted, url=OLD)
    assert reply.status_code in {200, 201}
    return dict(json.loads(reply.data))


def resources(found: Json, kind: str) -> list[Json]:
    bundles = [one["resource"] for one in parameters(found) if one["resource"]["resourceType"] == "Bundle"]
    assert bundles
    entries = [entry["resource"] for one in bundles for entry in one["entry"]]
    return [one for one in entries if one["resourceType"] == kind]


def named(extension: Json) -> str:
    return str(extension["url"].rpartition("/")[2])


def check_libraries(libraries: list[Json]) -> None:
    assert libraries
    for one in libraries:
        assert {content["contentType"] for content in one["content"]} >= BOTH
        assert all(content["data"] for content in one["content"])
    names = [one["name"] for one in libraries]
    assert len(names) == len(set(names))


def check_root(forms: list[Json], libraries: list[Json]) -> None:
    urls = {one["url"] for one in libraries}
    assert any(named(one) in AT_ROOT for form in forms for one in form.get("extension", ()))
    for one in (extension for form in forms for extension in form.get("extension", ())):
        if named(one) == "cqf-library":
            assert one["valueCanonical"] in urls
        if "valueExpression" in one:
            assert one["valueExpression"]["language"] == CQL


def check_expressions(forms: list[Json]) -> None:
    found = [one for form in forms for one in expressions(form)]
    assert found
    assert {one["language"] for one in found} == {CQL}


def expressions(item: Json) -> Iterator[Json]:
    for one in item.get("item", ()):
        for extension in one.get("extension", ()):
            if named(extension).removeprefix("sdc-questionnaire-") in EXPRESSIONS:
                yield extension["valueExpression"]
        yield from expressions(one)


@pytest.mark.certification("cert.dtr.1.03")
def test_a_static_package_is_parameters_with_a_bundle_in_it(client: FlaskClient) -> None:
    static = package(client)
    (Bundle if static["resourceType"] == "Bundle" else Parameters).model_validate(static)
    found = [one for one in parameters(static) if one["name"] == "PackageBundle"]
    assert found
    for one in found:
        bundle = one["resource"]
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
        assert bundle["entry"][0]["resource"]["resourceType"] == "Questionnaire"
    assert {one["name"] for one in parameters(static)} <= {"PackageBundle", "operationOutcome"}


@pytest.mark.certification("cert.dtr.1.04")
@pytest.mark.parametrize("form", ["", *FORMS])
def test_a_static_package_has_libraries_with_cql_and_elm(client: FlaskClient, form: str) -> None:
    check_libraries(resources(package(client, form), "Library"))


@pytest.mark.certification("cert.dtr.1.05")
@pytest.mark.parametrize("form", ["", *FORMS])
def test_a_static_form_names_its_context_and_its_libraries(client: FlaskClient, form: str) -> None:
    found = package(client, form)
    check_root(resources(found, "Questionnaire"), resources(found, "Library"))


@pytest.mark.certification("cert.dtr.1.06")
@pytest.mark.parametrize("form", ["", *FORMS])
def test_a_static_form_has_questions_that_fill_themselves_in(client: FlaskClient, form: str) -> None:
    check_expressions(resources(package(client, form), "Questionnaire"))
