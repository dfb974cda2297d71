"""Calls of registered clients through the real application: who is let in, and what a refusal says."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest
import responses
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.clients.client_assertions import Presented, TokenError
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, SERVICE, FromNow, claims, key, key_set, public, token
from tests.conftest import TODAY
from tests.service.calls import body, order_sign, replaced
from tests.world import compose, store

URL = "/cds-services/order-sign-crd"
CALL = body(order_sign())


def composed(policies: Catalogue, admin: str = "", **settings: Any) -> Container:
    registered = {"name": "ehr", "iss": ISSUER, "jku": JKU} | settings.pop("client", {})
    made = {"base_url": BASE, "clients": [registered]} | settings
    return compose(convert(made, Settings), policies, TODAY, store(), admin)


@pytest.fixture
def keys() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield net


@pytest.fixture
def client(policies_on_file: Catalogue, keys: responses.RequestsMock) -> FlaskClient:
    return create_app(composed(policies_on_file, jti_replay="off")).test_client()


def sent(client: FlaskClient, bearer: str | None, content: bytes = CALL, url: str = URL) -> Any:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post(url, data=content, content_type="application/json", headers=headers)


def refusal(client: FlaskClient, bearer: str | None) -> str:
    reply = sent(client, bearer)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    outcome = json.loads(reply.data)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == "login"
    return str(outcome["issue"][0]["details"]["text"])


@pytest.mark.idea("crd-idea-59")
@pytest.mark.requirement("hooks.176", "hooks.200", "hooks.205")
@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_registered_client_is_let_in(client: FlaskClient, algorithm: str) -> None:
    assert sent(client, token(algorithm)).status_code == 200


@pytest.mark.idea("crd-idea-59")
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://other.example.org", SERVICE]},
        {"iat": FromNow(30)},
        {"exp": FromNow(-30)},
        {"sub": "somebody"},
        {"nbf": FromNow(-300)},
        {"exp": FromNow(3600)},
    ],
    ids=["several addresses", "clock ahead", "just expired", "subject", "not before", "an hour"],
)
def test_what_clients_really_send_is_let_in(client: FlaskClient, changes: dict[str, Any]) -> None:
    assert sent(client, token(**changes)).status_code == 200


@pytest.mark.requirement("hooks.199")
def test_a_token_without_the_address_of_its_key_set_is_let_in(client: FlaskClient) -> None:
    assert sent(client, token(header={"jku": None})).status_code == 200


@pytest.mark.idea("crd-idea-59")
@pytest.mark.requirement("hooks.176", "hooks.195")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": f"{BASE}/cds-services/order-select-crd"}, "another address (aud)"),
        ({"aud": f"{BASE}/cds-services"}, "another address (aud)"),
        ({"aud": f"{SERVICE}/"}, "another address (aud)"),
        ({"exp": FromNow(-3600), "iat": FromNow(-7200)}, "expired (exp)"),
        ({"iat": FromNow(3600), "exp": FromNow(7200)}, "from the future"),
        ({"nbf": FromNow(3600)}, "from the future"),
        ({"iss": "https://stranger.example.org"}, "no registered client"),
        ({"iss": None}, "no registered client"),
        ({"iss": 7}, "no"),
        ({"jti": None}, "lacks jti"),
        ({"exp": None}, "lacks exp"),
        ({"iat": None}, "lacks iat"),
        ({"aud": None}, "lacks aud"),
    ],
)
def test_a_claim_that_does_not_hold_is_told(client: FlaskClient, changes: dict[str, Any], said: str) -> None:
    try:
        bearer = token(**changes)
    except TypeError:
        content = base64.urlsafe_b64encode(json.dumps(claims(**changes)).encode()).rstrip(b"=").decode()
        first, _, last = token().split(".")
        bearer = f"{first}.{content}.{last}"
    assert said in refusal(client, bearer)


@pytest.mark.idea("crd-idea-59")
@pytest.mark.requirement("hooks.176", "hooks.177")
@pytest.mark.parametrize("bearer", [None, "", "x", "a.b.c", "x" * 20_000, "é"])
def test_without_a_token_nobody_is_let_in(client: FlaskClient, bearer: str | None) -> None:
    assert "token" in refusal(client, bearer)


def test_another_scheme_is_no_token(client: FlaskClient) -> None:
    reply = client.post(URL, data=CALL, headers={"Authorization": f"Basic {token()}"})
    assert reply.status_code == 401


@pytest.mark.requirement("hooks.195")
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"kid": None}, "no key id"),
        ({"kid": "other"}, "its key (kid) is not in the key set"),
        ({"jku": "https://evil.example.org/jwks.json"}, "not the registered one"),
        ({"typ": "at+jwt"}, "not JWT"),
        ({"kid": "RS384"}, "is for RSA"),
    ],
)
def test_a_header_that_does_not_fit_is_told(client: FlaskClient, header: dict[str, Any], said: str) -> None:
    assert said in refusal(client, token(header=header))


@pytest.mark.idea("crd-idea-61")
@pytest.mark.requirement("hooks.195")
def test_an_address_that_a_token_names_is_never_called(client: FlaskClient, keys: responses.RequestsMock) -> None:
    refusal(client, token(header={"jku": "https://evil.example.org/jwks.json"}))
    assert [call.request.url for call in keys.calls] in ([], [JKU])


@pytest.mark.idea("crd-idea-59")
@pytest.mark.requirement("hooks.201", "hooks.203")
def test_no_secret_algorithm_is_taken(client: FlaskClient) -> None:
    unsigned = jwt.encode(claims(), None, algorithm="none", headers={"kid": "ES384"})
    assert "its algorithm (alg)" in refusal(client, unsigned)
    shared = jwt.encode(claims(), "x" * 64, algorithm="HS256", headers={"kid": "ES384"})
    assert "its algorithm (alg)" in refusal(client, shared)


@pytest.mark.requirement("hooks.200")
def test_an_algorithm_that_was_not_registered_is_refused(client: FlaskClient) -> None:
    assert "its algorithm (alg)" in refusal(client, token("RS256", header={"kid": "RS384"}))


@pytest.mark.idea("crd-idea-59")
def test_a_signature_by_another_key_is_refused(client: FlaskClient) -> None:
    first, content, _ = token().split(".")
    other = token(jti="b").split(".")[2]
    assert "signature" in refusal(client, f"{first}.{content}.{other}")


def test_the_body_is_no_part_of_the_question_who_calls(client: FlaskClient) -> None:
    assert sent(client, None, b"{").status_code == 401
    assert sent(client, token(), b"{").status_code == 400


def test_discovery_asks_nobody(client: FlaskClient) -> None:
    assert client.get("/cds-services").status_code == 200


ANOTHER = body(replaced(order_sign(), "9b6f2c1e-5d1a-4f7a-9e0b-2f6d8c1a7b35", "hookInstance"))


@pytest.mark.idea("crd-idea-60")
@pytest.mark.certification("cert.3.6.01")
@pytest.mark.parametrize(("replay", "same", "other"), [("off", 200, 200), ("body", 401, 200), ("strict", 401, 401)])
def test_a_token_that_comes_again(
    policies_on_file: Catalogue, keys: responses.RequestsMock, replay: str, same: int, other: int
) -> None:
    client = create_app(composed(policies_on_file, jti_replay=replay)).test_client()
    bearer = token()
    assert sent(client, bearer).status_code == 200
    assert sent(client, bearer).status_code == same
    assert sent(client, bearer, ANOTHER).status_code == other
    assert sent(client, token(jti="b" * 64)).status_code == 200


def test_a_key_set_that_cannot_be_had_is_told(policies_on_file: Catalogue) -> None:
    with responses.RequestsMock() as net:
        net.get(JKU, status=302, headers={"Location": "https://evil.example.org/"})
        client = create_app(composed(policies_on_file)).test_client()
        assert "its key (kid) is not in the key set" in refusal(client, token())
        assert len(net.calls) == 1


def test_what_a_client_is_registered_with_shapes_its_answers(
    policies_on_file: Catalogue, keys: responses.RequestsMock
) -> None:
    registered = {"crd_version": "2.2", "delivery": "cards", "tenant": "north"}
    client = create_app(composed(policies_on_file, client=registered)).test_client()
    reply = json.loads(sent(client, token()).data)
    assert reply["cards"]
    assert "systemActions" not in reply


def determination_of(reply: Any) -> str:
    text = json.dumps(json.loads(reply.data)["systemActions"])
    found = json.loads(text)[0]["resource"]["extension"]
    parts = next(one["extension"] for one in found if one["url"].endswith("ext-coverage-information"))
    return str(next(one["valueString"] for one in parts if one["url"] == "coverage-assertion-id"))


def test_a_determination_is_read_by_its_tenant_and_the_administrator_only(
    policies_on_file: Catalogue, keys: responses.RequestsMock
) -> None:
    container = composed(policies_on_file, admin="secret")
    client = create_app(container).test_client()
    name = determination_of(sent(client, token()))
    url = f"/determinations/{name}"

    def read(bearer: str | None) -> int:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return int(client.get(url, headers=headers).status_code)

    assert read(None) == 401
    assert read(token(aud=BASE + url)) == 200
    assert read("secret") == 200
    assert read("Secret") == 401
    assert client.get("/determinations/other", headers={"Authorization": "Bearer secret"}).status_code == 404


def test_another_tenants_determination_is_not_there(policies_on_file: Catalogue, keys: responses.RequestsMock) -> None:
    container = composed(policies_on_file)
    name = determination_of(sent(create_app(container).test_client(), token()))
    url = f"/determinations/{name}"
    moved = composed(policies_on_file, client={"tenant": "south"})
    client = create_app(replace(moved, archive=container.archive)).test_client()
    reply = client.get(url, headers={"Authorization": f"Bearer {token(aud=BASE + url)}"})
    assert reply.status_code == 404


def test_in_open_mode_determinations_are_read_on_this_machine_only(client: FlaskClient, container: Container) -> None:
    opened = create_app(container).test_client()
    reply = opened.get("/determinations/x", environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert reply.status_code == 401
    assert opened.get("/determinations/x").status_code == 404


def test_without_an_admin_token_an_empty_one_opens_nothing(
    policies_on_file: Catalogue, keys: responses.RequestsMock
) -> None:
    client = create_app(composed(policies_on_file)).test_client()
    assert client.get("/determinations/x", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.idea("crd-idea-62")
@pytest.mark.requirement("hooks.208")
def test_pages_of_an_allowed_origin_may_call(policies_on_file: Catalogue) -> None:
    origin = "https://sandbox.example.org"
    client = create_app(composed(policies_on_file, cors_origins=[origin])).test_client()
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    reply = client.options(URL, headers=asked)
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"].lower()
    other = client.options(URL, headers=asked | {"Origin": "https://evil.example.org"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Access-Control-Allow-Origin" not in client.get("/policies", headers={"Origin": origin}).headers


def test_without_a_setting_no_page_may_call(client: FlaskClient) -> None:
    reply = client.get("/cds-services", headers={"Origin": "https://sandbox.example.org"})
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_a_public_key_for_another_algorithm_is_not_used(policies_on_file: Catalogue) -> None:
    with responses.RequestsMock() as net:
        net.get(JKU, body=key_set(public("ES384", alg="ES256")))
        client = create_app(composed(policies_on_file)).test_client()
        assert "its key is for ES256" in refusal(client, token())


def forged(payload: bytes) -> str:
    """A token whose claims are these bytes, signed as its client signs."""
    signed = jwt.api_jws.encode(payload, key("ES384"), algorithm="ES384", headers={"kid": "ES384", "typ": "JWT"})
    return str(signed)


@pytest.mark.parametrize(
    "claim",
    [
        b'"iss":"somebody","iss":"%s"' % ISSUER.encode(),
        b'"jti":"\\ud800"',
        b'"jti":"a","jti":"b"',
        b'"exp":1e400',
        b'"x":NaN',
        b'"x":"\xff"',
    ],
)
def test_claims_that_two_readers_read_differently_are_refused(client: FlaskClient, claim: bytes) -> None:
    plain = json.dumps(claims(jti="once"))[:-1].encode()
    assert sent(client, forged(plain + b"}")).status_code == 200
    assert sent(client, forged(plain + b"," + claim + b"}")).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(3600, 200), (3700, 401), (10**12, 401)])
def test_a_token_ends_within_an_hour(client: FlaskClient, seconds: int, status: int) -> None:
    assert sent(client, token(exp=FromNow(seconds), jti=str(seconds))).status_code == status


def test_a_refusal_repeats_nothing_of_the_token(client: FlaskClient) -> None:
    for header in ({"kid": "marked-kid"}, {"kid": "ES384", "jku": "https://marked.example.org/"}):
        assert "marked" not in sent(client, token(header=header)).text


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of tokens whose signature was checked, as it grows."""
    checked: list[str] = []
    decode = jwt.decode

    def counting(told: str, *more: Any, **options: Any) -> Any:
        checked.extend([told] if more else [])
        return decode(told, *more, **options)

    monkeypatch.setattr(jwt, "decode", counting)
    return checked


