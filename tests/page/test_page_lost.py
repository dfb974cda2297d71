"""An address that is none, in a browser: a page that leads on, in the reader's language; programs hear as ever."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from flask.testing import FlaskClient

import cds_service
from cds_service.app.container import Container
from cds_service.application import create_app
from cds_service.database.transactions import StoreError
from hooks.protocol.errors import ForbiddenError, Issue, UnauthorizedError


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


def raising(error: Exception) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


FAILING: Mapping[str, tuple[Exception, int, str, str]] = MappingProxyType(
    {
        "broken": (RuntimeError("a value of a chart"), 500, "The fault is ours", "La falla es nuestra"),
        "stalled": (StoreError("locked", passing=True), 503, "cannot answer at the moment", "no puede responder"),
        "kept-out": (UnauthorizedError([Issue("a token is needed")]), 401, "to administrators", "a administradores"),
        "forbidden": (ForbiddenError([Issue("a scope lacks")]), 403, "may not see this", "no puede ver esto"),
    }
)


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_is_a_page_to_a_browser_and_an_outcome_to_a_program(container: Container, name: str) -> None:
    error, status, english, spanish = FAILING[name]
    app = create_app(container)
    app.add_url_rule(f"/{name}", name, raising(error))
    client = app.test_client()
    for language, told in (("en", english), ("es", spanish)):
        found = client.get(f"/{name}", headers={"Accept": BROWSER, "Accept-Language": language})
        assert (found.status_code, found.mimetype) == (status, "text/html")
        assert told in found.text
        assert "a value of a chart" not in found.text
    program = client.get(f"/{name}")
    assert (program.status_code, program.get_json()["resourceType"]) == (status, "OperationOutcome")
    assert found.headers.get("Retry-After") == program.headers.get("Retry-After")
    assert found.headers.get("WWW-Authenticate") == program.headers.get("WWW-Authenticate")


PAGES_OF_AXE = frozenset(
    {
        *("api.html", "api_viewer.html", "impact.html", "lost.html", "policies.html", "policy.html", "try.html"),
        *(f"forms/{one}.html" for one in ("choose", "determination", "form", "plain", "refused", "sign_in")),
        *(f"review/{one}.html" for one in ("case", "decided", "letter", "list", "sign_in", "signed_in")),
    }
)
"""The pages that axe looks at (`test_page_reach`)."""
PARTS = frozenset({"base.html", "forms/frame.html", "review/frame.html", "review/who.html"})


def test_a_new_page_is_one_that_axe_looks_at() -> None:
    folder = Path(cds_service.__file__).parent / "templates"
    every = {one.relative_to(folder).as_posix() for one in folder.rglob("*.html") if one.parent.name != "parts"}
    assert every == PAGES_OF_AXE | PARTS
