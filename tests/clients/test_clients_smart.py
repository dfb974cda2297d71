"""SMART Backend Services through the real application: tokens, scopes, and whose determinations a token sees."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.clients.scopes import Need, allows, granted
from cds_service.storage.access_tokens import SqlAccessTokens
from cds_service.storage.tables import ACCESS_TOKENS
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, FromNow, key_set, token
from tests.conftest import TODAY
from tests.dtr.packages import parameters
from tests.service.calls import body, order_sign
from tests.world import compose, store

Json = dict[str, Any]
URL = f"{BASE}/oauth/token"
OTHER = "https://other.example.org/cds-client"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PACKAGE = "/fhir/Questionnaire/$questionnaire-package"
EVERYTHING = "system/*.cruds"
SETTINGS = {
    "base_url": BASE,
    "clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}, {"name": "other", "iss": OTHER, "jku": JKU}],
}
_USES = iter(range(1, 10**6))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = store()
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def served(policies_on_file: Catalogue, engine: Engine) -> FlaskClient:
    container = compose(convert(SETTINGS, Settings), policies_on_file, TODAY, engine, "an-admin-token")
    return create_app(container).test_client()


@pytest.fixture
def client(served: FlaskClient) -> Iterator[FlaskClient]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield served


def assertion(iss: str = ISSUER, **changes: Any) -> str:
    told = {"iss": iss, "sub": iss, "aud": URL, "jti": f"use-{next(_USES)}", "iat": None} | changes
    return token(**told)


def asked(client: FlaskClient, scope: str = EVERYTHING, **changes: str) -> TestResponse:
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "scope": scope}
    signed = {} if "client_assertion" in changes else {"client_assertion": assertion()}
    return client.post("/oauth/token", data=form | signed | changes)


def given(client: FlaskClient, scope: str = EVERYTHING, iss: str = ISSUER) -> str:
    reply = asked(client, scope, client_assertion=assertion(iss))
    assert reply.status_code == 200, reply.text
    return str(reply.get_json()["access_token"])


def called(client: FlaskClient, bearer: str, url: str, content: Json | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return client.get(url, headers=headers) if content is None else client.post(url, json=content, headers=headers)


def signed(client: FlaskClient, iss: str) -> str:
    """Sign an order as one of the clients, and return the assertion id."""
    address = "/cds-services/order-sign-crd"
    content = body(order_sign(extension={"davinci-crd.requestedVersion": "2.0"}))
    bearer = token(iss=iss, aud=BASE + address, jti=f"use-{next(_USES)}")
    reply = client.post(address, data=content, headers={"Authorization": f"Bearer {bearer}"})
    (ours,) = reply.get_json()["systemActions"][0]["resource"]["extension"]
    return str(next(one["valueString"] for one in ours["extension"] if one["url"] == "coverage-assertion-id"))


def about(name: str) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]}


@pytest.mark.requirement("dtr22.spec-120")
def test_a_client_gets_a_token_that_holds_five_minutes_at_most(client: FlaskClient) -> None:
    reply = asked(client, "system/Questionnaire.rs system/Patient.rs")
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    told = reply.get_json()
    assert (told["token_type"], told["scope"], told["expires_in"]) == ("Bearer", "system/Questionnaire.rs", 300)
    assert len(told["access_token"]) > 40
    assert called(client, told["access_token"], "/fhir/Questionnaire").status_code == 200


def test_the_well_known_document_tells_where(client: FlaskClient) -> None:
    for base in ("/fhir", "/fhir/dtr/2.0.1"):
        told = client.get(f"{base}/.well-known/smart-configuration").get_json()
        assert told["token_endpoint"] == URL
        assert told["grant_types_supported"] == ["client_credentials"]
        assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
        assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES384", "RS384"]
        assert "client-confidential-asymmetric" in told["capabilities"]
        for scope in told["scopes_supported"]:
            assert asked(client, scope).get_json()["scope"] == scope
        stated = client.get(f"{base}/metadata").get_json()["rest"][0]["security"]
        assert URL in stated["description"]
        assert "extension" not in stated
        assert stated["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"aud": f"{BASE}/fhir"}, "invalid_client", "another address"),
        ({"exp": FromNow(-3600)}, "invalid_client", "expired"),
        ({"exp": FromNow(1000)}, "invalid_client", "more than 300 seconds"),
        ({"sub": OTHER}, "invalid_client", "subject"),
        ({"sub": None}, "invalid_client", "lacks sub"),
        ({"jti": None}, "invalid_client", "lacks jti"),
        ({"iss": "https://stranger.example.org", "sub": "https://stranger.example.org"}, "invalid_client", "no reg"),
        ({"header": {"kid": "other"}}, "invalid_client", "kid"),
        ({"header": {"kid": 'a"b\\c'}}, "invalid_client", "kid"),
        ({"header": {"kid": "a\r\nSet-Cookie: b=c"}}, "invalid_client", "kid"),
        ({"header": {"kid": "schl\u00fcssel"}}, "invalid_client", "kid"),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused(client: FlaskClient, changes: Json, code: str, said: str) -> None:
    reply = asked(client, client_assertion=assertion(**changes))
    assert (reply.status_code, reply.get_json()["error"]) == (400, code)
    assert said in reply.get_json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": 'a"\u00fc\r\nb'}, "unsupported_grant_type"),
        ({"client_assertion_type": ""}, "invalid_client"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": 'a"\u00fc\r\nb'}, "invalid_scope"),
        ({"scope": "system/Patient.rs openid"}, "invalid_scope"),
        ({"scope": "user/Questionnaire.rs"}, "invalid_scope"),
    ],
)
def test_a_request_that_is_none_gets_no_token(client: FlaskClient, changes: dict[str, str], code: str) -> None:
    reply = asked(client, **changes)
    assert (reply.status_code, reply.get_json()["error"]) == (400, code)


def test_a_client_without_assertion_but_with_a_secret_gets_no_token(client: FlaskClient) -> None:
    reply = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(ISSUER, "secret"))
    assert (reply.status_code, reply.get_json()["error"]) == (400, "invalid_client")


def test_an_assertion_serves_once(client: FlaskClient) -> None:
    used = assertion()
    assert asked(client, client_assertion=used).status_code == 200
    again = asked(client, client_assertion=used)
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_client")
    assert "used before" in again.get_json()["error_description"]


@pytest.mark.requirement("dtr22.spec-120")
@pytest.mark.parametrize("bearer", ["", "unknown", "x" * 5000])
@pytest.mark.parametrize(
    "url", ["/fhir/Questionnaire", "/fhir/dtr/2.0.1/ValueSet/her2-tests", "/fhir/ValueSet/$expand"]
)
def test_without_a_token_nothing_is_had(client: FlaskClient, bearer: str, url: str) -> None:
    reply = called(client, bearer, url)
    assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (reply.content_type, reply.get_json()["issue"][0]["code"]) == ("application/fhir+json", "login")


def test_the_capability_statement_needs_no_token(client: FlaskClient) -> None:
    assert client.get("/fhir/metadata").status_code == client.get("/fhir/dtr/2.0.1/metadata").status_code == 200


CALLS = [
    ("system/Questionnaire.s", "/fhir/Questionnaire", None),
    ("system/Questionnaire.r", "/fhir/Questionnaire/margetuximab-initial", None),
    ("system/Questionnaire.r", PACKAGE, {"resourceType": "Parameters"}),
    ("system/Questionnaire.r", "/fhir/Questionnaire/$next-question", {"resourceType": "Parameters"}),
    ("system/Questionnaire.r", "/fhir", {"resourceType": "Parameters"}),
    ("system/Questionnaire.r", "/fhir/Questionnaire/$log-questionnaire-errors", {"resourceType": "Parameters"}),
    ("system/Library.r", "/fhir/Library/Margetuximab", None),
    ("system/Library.s", "/fhir/dtr/2.0.1/Library", None),
    ("system/ValueSet.r", f"/fhir/ValueSet/$expand?url={BASE}/fhir/ValueSet/ecog-tests", None),
    ("system/ValueSet.s", "/fhir/ValueSet?_id=ecog-tests", None),
    ("system/CodeSystem.r", "/fhir/CodeSystem/answers", None),
    ("system/QuestionnaireResponse.c", "/fhir/QuestionnaireResponse", {"resourceType": "QuestionnaireResponse"}),
    ("system/QuestionnaireResponse.r", "/fhir/QuestionnaireResponse/none", None),
]


@pytest.mark.requirement("dtr22.spec-120")
@pytest.mark.parametrize(("scope", "url", "content"), CALLS)
def test_a_token_serves_for_what_its_scope_says_and_for_nothing_else(
    client: FlaskClient, scope: str, url: str, content: Json | None
) -> None:
    others = " ".join(f"system/{kind}.{letter}" for kind, letter in _offered() if f"system/{kind}.{letter}" != scope)
    assert called(client, given(client, scope), url, content).status_code not in {401, 403}
    refused = called(client, given(client, others), url, content)
    assert (refused.status_code, refused.get_json()["issue"][0]["code"]) == (403, "forbidden")
    assert scope in refused.get_json()["issue"][0]["details"]["text"]


def _offered() -> Iterator[tuple[str, str]]:
    for kind in ("Questionnaire", "ValueSet", "CodeSystem", "Library"):
        yield from ((kind, "r"), (kind, "s"))
    yield from (("QuestionnaireResponse", "c"), ("QuestionnaireResponse", "r"))


@pytest.mark.parametrize(
    ("asked_for", "given_scopes"),
    [
        ("system/Questionnaire.read", ("system/Questionnaire.rs",)),
        ("system/questionnaire.rs", ()),
        (
            "system/*.r",
            tuple(
                f"system/{one}.r"
                for one in ("Questionnaire", "ValueSet", "CodeSystem", "Library", "Claim", "Subscription")
            ),
        ),
        ("system/QuestionnaireResponse.write", ("system/QuestionnaireResponse.c",)),
        ("system/ValueSet.*", ("system/ValueSet.rs",)),
        ("system/ValueSet.", ()),
        ("system/ValueSet.sr", ()),
        ("system/ValueSet.d", ()),
    ],
)
def test_older_scopes_and_wildcards_are_understood(asked_for: str, given_scopes: tuple[str, ...]) -> None:
    found = granted(asked_for)
    assert tuple(one for one in found if not one.startswith("system/QuestionnaireResponse.r")) == given_scopes
    for one in found:
        kind, _, letters = one.removeprefix("system/").partition(".")
        assert all(allows(found, Need(kind, letter)) for letter in letters)


def test_a_token_never_sees_what_another_client_caused(client: FlaskClient) -> None:
    name = signed(client, ISSUER)
    own, foreign = given(client), given(client, iss=OTHER)
    assert called(client, own, PACKAGE, about(name)).status_code == 200
    unknown = called(client, own, PACKAGE, about("no-such-determination"))
    refused = called(client, foreign, PACKAGE, about(name))
    assert (refused.status_code, refused.get_json()) == (unknown.status_code, unknown.get_json())
    bundle = parameters(called(client, own, PACKAGE, about(name)).get_json())[0]["resource"]
    response = bundle["entry"][1]["resource"]
    assert called(client, foreign, "/fhir/QuestionnaireResponse", response).status_code == 422
    adaptive = response | {"questionnaire": response["questionnaire"].replace("|", "-adaptive|"), "item": []}
    next_question = "/fhir/Questionnaire/$next-question"
    assert called(client, own, next_question, adaptive).status_code == 200
    assert called(client, foreign, next_question, adaptive).status_code == 422
    kept = called(client, own, "/fhir/QuestionnaireResponse", response)
    assert kept.status_code == 201
    address = kept.headers["Location"].removeprefix(BASE)
    assert called(client, own, address).status_code == 200
    assert called(client, foreign, address).status_code == 404


def test_the_signature_of_hooks_and_the_token_of_an_administrator_are_taken_too(client: FlaskClient) -> None:
    own = token(iss=ISSUER, aud=f"{BASE}/fhir/Questionnaire", jti=f"use-{next(_USES)}")
    assert called(client, own, "/fhir/Questionnaire").status_code == 200
    assert called(client, "an-admin-token", "/fhir/Questionnaire").status_code == 200
    assert called(client, token(aud=f"{BASE}/elsewhere"), "/fhir/Questionnaire").status_code == 401


def test_an_access_token_is_no_key_to_the_hooks(client: FlaskClient) -> None:
    assert called(client, given(client), "/cds-services/order-sign-crd", order_sign()).status_code == 401


def test_a_token_expires_and_is_forgotten(client: FlaskClient, engine: Engine) -> None:
    bearer = given(client)
    tokens = SqlAccessTokens(engine)
    late = SqlAccessTokens(engine, lambda: tokens.now() + timedelta(seconds=301))
    soon = SqlAccessTokens(engine, lambda: tokens.now() + timedelta(seconds=290))
    assert soon.find(bearer) is not None
    assert late.find(bearer) is None
    late.keep("a-new-one", ISSUER, ("system/ValueSet.r",))
    assert tokens.find(bearer) is None
    assert tokens.find("a-new-one") is not None


def test_tokens_outlive_a_restart_and_serve_every_replica(
    client: FlaskClient, policies_on_file: Catalogue, engine: Engine
) -> None:
    bearer = given(client)
    replica = create_app(compose(convert(SETTINGS, Settings), policies_on_file, TODAY, engine)).test_client()
    assert called(replica, bearer, "/fhir/Questionnaire").status_code == 200


def test_a_client_that_is_registered_no_more_loses_its_tokens(
    client: FlaskClient, policies_on_file: Catalogue, engine: Engine
) -> None:
    bearer = given(client, iss=OTHER)
    fewer = SETTINGS | {"clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}]}
    replica = create_app(compose(convert(fewer, Settings), policies_on_file, TODAY, engine)).test_client()
    assert called(replica, bearer, "/fhir/Questionnaire").status_code == 401


def test_no_token_is_kept_or_logged_as_it_is(
    client: FlaskClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        used = assertion()
        bearer = str(asked(client, client_assertion=used).get_json()["access_token"])
        asked(client, client_assertion=used)
        called(client, f"{bearer}x", "/fhir/Questionnaire")
    with engine.connect() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.execute(select(ACCESS_TOKENS))])
    assert bearer not in kept
    assert bearer not in caplog.text
    assert used not in caplog.text


def test_a_page_of_an_allowed_origin_may_ask_without_a_token_what_it_may_send(
    policies_on_file: Catalogue, engine: Engine
) -> None:
    origin = "https://app.example.org"
    container = compose(convert(SETTINGS | {"cors_origins": [origin]}, Settings), policies_on_file, TODAY, engine)
    browser = create_app(container).test_client()
    for address in (PACKAGE, "/fhir/ValueSet/$expand", "/fhir/Questionnaire/$next-question", "/oauth/token"):
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        asks["Access-Control-Request-Headers"] = "authorization, content-type"
        reply = browser.options(address, headers=asks)
        assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (200, origin)
        assert "authorization" in reply.headers["Access-Control-Allow-Headers"].lower()


def test_while_nobody_is_registered_there_are_no_tokens(container: Any) -> None:
    opened = create_app(container).test_client()
    assert opened.post("/oauth/token").status_code == 404
    assert opened.get("/fhir/.well-known/smart-configuration").status_code == 404
    assert "service" not in opened.get("/fhir/metadata").get_json()["rest"][0]["security"]
