"""Forms that fill themselves in: the shape of form, library and package, as the standard and the clients need them."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.library import Library
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.cql.expressions import INITIAL, LAUNCH_CONTEXT, LIBRARY
from fhir_mappings.cql.shipped import logics
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.publication.versions import as_semantic, semantic
from policies.catalogue import Catalogue
from tests import world
from tests.conftest import TODAY
from tests.dtr.adaptive_parts import package as adaptive_package
from tests.dtr.adaptive_parts import signed, stepped
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_package import OLD, URL, Json, asked, canonical, of_coverage, order
from tests.service.test_service_figures_follow import changed, source_of, with_change
from tests.world import LOGIC, compose

FORMS = ("margetuximab-initial", "margetuximab-continuation", "elranatamab-initial", "elranatamab-continuation")
BASES = pytest.mark.parametrize(("url", "name"), [(URL, "packagebundle"), (OLD, "PackageBundle")], ids=["2.2", "2.0"])
BASE = "https://cds.example.org"


def package(client: FlaskClient, form: str, url: str = URL, name: str = "packagebundle") -> list[Json]:
    reply = asked(client, of_coverage(), canonical(f"{BASE}/fhir/Questionnaire/{form}"), url=url)
    (bundle,) = [one["resource"] for one in parameters(reply.get_json()) if one["name"] == name]
    return [one["resource"] for one in bundle["entry"]]


def of_type(resources: list[Json], kind: str) -> list[Json]:
    return [one for one in resources if one["resourceType"] == kind]


def flat(form: Json) -> Iterator[Json]:
    for item in form.get("item", ()):
        yield item
        yield from flat(item)


def expressions(form: Json) -> dict[str, Json]:
    return {
        item["linkId"]: extension["valueExpression"]
        for item in flat(form)
        for extension in item.get("extension", ())
        if extension["url"] == INITIAL
    }


def content(library: Json, kind: str) -> str:
    (found,) = [one["data"] for one in library["content"] if one["contentType"] == kind]
    return b64decode(found).decode()


def elm(library: Json) -> Json:
    return dict(json.loads(content(library, "application/elm+json"))["library"])


def named_libraries(form: Json) -> list[str]:
    return [one["valueCanonical"] for one in form["extension"] if one["url"] == LIBRARY]


def retrieved(content: Any) -> Iterator[str]:
    """The types that ELM retrieves."""
    if isinstance(content, dict):
        if content.get("type") == "Retrieve":
            yield content["dataType"].rpartition("}")[2]
        for inner in content.values():
            yield from retrieved(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from retrieved(inner)


@BASES
@pytest.mark.parametrize("form", [*FORMS, "margetuximab-initial-adaptive", "elranatamab-initial-adaptive"])
@pytest.mark.requirement("dtr22.oper-12", "dtr22.oper-13", "dtr22.spec-87", "dtr22.spec-95", "dtr22.spec-99")
@pytest.mark.certification("cert.dtr.1.04", "cert.dtr.2.04")
def test_every_form_brings_its_library_with_cql_and_elm(client: FlaskClient, form: str, url: str, name: str) -> None:
    resources = package(client, form, url, name)
    assert resources[0]["resourceType"] == "Questionnaire"
    libraries = of_type(resources, "Library")
    for one in libraries:
        Library.model_validate(one)
        assert [part["contentType"] for part in one["content"]] == ["text/cql", "application/elm+json"]
        assert content(one, "text/cql").startswith(f"library {one['name']} version '{one['version']}'\n")
        assert elm(one)["identifier"] == {"id": one["name"], "version": one["version"]}
    assert len({one["name"] for one in libraries}) == len(libraries) == 1


@pytest.mark.requirement("dtr22.oper-16")
def test_the_newer_version_names_its_library_with_the_version(client: FlaskClient) -> None:
    form, _, library, *_ = package(client, "margetuximab-initial")
    assert named_libraries(form) == [f"{library['url']}|{library['version']}"]
    assert library["url"] == f"{BASE}/fhir/Library/Margetuximab"
    assert (form["version"], library["date"], library["version"]) == ("2026-05-06", "2026-05-06", "2026.5.6")


@pytest.mark.parametrize("form", ["margetuximab-initial", "elranatamab-continuation", "margetuximab-initial-adaptive"])
@pytest.mark.certification("cert.dtr.1.05", "cert.dtr.2.05")
def test_the_older_version_names_it_by_its_url_to_the_letter(client: FlaskClient, form: str) -> None:
    """So compare certification and the public DTR app, which waits for ever for a library that it does not find."""
    resources = package(client, form, OLD, "PackageBundle")
    urls = {one["url"] for one in of_type(resources, "Library")}
    assert set(named_libraries(resources[0])) <= urls
    assert named_libraries(resources[0])
    assert [one["url"] for one in resources[0]["extension"]].count(LAUNCH_CONTEXT) == 1


@BASES
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.requirement(
    "dtr22.spec-61", "dtr22.spec-88", "dtr22.spec-91", "dtr22.spec-94", "dtr22.spec-97", "dtr22.spec-98"
)
@pytest.mark.certification("cert.dtr.1.06")
def test_each_expression_names_a_definition_of_the_library(client: FlaskClient, form: str, url: str, name: str) -> None:
    resources = package(client, form, url, name)
    (library,) = of_type(resources, "Library")
    defined = {one["name"] for one in elm(library)["statements"]["def"]}
    found = expressions(resources[0])
    assert found
    for link_id, one in found.items():
        assert one["language"] == "text/cql"
        assert one["expression"] == f'"{library["name"]}".{link_id}'
        assert link_id in defined


@pytest.mark.certification("cert.dtr.2.06")
def test_the_older_adaptive_form_begins_with_a_question_that_fills_itself_in(client: FlaskClient) -> None:
    form = package(client, "margetuximab-initial-adaptive", OLD, "PackageBundle")[0]
    assert {one["language"] for one in expressions(form).values()} == {"text/cql"}


@pytest.mark.requirement("dtr22.spec-96")
def test_the_elm_of_an_expression_stands_beside_it_in_the_newer_version(client: FlaskClient) -> None:
    for one in expressions(package(client, "elranatamab-initial")[0]).values():
        (beside,) = [part["valueExpression"] for part in one["extension"]]
        library, _, name = one["expression"].partition(".")
        assert beside["language"] == "application/elm+json"
        compiled = {"type": "ExpressionRef", "libraryName": library.strip('"'), "name": name}
        assert json.loads(beside["expression"]) == compiled
    older = expressions(package(client, "elranatamab-initial", OLD, "PackageBundle")[0])
    assert all("extension" not in one for one in older.values())


@pytest.mark.parametrize("form", FORMS)
def test_questions_that_no_chart_settles_have_no_logic(client: FlaskClient, form: str) -> None:
    told = expressions(package(client, form)[0])
    assert not {name for name in told if ":" in name or "prior_lines" in name or "note" in name or "imaging" in name}


@BASES
@pytest.mark.parametrize("form", FORMS)
def test_a_question_with_logic_has_no_other_extension_but_bounds_that_come_after_it(
    client: FlaskClient, form: str, url: str, name: str
) -> None:
    """The public DTR app, which speaks 2.0.1, fills in one answer for each extension of an item."""
    shown = package(client, form, url, name)[0]
    told = expressions(shown)
    for item in (one for one in flat(shown) if one["linkId"] in told):
        first, *others = (one["url"].rpartition("/")[2] for one in item["extension"])
        assert first == "sdc-questionnaire-initialExpression"
        bounds = ["minValue", "maxValue"] if item["type"] == "integer" and name == "packagebundle" else []
        assert others == bounds


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.requirement("dtr22.oper-14", "dtr22.oper-15")
def test_the_value_sets_of_the_library_come_along_expanded(client: FlaskClient, form: str) -> None:
    resources = package(client, form)
    (library,) = of_type(resources, "Library")
    sets = {f"{one['url']}|{one['version']}": one for one in of_type(resources, "ValueSet")}
    filters = (part for one in library["dataRequirement"] for part in one.get("codeFilter", ()))
    assert sets.keys() == {one["valueSet"] for one in filters}
    assert sets.keys() == {one["resource"] for one in library["relatedArtifact"] if one["type"] == "depends-on"}
    for one in sets.values():
        assert one["expansion"]["timestamp"].startswith("2026-11-25")
        assert one["expansion"]["total"] == len(one["expansion"]["contains"]) > 0


@pytest.mark.parametrize("form", ["margetuximab-initial", "elranatamab-initial"])
@pytest.mark.requirement("dtr22.sec-3", "dtr22.spec-58")
def test_the_library_asks_for_what_its_logic_reads_and_nothing_else(client: FlaskClient, form: str) -> None:
    (library,) = of_type(package(client, form), "Library")
    assert {one["type"] for one in library["dataRequirement"]} == set(retrieved(elm(library)))
    narrowed = [one for one in library["dataRequirement"] if "codeFilter" in one]
    assert {"Observation"} <= {one["type"] for one in narrowed}
    whole = {one["type"] for one in library["dataRequirement"] if "codeFilter" not in one}
    assert whole == {"Patient", "Condition", "DiagnosticReport", "DocumentReference", "ImagingStudy"}


def test_libraries_are_read_and_found_at_both_bases(client: FlaskClient) -> None:
    for base in ("/fhir", "/fhir/dtr/2.0.1"):
        read = client.get(f"{base}/Library/Margetuximab").get_json()
        found = client.get(f"{base}/Library?url={BASE}/fhir/Library/Margetuximab").get_json()
        assert found["entry"][0]["resource"] == read
        assert BASE in content(read, "text/cql")
        assert "payer.invalid" not in content(read, "text/cql") + content(read, "application/elm+json")


@pytest.mark.parametrize("base", ["/fhir", "/fhir/dtr/2.0.1"])
def test_an_engine_finds_a_library_by_the_tail_of_its_url_as_its_name_and_a_semantic_version(
    client: FlaskClient, base: str
) -> None:
    library = client.get(f"{base}/Library/Margetuximab").get_json()
    name, version = library["url"].rpartition("/")[2], library["version"]
    assert content(library, "text/cql").startswith(f"library {name} version '{version}'\n")
    assert [str(int(part)) for part in version.split(".")] == version.split(".")
    found = client.get(f"{base}/Library?name={name}&version={version}").get_json()
    assert [one["resource"] for one in found["entry"]] == [library]


@pytest.mark.parametrize(
    "query",
    [
        f"url={BASE}/fhir/Library/margetuximab",
        f"url={BASE}/fhir/Library/margetuximab|2026-05-06",
        f"url={BASE}/fhir/Library/margetuximab&version=2026-05-06",
        f"url={BASE}/fhir/Library/Margetuximab|2026-05-06",
        "_id=margetuximab",
    ],
)
def test_what_named_a_library_before_still_finds_it(client: FlaskClient, query: str) -> None:
    now = client.get("/fhir/Library/Margetuximab").get_json()
    found = client.get(f"/fhir/Library?{query}").get_json()
    assert [one["resource"] for one in found["entry"]] == [now]
    assert client.get("/fhir/Library/margetuximab?version=2026-05-06").get_json() == now


def test_versions_stand_in_the_order_of_their_numbers() -> None:
    days = [date(2026, 12, 1), date(2026, 5, 6), date(2025, 12, 11)]
    made = [{"id": "A", "url": "u/A", "version": semantic(day)} for day in days]
    assert Artifacts.of("Library", made).read("A") == made[0]
    assert as_semantic("2026-13-45") == "2026-13-45"
    assert as_semantic("2026-05-06") == "2026.5.6"


FIGURES = [
    ("elranatamab", ("facts", "ecog", "with", "within_days")),
    ("margetuximab", ("definitions", "her2-ish", "rows", 0, "ratio", "at_least")),
]


@pytest.mark.parametrize(("policy", "path"), FIGURES, ids=[one[0] for one in FIGURES])
def test_logic_of_another_figure_is_left_out_and_told_of(
    policy: str, path: tuple[Any, ...], caplog: pytest.LogCaptureFixture
) -> None:
    alone, beside = with_change(changed(policy, path)), (one for one in world.policies().all if one.id != policy)
    known = Catalogue([*alone.all, *beside], alone.terminology)
    with create_app(compose(Settings(base_url=BASE), known, TODAY)).test_client() as client:
        assert f"the population logic of {policy}" in caplog.text
        assert "make cql" in caplog.text
        resources = package(client, f"{policy}-initial")
        assert [one["resourceType"] for one in resources] == ["Questionnaire", "QuestionnaireResponse"]
        assert not expressions(resources[0])
        assert LIBRARY not in {one["url"] for one in resources[0]["extension"]}
        assert client.get(f"/fhir/Library/{policy}").status_code == 404
        other = {"margetuximab": "elranatamab", "elranatamab": "margetuximab"}[policy]
        assert expressions(package(client, f"{other}-initial")[0])


@pytest.mark.parametrize("path", [("initial", "all", 2, "all", 0, "at_least"), ("continuation_after_days",)])
def test_a_figure_that_the_logic_does_not_rest_on_leaves_it_in_place(path: tuple[Any, ...]) -> None:
    known = with_change(changed("margetuximab", path))
    assert ("margetuximab", "2026-05-06") in logics(known.all, known.terminology, BASE, (LOGIC,))


def test_a_policy_without_logic_on_file_works_without(policies_on_file: Catalogue, tmp_path: Any) -> None:
    assert source_of("margetuximab")
    assert logics(policies_on_file.all, policies_on_file.terminology, BASE, (tmp_path,)) == {}


def test_a_package_by_order_brings_the_library_too(client: FlaskClient) -> None:
    reply = asked(client, of_coverage(), order(name="never-signed"))
    (bundle,) = [one["resource"] for one in parameters(reply.get_json()) if one["name"] == "packagebundle"]
    assert f"{BASE}/fhir/Library/Margetuximab" in [one["fullUrl"] for one in bundle["entry"]]


@pytest.mark.certification("cert.dtr.2.11", "cert.dtr.2.12")
def test_the_form_of_an_adaptive_response_names_library_and_logic_too(client: FlaskClient) -> None:
    base = "/fhir/dtr/2.0.1"
    _, draft = adaptive_package(client, base, signed(client, base))
    (form,) = [one for one in stepped(client, base, draft)["contained"] if one["resourceType"] == "Questionnaire"]
    assert named_libraries(form) == [f"{BASE}/fhir/Library/Margetuximab"]
    assert {one["language"] for one in expressions(form).values()} == {"text/cql"}
