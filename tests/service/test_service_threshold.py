"""A browser on the tester's machine: which pages may call, by which names the service answers, what bodies may be."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.clients.signing import ISSUER, JKU
from tests.conftest import TODAY
from tests.service.calls import body, order_sign
from tests.world import store

URL = "/cds-services/order-sign-crd"
CALL = body(order_sign())
DATA = ["/cds-services", "/fhir/metadata", "/determinations/x", "/metrics", "/fhir/Questionnaire"]


@pytest.fixture(scope="module")
def services(policies_on_file: Catalogue) -> Iterator[dict[str, FlaskClient]]:
    """An open service, one that lets a page of elsewhere call, and one with a client and its page."""
    named = {"cors_origins": ["https://tester.example.org"], "allowed_hosts": ["cds.internal"]}
    registered = {"name": "ehr", "iss": ISSUER, "jku": JKU, "origins": ["https://ehr.example.org"]}
    made = {"open": {}, "named": named, "clients": {"clients": [registered]}}
    engine = store()
    yield {
        name: create_app(
            compose(convert(given | {"base_url": "https://cds.example.org"}, Settings), policies_on_file, TODAY, engine)
        ).test_client()
        for name, given in made.items()
    }
    engine.dispose()


@pytest.mark.parametrize(
    "media", ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("path", [URL, f"{URL}/feedback", "/fhir/QuestionnaireResponse", "/fhir/ValueSet/$expand"])
def test_what_a_page_can_send_without_being_asked_is_no_call(
    services: dict[str, FlaskClient], media: str, path: str
) -> None:
    assert services["open"].post(path, data=CALL, content_type=media).status_code == 415


@pytest.mark.parametrize("media", ["application/json", "application/fhir+json", "Application/JSON; charset=utf-8"])
def test_json_is_taken(services: dict[str, FlaskClient], media: str) -> None:
    assert services["open"].post(URL, data=CALL, content_type=media).status_code == 200


ORIGINS = [
    ("open", "https://elsewhere.example.org", False),
    ("open", "null", False),
    ("open", "http://localhost:4434", True),
    ("open", "http://127.0.0.1:3000", True),
    ("open", "http://[::1]:9", True),
    ("open", "http://localhost.evil.example.org", False),
    ("open", "http://127.0.0.1.evil.example.org", False),
    ("open", "https://cds.example.org", True),
    ("named", "https://tester.example.org", True),
    ("named", "https://tester.example.org.evil.example.org", False),
    ("clients", "https://ehr.example.org", True),
    ("clients", "http://localhost:4434", False),
    ("clients", "https://tester.example.org", False),
]


@pytest.mark.parametrize(("service", "origin", "allowed"), ORIGINS)
def test_pages_call_from_allowed_origins_only(
    services: dict[str, FlaskClient], service: str, origin: str, allowed: bool
) -> None:
    cross = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    for path in ("/cds-services", "/fhir/metadata"):
        reply = services[service].get(path, headers=cross, base_url="https://cds.example.org")
        assert reply.status_code == (200 if allowed else 403)
        if allowed and origin != "https://cds.example.org":
            assert reply.headers["Access-Control-Allow-Origin"] == origin
    asked = cross | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert services[service].options(URL, headers=asked).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_gets_nothing(services: dict[str, FlaskClient], path: str, site: str) -> None:
    assert services["open"].get(path, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert services["open"].get(path, headers={"Sec-Fetch-Site": "none"}).status_code in {200, 404}


def test_a_person_comes_to_a_page_of_ours_by_a_link_from_anywhere(services: dict[str, FlaskClient]) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert services["open"].get("/policies", headers=link).status_code == 200


HOSTS = [
    ("open", "localhost:8000", True),
    ("open", "127.0.0.1", True),
    ("open", "[::1]:8000", True),
    ("open", "cds.example.org", True),
    ("open", "CDS.example.org:443", True),
    ("open", "rebound.example.org", False),
    ("open", "localhost.rebound.example.org", False),
    ("open", "", False),
    ("open", "192.168.1.7:8000", False),
    ("named", "cds.internal:8080", True),
]


@pytest.mark.parametrize(("service", "host", "allowed"), HOSTS)
def test_a_name_that_is_not_ours_is_not_answered(
    services: dict[str, FlaskClient], service: str, host: str, allowed: bool
) -> None:
    for path in ("/cds-services", "/determinations/x", "/policies"):
        status = services[service].get(path, headers={"Host": host}).status_code
        assert (status != 421) is allowed
    assert services[service].get("/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", [*DATA, "/nothing", "/health/ready"])
def test_answers_with_data_are_not_kept_and_not_guessed_at(services: dict[str, FlaskClient], path: str) -> None:
    headers = services["open"].get(path).headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_a_control_character_in_an_address_is_nowhere(services: dict[str, FlaskClient]) -> None:
    assert services["open"].get("/determinations/a%00b").status_code == 404
