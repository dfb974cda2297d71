"""Who sees the form behind a link, and what a link and a page give away: nothing."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.container import Container
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from cds_service.register.expiry import Sweep
from cds_service.storage.archive import Archive
from cds_service.storage.form_keys import FormKeys, Given, Kind
from cds_service.storage.tables import FORM_KEYS
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, FromNow, key_set, token
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.service.calls import body, order_sign
from tests.world import compose

Json = dict[str, Any]
CALL = body(order_sign())
EHR = {"name": "ehr", "iss": ISSUER, "jku": JKU, "delivery": "both"}
OTHER = {"name": "other", "iss": "https://other.example.org", "jku": "https://other.example.org/jwks.json"}


def composed(policies: Catalogue, **settings: Any) -> Container:
    return compose(convert({"base_url": BASE} | settings, Settings), policies, TODAY, new_engine())


@pytest.fixture(scope="module")
def open_client(policies_on_file: Catalogue) -> FlaskClient:
    return create_app(composed(policies_on_file)).test_client()


@pytest.fixture(scope="module")
def keys() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        net.get("https://other.example.org/jwks.json", body=key_set())
        yield net


@pytest.fixture(scope="module")
def app(policies_on_file: Catalogue, keys: responses.RequestsMock) -> Flask:
    return create_app(composed(policies_on_file, clients=[EHR, OTHER], jti_replay="off"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def signed(jti: str = "sign", url: str = "/cds-services/order-sign-crd") -> dict[str, str]:
    return {"Authorization": f"Bearer {token(aud=f'{BASE}{url}', jti=jti)}"}


def card(client: FlaskClient, headers: Json | None = None, call: bytes = CALL) -> Json:
    reply = client.post("/cds-services/order-sign-crd", data=call, headers=headers)
    assert reply.status_code == 200, reply.data
    return dict(json.loads(reply.data)["cards"][0])


def link(client: FlaskClient, headers: Json | None = None) -> str:
    """Return the path of the link to the form on a card."""
    url = next(one["url"] for one in card(client, headers)["links"] if "/forms/" in one["url"])
    assert url.startswith(f"{BASE}/forms/")
    return urlsplit(url).path


def names_nothing(text: str) -> bool:
    """Whether a text names nobody; what is random in it (43 signs) can hold a short id by chance."""
    text = re.sub(r"[\w-]{43}", "", text)
    return not any(word in text for word in ("Patient/", "p1", "mr1", "argetuximab", "breast"))


def test_each_card_bears_its_own_link_that_says_nothing(open_client: FlaskClient) -> None:
    first, second = link(open_client), link(open_client)
    assert first != second
    assert re.fullmatch(r"/forms/[\w-]{43}", first)
    assert re.fullmatch(r"/forms/[\w-]{43}", second)


def test_system_actions_alone_bear_no_link(policies_on_file: Catalogue) -> None:
    container = composed(policies_on_file, default_delivery="crd")
    reply = create_app(container).test_client().post("/cds-services/order-sign-crd", data=CALL)
    assert b"/forms/" not in reply.data


def test_no_link_where_no_form_is_asked_for(open_client: FlaskClient) -> None:
    ended = order_sign()
    ended["prefetch"]["coverage"]["entry"][0]["resource"]["period"] = {"end": "2026-01-31"}
    assert "/forms/" not in json.dumps(card(open_client, call=body(ended)))


def test_in_open_mode_whoever_sits_at_this_machine_sees_the_form(open_client: FlaskClient) -> None:
    way = link(open_client)
    page, content = open_client.get(way), open_client.get(f"{way}/content")
    assert page.status_code == content.status_code == 200
    assert names_nothing(page.text)
    shown = content.get_json()
    assert shown["about"]["patient"] == "Name not in the call, record p1"
    assert shown["response"]["resourceType"] == "QuestionnaireResponse"
    assert shown["about"]["standing"] == {"open": 8}


@pytest.mark.parametrize("name", ["unknown", "a%0d%0aSet-Cookie: b=c", "%ff", "callback"])
def test_in_open_mode_a_sign_in_with_a_link_that_is_none_leads_nowhere(open_client: FlaskClient, name: str) -> None:
    reply = open_client.post(f"/forms/{name}")
    assert (reply.status_code, "Location" in reply.headers, "Set-Cookie" in reply.headers) == (404, False, False)


def test_in_open_mode_nobody_elsewhere_sees_anything(open_client: FlaskClient) -> None:
    way = link(open_client)
    for path in (way, f"{way}/content", f"{way}/determination"):
        reply = open_client.get(path, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
        assert reply.status_code == 403
        assert names_nothing(reply.text)
    assert open_client.post(way).headers["Location"] == f"{BASE}{way}"


@pytest.mark.parametrize("path", ["/forms/x", "/forms/x/content", "/forms/x/determination"])
def test_what_is_no_link_leads_nowhere(open_client: FlaskClient, path: str) -> None:
    reply = open_client.get(path)
    assert reply.status_code == 404
    assert "does not lead to a form" in reply.text


def test_a_link_expires(policies_on_file: Catalogue) -> None:
    container = composed(policies_on_file, form_link_minutes=10)
    client = create_app(container).test_client()
    way = link(client)
    assert isinstance(container.archive, Archive)
    begun, name = datetime.now(UTC), way.removeprefix("/forms/")

    def after(minutes: int) -> FormKeys:
        return FormKeys(engine, lambda: begun + timedelta(minutes=minutes))

    engine = container.archive.engine
    assert after(9).find(Kind.LINK, name) is not None
    assert after(11).find(Kind.LINK, name) is None
    Sweep().run_if_due(engine, begun + timedelta(minutes=11))
    assert after(9).find(Kind.LINK, name) is None, "what has expired is forgotten"


def test_a_key_of_one_kind_is_none_of_another_and_is_not_kept_as_it_is(policies_on_file: Catalogue) -> None:
    container = composed(policies_on_file)
    assert isinstance(container.archive, Archive)
    keys = FormKeys(container.archive.engine)
    key = keys.give(Given(Kind.LAUNCH, None, {"iss": "https://ehr.example.org/fhir"}), 10)
    assert keys.find(Kind.LINK, key) is None
    found = keys.use(Kind.LAUNCH, key)
    assert found is not None
    assert found.context == {"iss": "https://ehr.example.org/fhir"}
    assert keys.use(Kind.LAUNCH, key) is None, "it serves once"
    kept = keys.give(Given(Kind.VISIT, None), 10)
    with container.archive.engine.connect() as connection:
        rows = connection.execute(FORM_KEYS.select()).all()
    assert len(rows) == 1
    assert kept not in str(rows)


def test_a_registered_reader_signs_in_by_a_token_of_its_client(client: FlaskClient) -> None:
    way = link(client, signed())
    asked = client.get(way)
    assert asked.status_code == 401
    assert names_nothing(asked.text)
    assert client.get(f"{way}/content").status_code == 401
    assert client.get(f"{way}/determination").status_code == 401
    reply = client.post(way, headers=signed("visit", way), base_url=BASE)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{BASE}{way}")
    cookie = reply.headers["Set-Cookie"]
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", f"Path={way}", "Max-Age=3600"))
    assert client.get(f"{way}/content", base_url=BASE).status_code == 200
    assert client.get(way, base_url=BASE).status_code == 200


def test_a_browser_posts_the_token_as_a_field(client: FlaskClient) -> None:
    way = link(client, signed())
    reply = client.post(way, data={"token": token(aud=f"{BASE}{way}", jti="field")})
    assert reply.status_code == 303


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": f"{BASE}/cds-services/order-sign-crd"}, "another address"),
        ({"exp": FromNow(-900), "iat": FromNow(-1000)}, "expired"),
        ({"iss": "https://nobody.example.org"}, "no registered client"),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(client: FlaskClient, changes: Json, said: str) -> None:
    way = link(client, signed())
    reply = client.post(way, data={"token": token(**({"aud": f"{BASE}{way}"} | changes))})
    assert reply.status_code == 401
    assert said in reply.text
    assert "Set-Cookie" not in reply.headers
    assert client.post(way).status_code == 401


def test_another_clients_reader_finds_nothing(client: FlaskClient) -> None:
    way = link(client, signed())
    bearer = token(aud=f"{BASE}{way}", iss="https://other.example.org", jti="o", header={"jku": None})
    reply = client.post(way, headers={"Authorization": f"Bearer {bearer}"})
    assert reply.status_code == 404
    assert "Set-Cookie" not in reply.headers


def test_a_visit_to_one_form_opens_no_other(client: FlaskClient) -> None:
    way = link(client, signed())
    key = client.post(way, headers=signed("visit", way)).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    other = order_sign(context=order_sign()["context"] | {"patientId": "p1"}, fhirServer="https://b.example.org/fhir")
    second = urlsplit(card(client, signed("second"), body(other))["links"][-1]["url"]).path
    client.set_cookie("form_visit", key, path=second, domain="cds.example.org")
    assert client.get(f"{second}/content", base_url=BASE).status_code == 401
    client.set_cookie("form_visit", way.removeprefix("/forms/"), path=way, domain="cds.example.org")
    assert client.get(f"{way}/content", base_url=BASE).status_code == 401


def test_every_answer_is_guarded(open_client: FlaskClient) -> None:
    way = link(open_client)
    for path in (way, f"{way}/content", f"{way}/determination", "/forms/x"):
        headers = open_client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"


def test_named_origins_may_show_the_page_in_a_frame(policies_on_file: Catalogue, keys: responses.RequestsMock) -> None:
    settings = {"clients": [EHR], "form_frame_origins": ["https://ehr.example.org"]}
    client = create_app(composed(policies_on_file, **settings)).test_client()
    way = link(client, signed())
    reply = client.post(way, headers=signed("visit", way))
    assert "frame-ancestors https://ehr.example.org" in reply.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in reply.headers
    assert all(part in reply.headers["Set-Cookie"] for part in ("SameSite=None", "Secure", "Partitioned"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDS_FORM_LINK_MINUTES", "0"),
        ("CDS_FORM_FRAME_ORIGINS", "ehr.example.org"),
        ("CDS_FORM_FRAME_ORIGINS", "https://ehr.example.org/path"),
        ("CDS_FORM_FRAME_ORIGINS", "http://ehr.example.org"),
    ],
)
def test_settings_of_the_page_are_checked(name: str, value: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError, match=name.removeprefix("CDS_").lower()):
        load({name: value}, tmp_path)
