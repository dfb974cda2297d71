"""Two replicas on one database, and single tables that fail: a token counts once, and no fault is a 500."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import Engine, text

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.asgi import front_of
from cds_service.storage.engine import open_engine
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, FromNow, key_set, token
from tests.conftest import TODAY
from tests.databases import new_url
from tests.service.calls import body, order_sign

SIGN = "/cds-services/order-sign-crd"
TOKEN = "/oauth/token"
CALL = body(order_sign())


@pytest.fixture
def keys() -> Iterator[None]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    url = new_url(tmp_path)
    opened = open_engine(url), open_engine(url)
    yield opened
    for one in opened:
        one.dispose()


def registered(policies: Catalogue, engine: Engine, **settings: Any) -> Container:
    made = {"base_url": BASE, "clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}]} | settings
    return compose(convert(made, Settings), policies, TODAY, engine)


def replica(policies: Catalogue, engine: Engine, **settings: Any) -> FlaskClient:
    return create_app(registered(policies, engine, **settings)).test_client()


def assertion(**changes: Any) -> dict[str, str]:
    signed = token(**({"aud": BASE + TOKEN, "sub": ISSUER, "exp": FromNow(200)} | changes))
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    asked = {"grant_type": "client_credentials", "scope": "system/Questionnaire.rs"}
    return asked | {"client_assertion_type": kind, "client_assertion": signed}


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("replay", "again"), [("body", CALL), ("strict", CALL.replace(b"dr1", b"dr2"))])
def test_a_token_that_one_replica_took_is_refused_by_the_other(
    policies_on_file: Catalogue, engines: tuple[Engine, Engine], replay: str, again: bytes
) -> None:
    one, two = (replica(policies_on_file, each, jti_replay=replay) for each in engines)
    headers = {"Authorization": f"Bearer {token()}"}
    assert one.post(SIGN, data=CALL, headers=headers).status_code == 200
    assert two.post(SIGN, data=again, headers=headers).status_code == 401
    assert one.post(SIGN, data=again, headers=headers).status_code == 401


@pytest.mark.usefixtures("keys")
def test_an_assertion_buys_one_access_token_of_all_replicas(
    policies_on_file: Catalogue, engines: tuple[Engine, Engine]
) -> None:
    one, two = (replica(policies_on_file, each) for each in engines)
    given = assertion()
    bought = one.post(TOKEN, data=given)
    assert bought.status_code == 200
    assert two.post(TOKEN, data=given).get_json()["error"] == "invalid_client"
    bearer = {"Authorization": f"Bearer {bought.get_json()['access_token']}"}
    assert two.get("/fhir/Questionnaire", headers=bearer).status_code == 200, "the other replica knows it"


@pytest.mark.usefixtures("keys")
def test_an_assertion_whose_use_cannot_be_noted_is_a_503(
    policies_on_file: Catalogue, engines: tuple[Engine, Engine]
) -> None:
    client = replica(policies_on_file, engines[0])
    without(engines[1], "used_tokens")
    told = client.post(TOKEN, data=assertion())
    assert (told.status_code, told.get_json()["issue"][0]["code"]) == (503, "transient")
    assert told.headers["Retry-After"]
    signed = token(aud=f"{BASE}/determinations/x")
    assert client.get("/determinations/x", headers={"Authorization": f"Bearer {signed}"}).status_code == 503


def without(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {table}"))


@pytest.mark.usefixtures("keys")
def test_the_front_answers_for_a_store_that_fails(policies_on_file: Catalogue, engines: tuple[Engine, Engine]) -> None:
    """Whose access token it is is asked before the body is read, by the front itself."""
    container = registered(policies_on_file, engines[0])
    front = front_of(container, create_app(container))
    without(engines[1], "access_tokens")
    came: list[dict[str, Any]] = []

    async def asked() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            came.append(dict(message))

        await front(scope("/fhir/Questionnaire", authorization="Bearer unknown"), receive, send)

    asyncio.run(asked())
    status, headers = came[0]["status"], dict(came[0]["headers"])
    assert (status, headers[b"retry-after"], headers[b"connection"]) == (503, b"5", b"close")
    assert json.loads(came[1]["body"])["issue"][0]["code"] == "transient"


def scope(path: str, **headers: str) -> dict[str, Any]:
    named = {"host": "cds.example.org"} | headers
    heads = [(name.encode(), value.encode()) for name, value in named.items()]
    asked = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    return asked | {"headers": heads, "client": ("127.0.0.1", 1), "http_version": "1.1", "scheme": "http"}


def test_a_form_page_says_in_html_that_the_store_fails(
    policies_on_file: Catalogue, engines: tuple[Engine, Engine]
) -> None:
    client = create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, engines[0])).test_client()
    without(engines[1], "form_keys")
    for path in ("/forms/x", "/forms/x/determination"):
        told = client.get(path, headers={"Accept": "text/html,*/*"})
        assert (told.status_code, told.mimetype, "Retry-After" in told.headers) == (503, "text/html", True)
        assert "cannot be reached at the moment" in told.text
    script = client.get("/forms/x/content", headers={"Accept": "application/json"})
    assert (script.status_code, script.get_json()["issue"][0]["code"]) == (503, "transient")
