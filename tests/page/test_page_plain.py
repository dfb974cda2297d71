"""The form in plain HTML: for browsers without a script, and where LHC-Forms is not installed."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.form_page import renderer_routes
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.page.test_page_answers import kept, of_sample, origins
from tests.page.test_page_links import BASE
from tests.world import compose

LINES = {"prior_anti_her2_therapies": "5", "prior_anti_her2_therapies_metastatic": "3", "prior_lines_advanced": "3"}
ANSWERS = LINES | {
    "breast_cancer": "true",
    "disease_extent": "metastatic",
    "her2_ihc_score": "2+",
    "her2_ish_result": "positive",
    "combination_partner": "eribulin",
    "author": "A. Example, oncologist",
}


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def sent(client: FlaskClient, way: str, fields: dict[str, Any], origin: str = BASE) -> TestResponse:
    return client.post(f"{way}/plain", data=fields, headers={"Origin": origin}, content_type="multipart/form-data")


def test_an_installation_without_the_renderer_shows_the_plain_form(
    container: Container, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = of_sample(client, "05")
    monkeypatch.setattr(renderer_routes, "RENDERER", "nowhere/lhc-forms.js")
    text = create_app(container).test_client().get(way).text
    assert "<script" not in text
    assert 'name="her2_ihc_score" value="2+" checked' in text
    assert "Stage: M1 · Aug 19, 2024" in text
    assert "Observation/" not in text


def test_plain_answers_go_the_same_way(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "05")
    reply = sent(client, way, ANSWERS)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{BASE}{way}/determination")
    found = origins(kept(container, client, way)[0])
    assert found["her2_ish_result"] == ("manual", "A. Example, oncologist")
    assert found["disease_extent"][1] == ""
    assert "support every criterion" in client.get(f"{way}/determination").text


def test_a_document_is_attached(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "06")
    text = client.get(f"{way}?plain").text
    name = text.partition('<input type="file" multiple name="')[2].partition('"')[0]
    assert name
    file = (io.BytesIO(b"%PDF-1.7"), "note.pdf", "application/pdf")
    reply = sent(client, way, {"author": "A. Example", "save": "yes", name: file})
    assert reply.status_code == 303
    attachment = next(one for one in items(kept(container, client, way)[0]["item"]) if one["linkId"] == name)
    value = attachment["answer"][0]["valueAttachment"]
    assert value == {"contentType": "application/pdf", "title": "note.pdf", "data": "JVBERi0xLjc="}


def items(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for each in found for one in (each, *items(each.get("item", [])))]


def test_what_is_wrong_is_shown_beside_what_was_typed(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "02")
    reply = sent(client, way, ANSWERS | {"disease_extent": "", "prior_lines_advanced": "-1", "her2_ihc_score": "9+"})
    assert reply.status_code == 422
    for name in ("prior_lines_advanced", "her2_ihc_score"):
        assert f'<a href="#{name}">' in reply.text
    assert 'value="-1"' in reply.text
    assert 'value="A. Example, oncologist"' in reply.text
    open_one = sent(client, way, ANSWERS | {"disease_extent": ""})
    assert "What is the extent of the breast cancer today? (is required, and not answered)" in open_one.text
    assert "please say who answers" in sent(client, way, ANSWERS | {"author": " "}).text
    assert kept(container, client, way) == []


def test_a_plain_form_of_another_site_is_refused(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "05")
    for origin in ("https://evil.example.org", "null", ""):
        assert sent(client, way, ANSWERS, origin).status_code == 403
    assert kept(container, client, way) == []
