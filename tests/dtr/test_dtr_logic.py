"""The population logic as a package has it: library, value sets, expressions. Requirements of DTR 2.2.0 on the shape.

That the logic answers as our own reading does is shown by `tests/cql`, which run it in an engine.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_package import OLD, URL, Json, asked, canonical, of_coverage

HOME = "https://cds.example.org/fhir/Questionnaire"
FORMS = [f"{policy}-{kind}" for policy in ("margetuximab", "elranatamab") for kind in ("initial", "continuation")]
BOTH = pytest.mark.parametrize("url", [URL, OLD])
EACH = pytest.mark.parametrize("form", [*FORMS, *(f"{one}-adaptive" for one in FORMS)])
READ = {"Condition", "Observation", "MedicationRequest", "MedicationStatement", "MedicationAdministration"}
READ |= {"MedicationDispense", "Patient", "DiagnosticReport", "DocumentReference", "ImagingStudy"}


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def entries(client: FlaskClient, form: str, url: str = URL) -> list[Json]:
    reply = asked(client, of_coverage(), canonical(f"{HOME}/{form}"), url=url)
    (bundle,) = [one["resource"] for one in parameters(json.loads(reply.data))]
    assert all(one["fullUrl"].endswith(f"/{one['resource']['id']}") for one in bundle["entry"])
    return [one["resource"] for one in bundle["entry"]]


def of_kind(found: list[Json], kind: str) -> list[Json]:
    return [one for one in found if one["resourceType"] == kind]


def texts(library: Json) -> tuple[str, Json]:
    """The CQL and the ELM of a library."""
    data = {one["contentType"]: b64decode(one["data"]).decode() for one in library["content"]}
    assert set(data) == {"text/cql", "application/elm+json"}
    return data["text/cql"], json.loads(data["application/elm+json"])["library"]


def libraries_of(form: Json) -> list[str]:
    return [one["valueCanonical"] for one in form["extension"] if one["url"].endswith("cqf-library")]


def expressions(item: Json) -> Iterator[tuple[str, Json]]:
    for one in item.get("item", ()):
        for extension in one.get("extension", ()):
            if "valueExpression" in extension:
                yield one["linkId"], extension["valueExpression"]
        yield from expressions(one)


def walked(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        for one in node.values():
            yield from walked(one)
    elif isinstance(node, list):
        for one in node:
            yield from walked(one)


@EACH
@BOTH
@pytest.mark.requirement("dtr22.oper-12", "dtr22.oper-13", "dtr22.spec-87", "dtr22.spec-95", "dtr22.spec-97")
@pytest.mark.requirement("dtr22.spec-98", "dtr22.spec-99")
def test_the_one_library_of_a_form_comes_along_with_cql_and_elm(client: FlaskClient, form: str, url: str) -> None:
    found = entries(client, form, url)
    assert found[0]["resourceType"] == "Questionnaire"
    (library,) = of_kind(found, "Library")
    plain = library["url"] if url == OLD else f"{library['url']}|{library['version']}"
    assert libraries_of(found[0]) == [plain]
    cql, elm = texts(library)
    assert elm["identifier"] == {"id": library["name"], "version": library["version"]}
    assert cql.startswith(f"library {library['name']} version '{library['version']}'")
    assert not elm.get("includes"), "what a library includes would have to come along too"


@pytest.mark.requirement("dtr22.spec-98")
def test_libraries_of_different_policies_have_different_names(client: FlaskClient) -> None:
    names = {of_kind(entries(client, form), "Library")[0]["name"] for form in FORMS}
    assert len(names) == 2


@EACH
@pytest.mark.requirement("dtr22.oper-14", "dtr22.oper-15", "dtr22.oper-16")
def test_every_value_set_comes_along_expanded_and_every_reference_names_a_version(
    client: FlaskClient, form: str
) -> None:
    found = entries(client, form)
    (library,) = of_kind(found, "Library")
    needed = [one["resource"] for one in library["relatedArtifact"]]
    given = {f"{one['url']}|{one['version']}": one for one in of_kind(found, "ValueSet")}
    assert set(needed) == set(given)
    assert all("|" in one for one in (*needed, *libraries_of(found[0])))
    for one in given.values():
        assert one["expansion"]["timestamp"].startswith("2026-11-25")
        assert one["expansion"]["total"] == len(one["expansion"]["contains"]) > 0
    requested = {one["valueSet"] for part in library.get("dataRequirement", ()) for one in part.get("codeFilter", ())}
    assert requested <= set(needed)
    assert not any("answerValueSet" in item for item in walked(found[0]))


@EACH
@pytest.mark.requirement("dtr22.spec-54", "dtr22.spec-91", "dtr22.spec-94", "dtr22.spec-96")
def test_what_fills_a_question_in_is_a_definition_of_the_library_with_its_elm_beside_it(
    client: FlaskClient, form: str
) -> None:
    found = entries(client, form)
    (library,) = of_kind(found, "Library")
    defined = {one["name"] for one in texts(library)[1]["statements"]["def"]}
    given = dict(expressions(found[0]))
    assert given or form.endswith("-adaptive")
    for name, one in given.items():
        assert (one["language"], one["expression"]) == ("text/cql", f'"{library["name"]}".{name}')
        assert name in defined
        (beside,) = [part["valueExpression"] for part in one["extension"]]
        assert beside["language"] == "application/elm+json"
        assert json.loads(beside["expression"])["name"] == name


@pytest.mark.requirement("dtr22.spec-54")
def test_every_question_is_filled_in_but_those_that_no_chart_can_answer(client: FlaskClient) -> None:
    for form in FORMS:
        resource = entries(client, form)[0]
        filled = {name for name, _ in expressions(resource)}
        asked_for = {
            item["linkId"]
            for section in resource["item"]
            for item in section["item"]
            if item["type"] not in {"display", "attachment", "text"} and ":" not in item["linkId"]
        }
        assert asked_for - filled <= NO_CHART_ANSWERS, form


NO_CHART_ANSWERS = frozenset(
    {"oncology_note", "imaging_comparison"}
    | {"prior_lines", "prior_anti_her2_therapies", "prior_anti_her2_therapies_metastatic", "prior_lines_advanced"}
)
"""What a person has to attest to; and counts, which a chart only bounds: drafts hold those that are enough."""


@EACH
@pytest.mark.requirement("dtr22.spec-58", "dtr22.spec-85", "dtr22.spec-92", "dtr22.spec-93")
def test_the_logic_is_of_the_patient_and_reads_what_the_form_is_about(client: FlaskClient, form: str) -> None:
    cql, elm = texts(of_kind(entries(client, form), "Library")[0])
    assert re.findall(r"^context (.*)$", cql, re.MULTILINE) == ["Patient"]
    assert {one["context"] for one in elm["statements"]["def"] if "context" in one} == {"Patient"}
    types = {one["dataType"].rpartition("}")[2] for one in walked(elm) if one.get("type") == "Retrieve"}
    assert types <= READ
    assert elm["schemaIdentifier"]["version"] == "r1"


@EACH
@pytest.mark.requirement("dtr22.sec-3")
def test_an_app_is_told_to_fetch_no_more_than_the_form_is_about(client: FlaskClient, form: str) -> None:
    """Results and drugs by the policy's codes alone; conditions whole, since another cancer bears on what is meant."""
    (library,) = of_kind(entries(client, form), "Library")
    needed = library["dataRequirement"]
    assert {one["type"] for one in needed} <= READ
    for one in needed:
        if one["type"] == "Observation" or one["type"].startswith("Medication"):
            assert [part["valueSet"] for part in one["codeFilter"]]


@EACH
@pytest.mark.requirement("dtr22.spec-61")
def test_no_expression_is_anything_else_than_cql(client: FlaskClient, form: str) -> None:
    text = json.dumps([one for one in entries(client, form) if one["resourceType"] == "Questionnaire"])
    assert "fhirpath" not in text
    assert "x-fhir-query" not in text