def test_a_signature_is_checked_once_for_head_and_body(
    policies_on_file: Catalogue, keys: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = composed(policies_on_file).gate.verifier
    assert verifier is not None
    checked, told = _counted(monkeypatch), token()
    by_head = Presented(told, (SERVICE,), b"")
    assert verifier.seen(by_head).name == "ehr"
    first, use = verifier.unnoted(Presented(told, (SERVICE,), b"body"))
    assert (first.name, checked) == ("ehr", [told])
    assert use is not None
    verifier.note(first, use)
    with pytest.raises(TokenError, match="used before"):
        verifier.unnoted(Presented(told, (SERVICE,), b"body"))
    assert checked == [told, told]


@pytest.mark.parametrize(
    ("second", "said"),
    [(f"{SERVICE}-other", "for another address"), (SERVICE, "has expired")],
)
def test_what_was_sound_by_its_head_is_so_for_its_address_and_time_only(
    policies_on_file: Catalogue, keys: responses.RequestsMock, second: str, said: str
) -> None:
    verifier = composed(policies_on_file).gate.verifier
    assert verifier is not None
    told = token(iat=FromNow(-130), exp=FromNow(1)) if second == SERVICE else token()
    in_time = replace(verifier, leeway_seconds=60)
    assert in_time.seen(Presented(told, (SERVICE,), b"")).name == "ehr"
    late = replace(verifier, leeway_seconds=-120)
    late._sound._found.update(in_time._sound._found)
    with pytest.raises(TokenError, match=said):
        (late if second == SERVICE else in_time).unnoted(Presented(told, (second,), b""))
