"""An address that is none, in a browser: a page that leads on, in the reader's language; programs hear as ever."""

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("language", "title"), [("en-US", "Nothing is at this address"), ("es-PR", "No hay nada en esta")]
)
def test_a_browser_gets_a_page_in_its_language(client: FlaskClient, language: str, title: str) -> None:
    found = client.get("/nowhere", headers={"Accept": BROWSER, "Accept-Language": language})
    assert (found.status_code, found.mimetype) == (404, "text/html")
    assert title in found.text
    assert '<a href="/policies">' in found.text
    assert "script" not in found.headers["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/fhir+json, */*;q=0.1"])
@pytest.mark.parametrize("address", ["/nowhere", "/fhir/nowhere", "/policies/nothing"])
def test_a_program_gets_an_outcome(client: FlaskClient, accept: str, address: str) -> None:
    found = client.get(address, headers={"Accept": accept} if accept else {})
    assert found.status_code == 404
    assert found.get_json()["resourceType"] == "OperationOutcome"


def test_a_page_that_is_only_posted_to_says_so_to_a_browser(client: FlaskClient) -> None:
    found = client.get("/forms/none/plain", headers={"Accept": BROWSER})
    assert (found.status_code, found.mimetype) == (405, "text/html")
    assert "This was not answered (405)" in found.text
    assert client.get("/fhir/nowhere", headers={"Accept": BROWSER}).mimetype == "application/fhir+json"
    assert client.post("/nowhere", headers={"Accept": BROWSER}).mimetype == "application/json"
