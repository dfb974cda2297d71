"""Value sets and code systems through the real application: read, searched, expanded."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.library import Library
from fhir.resources.R4B.valueset import ValueSet
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.application import create_app
from cds_service.dtr.errors import Fault
from fhir_mappings.publication.value_sets import part_of
from policies.terminology.value_sets import CodeSet

Json = dict[str, Any]
BASES = ("/fhir", "/fhir/dtr/2.0.1")
HOME = "https://cds.example.org/fhir"
HER2 = f"{HOME}/ValueSet/her2-tests"
VERSION = "2026-11-24"


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def given(reply: TestResponse) -> Json:
    assert (reply.status_code, reply.content_type) == (200, "application/fhir+json"), reply.text
    return dict(reply.get_json())


def refused(reply: TestResponse, status: int) -> str:
    assert (reply.status_code, reply.content_type) == (status, "application/fhir+json"), reply.text
    (issue,) = reply.get_json()["issue"]
    return f"{issue['code']}: {issue['details']['text']}"


def found(client: FlaskClient, kind: str, base: str = "/fhir", **query: str) -> list[Json]:
    content = given(client.get(f"{base}/{kind}", query_string=query))
    Bundle.model_validate(content)
    return [one["resource"] for one in content.get("entry", ())]


def codes(value_set: Json) -> set[str]:
    return {one["code"] for one in value_set["expansion"].get("contains", ())}


def expand(client: FlaskClient, base: str = "/fhir", **query: Any) -> TestResponse:
    return client.get(f"{base}/ValueSet/$expand", query_string=query)


def parameters(*given: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(given)}


@pytest.mark.parametrize("base", BASES)
def test_every_value_set_is_valid_and_stands_at_its_own_address(client: FlaskClient, base: str) -> None:
    everything = found(client, "ValueSet", base)
    assert len({(one["id"], one["version"]) for one in everything}) == len(everything) > 90
    for one in everything:
        ValueSet.model_validate(one)
        assert one["expansion"]["total"] == len(one["expansion"]["contains"])
        assert one["expansion"]["timestamp"] == "2026-11-25"
        assert one["url"] == f"{HOME}/ValueSet/{one['id']}"
    her2 = given(client.get(f"{base}/ValueSet/her2-tests"))
    assert her2 in everything
    assert given(client.get(urlsplit(her2["url"]).path)) == her2


def test_only_verified_codes_are_in_a_value_set(client: FlaskClient, container: Container) -> None:
    scores = container.catalogue.terminology.codes("her2-ihc-scores", VERSION)
    doubtful = {one.code for one in scores.members if not one.decides}
    assert doubtful
    shown = codes(given(client.get("/fhir/ValueSet/her2-ihc-scores")))
    assert shown == {one.code for one in scores.members} - doubtful


def test_the_parts_of_a_value_set_are_told_apart_by_what_their_codes_mean(
    client: FlaskClient, container: Container
) -> None:
    for (name, version), one in container.catalogue.terminology.sets.items():
        for means in {member.means for member in one.members if member.means} if isinstance(one, CodeSet) else ():
            meant = {member.code for member in one.members if member.means == means and member.decides}
            part = client.get(f"/fhir/ValueSet/{part_of(name, means)}?version={version}")
            assert (codes(given(part)) if part.status_code == 200 else set()) == meant


def test_a_set_of_drugs_holds_the_codes_of_its_drugs(client: FlaskClient) -> None:
    drug, every = (codes(given(client.get(f"/fhir/ValueSet/{name}"))) for name in ("drug-margetuximab", "drugs"))
    assert "J9353" in drug < every


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"url": HER2}, 1),
        ({"url": f"{HER2}|{VERSION}"}, 1),
        ({"url": f"{HER2}|2020-01-01"}, 0),
        ({"_id": "her2-tests,ecog-tests"}, 3),
        ({"url": HER2, "version": VERSION}, 1),
        ({"url": HER2, "version": "2020-01-01"}, 0),
    ],
)
def test_a_value_set_is_searched_by_url_version_and_id(client: FlaskClient, query: Json, number: int) -> None:
    assert len(found(client, "ValueSet", **query)) == number
    posted = client.post("/fhir/ValueSet/_search", data=query)
    assert given(posted)["total"] == number


def test_what_is_not_there_is_404(client: FlaskClient) -> None:
    for address in ("ValueSet/other", "ValueSet/her2-tests?version=2020-01-01", "CodeSystem/other"):
        assert refused(client.get(f"/fhir/{address}"), 404).startswith("not-found")


@pytest.mark.parametrize("base", BASES)
def test_the_answers_of_every_form_have_their_code_system(client: FlaskClient, base: str) -> None:
    answers = given(client.get(f"{base}/CodeSystem/answers"))
    CodeSystem.model_validate(answers)
    known = {one["code"]: one["display"] for one in answers["concept"]}
    assert answers["count"] == len(known)

    def options(item: Json) -> list[Json]:
        own = [one["valueCoding"] for one in item.get("answerOption", ())]
        return own + [one for part in item.get("item", ()) for one in options(part)]

    used = [
        one for form in found(client, "Questionnaire", base) for item in form.get("item", ()) for one in options(item)
    ]
    assert used
    for coding in used:
        assert coding["system"] == answers["url"]
        assert known[coding["code"]] == coding["display"]


def test_the_reasons_on_cards_have_their_code_system(client: FlaskClient, container: Container) -> None:
    reasons = given(client.get("/fhir/CodeSystem/override-reasons"))
    CodeSystem.model_validate(reasons)
    assert {one["code"] for one in reasons["concept"]} >= {"considered", "not-applicable"}
    assert {one["display"] for one in reasons["concept"]} <= set(container.order_sign.say.sentences.values())
    assert found(client, "CodeSystem", url=f"{HOME}/CodeSystem/override-reasons") == [reasons]


@pytest.mark.requirement("dtr22.oper-5")
@pytest.mark.parametrize("base", BASES)
def test_a_value_set_is_expanded_by_get_and_by_post(client: FlaskClient, base: str) -> None:
    got = given(expand(client, base, url=HER2))
    assert got == given(client.get(f"{base}/ValueSet/her2-tests"))
    body = parameters({"name": "url", "valueUri": HER2}, {"name": "valueSetVersion", "valueString": VERSION})
    assert given(client.post(f"{base}/ValueSet/$expand", json=body)) == got
    assert got["expansion"]["parameter"] == [{"name": "activeOnly", "valueBoolean": True}]


def test_a_filter_narrows_by_the_beginnings_of_words_and_by_code(client: FlaskClient) -> None:
    fitting = given(expand(client, url=HER2, filter="immune STAIN"))
    displays = [one["display"].lower() for one in fitting["expansion"]["contains"]]
    assert displays
    assert all("immune" in one and "stain" in one for one in displays)
    assert codes(given(expand(client, url=HER2, filter="85319"))) == {"85319-2"}
    nothing = given(expand(client, url=HER2, filter="nothing such"))["expansion"]
    assert (nothing["total"], "contains" in nothing) == (0, False)


def test_pages_add_up_to_the_whole(client: FlaskClient) -> None:
    whole = given(expand(client, url=HER2))["expansion"]
    pages = [given(expand(client, url=HER2, offset=at, count=5))["expansion"] for at in range(0, whole["total"], 5)]
    assert [one for page in pages for one in page["contains"]] == whole["contains"]
    assert {page["total"] for page in pages} == {whole["total"]}
    counted = given(expand(client, url=HER2, count=0))["expansion"]
    assert (counted["total"], "contains" in counted) == (whole["total"], False)
    beyond = given(expand(client, url=HER2, offset=whole["total"], count=5))
    assert codes(beyond) == set()
    ValueSet.model_validate(beyond)


def test_the_version_may_stand_in_the_url(client: FlaskClient) -> None:
    assert given(expand(client, url=f"{HER2}|{VERSION}"))["version"] == VERSION
    assert refused(expand(client, url=f"{HER2}|2020-01-01"), 404).startswith("not-found")
    assert refused(expand(client, url=HER2, valueSetVersion="2020-01-01"), 404).startswith("not-found")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "required"),
        ({"url": ""}, 400, "required"),
        ({"filter": "x"}, 400, "required"),
        ({"url": f"{HOME}/ValueSet/other"}, 404, "not-found"),
        ({"url": HER2, "count": "-1"}, 400, "value"),
        ({"url": HER2, "count": "many"}, 400, "value"),
        ({"url": HER2, "offset": "1.5"}, 400, "value"),
        ({"url": [HER2, HER2]}, 400, "invalid"),
    ],
)
def test_what_cannot_be_expanded_is_told(client: FlaskClient, base: str, query: Json, status: int, code: str) -> None:
    assert refused(expand(client, base, **query), status).startswith(f"{code}: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"resourceType": "ValueSet"}', b'{"resourceType": 1}'])
def test_a_body_that_is_no_parameters_is_refused(client: FlaskClient, body: bytes) -> None:
    reply = client.post("/fhir/ValueSet/$expand", data=body, content_type="application/fhir+json")
    assert refused(reply, 400).startswith("structure")


def test_a_parameter_that_we_do_not_know_is_left_alone(client: FlaskClient) -> None:
    assert given(expand(client, url=HER2, displayLanguage="en")) == given(expand(client, url=HER2))


def test_in_open_mode_terms_are_had_on_this_machine_only(client: FlaskClient) -> None:
    for address in ("/fhir/ValueSet/her2-tests", f"/fhir/ValueSet/$expand?url={HER2}", "/fhir/CodeSystem"):
        reply = client.get(address, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
        assert refused(reply, 401).startswith("login")


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("", "application/fhir+json", 200),
        ("", "application/json", 200),
        ("", "text/html, */*;q=0.1", 200),
        ("", "application/fhir+json; fhirVersion=4.0", 200),
        ("", "application/fhir+json;q=0.9, application/fhir+xml", 200),
        ("", "application/*", 200),
        ("", "application/json;q=0, text/html", 406),
        ("", "application/fhir+xml", 406),
        ("?_format=json", "application/fhir+xml", 200),
        ("?_format=application/fhir%2Bjson", "*/*", 200),
        ("?_format=application/fhir+json", "*/*", 200),
        ("?_format=xml", "*/*", 406),
    ],
)
@pytest.mark.parametrize("address", ["metadata", "ValueSet/her2-tests"])
def test_json_is_what_is_spoken(client: FlaskClient, address: str, query: str, accept: str, status: int) -> None:
    reply = client.get(f"/fhir/{address}{query}", headers={"Accept": accept})
    assert (reply.status_code, reply.content_type) == (status, "application/fhir+json")


def test_the_page_shows_the_table_of_faults() -> None:
    page = (Path(__file__).parents[2] / "docs" / "dtr.md").read_text(encoding="utf-8")
    table = page.partition("| status | code | when |\n|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == [f"| {one.status} | {one.code} | {one.value[2]} |" for one in Fault]


@pytest.mark.parametrize("base", BASES)
def test_the_libraries_of_the_policies_are_read_and_searched(client: FlaskClient, base: str) -> None:
    every = found(client, "Library", base)
    assert {one["id"] for one in every} == {"Elranatamab", "Margetuximab"}
    for one in every:
        Library.model_validate(one)
        assert given(client.get(f"{base}/Library/{one['id']}")) == one
        assert found(client, "Library", base, url=f"{one['url']}|{one['version']}") == [one]
        assert found(client, "Library", base, url=one["url"], version="2020-01-01") == []
        assert {content["contentType"] for content in one["content"]} == {"text/cql", "application/elm+json"}
        for needed in one["relatedArtifact"]:
            assert given(expand(client, base, url=needed["resource"]))["expansion"]["total"] > 0
