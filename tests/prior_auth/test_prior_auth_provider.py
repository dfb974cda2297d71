"""Signing in at the desk by the payer's OpenID provider: who gets in, and who does not, whatever is sent."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import responses
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from sqlalchemy import Engine, func, select

from cds_service.app.review_provider import ReviewProvider
from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import load
from cds_service.reviewers.desk_sessions import DeskSessions
from cds_service.reviewers.identity_provider import IdentityProvider, ProviderError
from cds_service.reviewers.provider_checks import ProviderChecks, ProviderLostError
from cds_service.reviewers.reviewer_file import ReviewerError, Reviewers, Role, read_reviewers
from cds_service.reviewers.sign_in_failures import SignInFailures
from cds_service.storage.form_keys import FormKeys, Kind
from cds_service.storage.tables import FORM_KEYS
from tests.clients.signing import key, public
from tests.databases import SQLITE
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.request_bundles import reviews
from tests.prior_auth.test_prior_auth_desk import AGAINST, browser, csrf, decided, page, posted, submitted

DATABASES = (SQLITE,)
"""Sessions and what is decided are tested on each database elsewhere."""
Json = dict[str, Any]
ISSUER = "https://login.payer.example.org"
CLIENT = "review desk"
NONCE = "n" * 16
DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "end_session_endpoint": f"{ISSUER}/logout",
}
ACCESS = "access"


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def claims(**changes: Any) -> Json:
    made = {"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "name": "Rita Muster, RN", "roles": ["reviewer"]}
    made |= {"iat": now(), "exp": now() + 300, "nonce": NONCE} | changes
    return {name: value for name, value in made.items() if value is not None}


def signed(told: Json, algorithm: str = "RS384", **header: Any) -> str:
    heading = {"typ": "JWT", "kid": algorithm} | header
    return jwt.PyJWS().encode(json.dumps(told).encode(), key(algorithm), algorithm=algorithm, headers=heading)


@dataclass
class Provider:
    """The provider as it answers: what it says of itself, its keys, and the token that it makes of the claims."""

    net: responses.RequestsMock
    discovery: Json = field(default_factory=lambda: dict(DISCOVERY))
    changes: Json = field(default_factory=dict)
    make: Callable[[Json], Any] = signed
    status: int = 200
    nonce: str = ""
    refresh: str = ""
    came: list[PreparedRequest] = field(default_factory=list)

    def begin(self) -> None:
        keys = {"keys": [public("RS384"), public("ES384")]}
        self.net.add_callback("GET", f"{ISSUER}/.well-known/openid-configuration", self._discovered)
        self.net.add("GET", f"{ISSUER}/keys", json=keys)
        self.net.add_callback("POST", f"{ISSUER}/token", self._token)

    def _discovered(self, _: PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps(self.discovery)

    def _token(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.came.append(request)
        made = self.make(claims(nonce=self.nonce or NONCE) | self.changes)
        told = {"access_token": ACCESS, "token_type": "Bearer", "id_token": made}
        told |= {"refresh_token": self.refresh} if self.refresh else {}
        return self.status, {}, json.dumps({name: one for name, one in told.items() if one is not None})


@pytest.fixture
def provider() -> Iterator[Provider]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        found = Provider(net)
        found.begin()
        yield found


@pytest.fixture
def desk(paying: Making) -> Payer:
    return paying(review_provider=ReviewProvider(issuer=ISSUER, client_id=CLIENT))


def asked(client: FlaskClient) -> dict[str, str]:
    """Begin a sign-in; return what the browser is sent to the provider with."""
    reply = client.get("/review/provider", base_url=BASE)
    assert reply.status_code == 303
    address = urlsplit(reply.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def back(client: FlaskClient, **query: str) -> Any:
    return client.get("/review/callback", query_string=query, base_url=BASE)


def signed_in(desk: Payer, provider: Provider, status: int = 200) -> FlaskClient:
    client = browser(desk)
    told = asked(client)
    provider.nonce = told["nonce"]
    assert back(client, state=told["state"], code="c-1").status_code == status
    return client


def is_in(client: FlaskClient) -> bool:
    return bool(client.get("/review", base_url=BASE).status_code == 200)


# Who gets in.


def test_a_reviewer_signs_in_with_pkce_and_decides(desk: Payer, provider: Provider) -> None:
    request, name = submitted(desk)
    client = browser(desk)
    told = asked(client)
    assert (told["response_type"], told["scope"], told["client_id"]) == ("code", "openid profile", CLIENT)
    assert told["redirect_uri"] == f"{BASE}/review/callback"
    provider.nonce = told["nonce"]
    reply = back(client, state=told["state"], code="c-1", iss=ISSUER)
    assert reply.status_code == 200
    assert "Rita Muster, RN" in reply.text
    fields = parse_qs(str(provider.came[0].body))
    challenge = urlsafe_b64encode(sha256(fields["code_verifier"][0].encode()).digest()).rstrip(b"=").decode()
    assert (told["code_challenge"], told["code_challenge_method"]) == (challenge, "S256")
    assert (fields["code"], fields["client_id"]) == (["c-1"], [CLIENT])
    decided(client, name, "approved")
    assert reviews(desk.submit(request)) == {1: "A1"}
    assert "Rita Muster, RN (u-1)" in page(client, f"/review/{name}")


def test_the_session_is_no_longer_than_is_set_and_of_this_site_alone(desk: Payer, provider: Provider) -> None:
    client = signed_in(desk, provider)
    kept = client.get_cookie("review_desk", path="/review", domain="cds.example.org")
    assert kept is not None
    assert (kept.http_only, kept.secure, kept.same_site, kept.max_age) == (True, True, "Strict", 15 * 60)
    assert client.get_cookie("review_sign_in", path="/review/callback", domain="cds.example.org") is None


@pytest.mark.parametrize(
    ("claim", "told", "role"),
    [
        ("roles", {"roles": "reviewer"}, Role.REVIEWER),
        ("roles", {"roles": ["x", "medical-director", "reviewer"]}, Role.DIRECTOR),
        ("realm_access.roles", {"realm_access": {"roles": ["medical-director"]}}, Role.DIRECTOR),
        ("https://payer.example.org/roles", {"https://payer.example.org/roles": ["reviewer"]}, Role.REVIEWER),
        ("a.b", {"a.b": ["reviewer"], "a": {"b": ["medical-director"]}}, Role.REVIEWER),
        ("roles", {"roles": ["Reviewer", "reviewers", "admin"]}, None),
        ("roles", {"roles": [["reviewer"], {"reviewer": 1}, 5]}, None),
        ("roles", {"roles": {"reviewer": True}}, None),
        ("roles", {"roles": None}, None),
        ("realm_access.roles", {"realm_access": ["reviewer"]}, None),
    ],
)
def test_the_role_is_one_of_two_values_of_the_claim_that_is_set(
    provider: Provider, claim: str, told: Json, role: Role | None
) -> None:
    asking = IdentityProvider(ReviewProvider(issuer=ISSUER, client_id=CLIENT, role_claim=claim))
    provider.changes = told
    if role is None:
        with pytest.raises(ProviderError):
            asking.signed_in("c", "v", NONCE, BASE)
    else:
        assert asking.signed_in("c", "v", NONCE, BASE).identity.role is role


def test_who_has_no_role_is_told_so_and_not_let_in(desk: Payer, provider: Provider) -> None:
    provider.changes = {"roles": ["billing"]}
    client = browser(desk)
    told = asked(client)
    provider.nonce = told["nonce"]
    reply = back(client, state=told["state"], code="c")
    assert (reply.status_code, is_in(client)) == (403, False)
    assert desk.container.order_sign.say("review.no_reviewer").partition("'")[0] in reply.text


def test_a_director_of_the_provider_denies_where_a_reviewer_may_not(paying: Making, provider: Provider) -> None:
    desk = paying(review_provider=ReviewProvider(issuer=ISSUER, client_id=CLIENT), denials_by_director=True)
    request, name = submitted(desk, AGAINST)
    why = {"criterion": "HER2", "words": "IHC is 1+."}
    decided(signed_in(desk, provider), name, "denied", 422, **why)
    provider.changes = {"roles": ["medical-director"]}
    decided(signed_in(desk, provider), name, "denied", **why)
    assert reviews(desk.submit(request)) == {1: "A3"}


def test_signing_out_ends_the_session_here_and_offers_to_end_that_there(desk: Payer, provider: Provider) -> None:
    client = signed_in(desk, provider)
    kept = client.get_cookie("review_desk", path="/review", domain="cds.example.org")
    assert kept is not None
    reply = posted(client, "/review/sign-out", csrf=csrf(client))
    assert "/review/provider/sign-out" in reply.text
    client.set_cookie("review_desk", kept.value, path="/review", domain="cds.example.org")
    assert not is_in(client)
    there = urlsplit(client.get("/review/provider/sign-out", base_url=BASE).headers["Location"])
    assert there.geturl().startswith(f"{ISSUER}/logout?")
    assert parse_qs(there.query) == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{BASE}/review/sign-in"]}
    del provider.discovery["end_session_endpoint"]
    assert client.get("/review/provider/sign-out", base_url=BASE).headers["Location"] == f"{BASE}/review/sign-in"


def test_the_page_offers_what_there_is(desk: Payer, paying: Making, tmp_path: Path) -> None:
    assert 'name="password"' not in page(browser(desk), "/review/sign-in")
    assert "/review/provider" in page(browser(desk), "/review/sign-in")
    file = tmp_path / "reviewers.toml"
    file.write_text("", encoding="utf-8")
    by_file = paying(reviewers_file=str(file))
    assert "/review/provider" not in page(browser(by_file), "/review/sign-in")
    for path in ("/review/provider", "/review/callback", "/review/provider/sign-out"):
        assert browser(by_file).get(path, base_url=BASE).status_code == 404


@pytest.mark.parametrize(
    ("methods", "basic"),
    [(None, True), (["client_secret_basic", "client_secret_post"], True), (["client_secret_post"], False)],
)
def test_a_confidential_client_shows_its_secret_as_the_provider_wants_it(
    provider: Provider, tmp_path: Path, methods: list[str] | None, basic: bool
) -> None:
    file = tmp_path / "secret"
    file.write_text("s:ä\n", encoding="utf-8")
    provider.discovery |= {"token_endpoint_auth_methods_supported": methods} if methods else {}
    IdentityProvider(ReviewProvider(issuer=ISSUER, client_id=CLIENT, client_secret_file=str(file))).signed_in(
        "c", "v", NONCE, BASE
    )
    (came,) = provider.came
    fields, header = parse_qs(str(came.body)), came.headers.get("Authorization", "")
    assert ("client_secret" in fields, header.startswith("Basic ")) == (not basic, basic)
    if basic:
        assert urlsafe_b64decode(header.removeprefix("Basic ")) == b"review%20desk:s%3A%C3%A4"


# What the provider takes back.


def unsigned_later(told: Json) -> str:
    return unsigned(told)


@dataclass
class Clock:
    """The time as the sessions of a test see it."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def on(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


@dataclass(frozen=True)
class Session:
    """A session that the provider opened, without pages."""

    sessions: DeskSessions
    key: str
    clock: Clock

    def find(self) -> Any:
        return self.sessions.find(self.key)


def opened(provider: Provider, engine: Engine, **members: Any) -> Session:
    clock = Clock()
    keys = FormKeys(engine, lambda: clock.at)
    asking = IdentityProvider(ReviewProvider(issuer=ISSUER, client_id=CLIENT, **members))
    checks = ProviderChecks(asking, keys)
    sessions = DeskSessions(Reviewers({}), keys, SignInFailures(engine), checks)
    found = asking.signed_in("c", "v", NONCE, BASE)
    provider.make = lambda told: signed({name: one for name, one in told.items() if name != "nonce"})
    provider.came.clear()
    return Session(sessions, sessions.admit(found, checks), clock)


@pytest.fixture
def session(provider: Provider, engine: Engine) -> Session:
    provider.refresh = "r-1"
    return opened(provider, engine)


def test_the_provider_is_asked_at_the_interval_and_not_before(provider: Provider, session: Session) -> None:
    session.clock.on(14.9)
    assert session.find().role is Role.REVIEWER
    assert provider.came == []
    provider.refresh = "r-2"
    session.clock.on(0.2)
    assert session.find().person == "Rita Muster, RN"
    assert session.find().csrf == session.find().csrf
    session.clock.on(15.1)
    assert session.find() is not None
    fields = [parse_qs(str(one.body)) for one in provider.came]
    assert [one["refresh_token"] for one in fields] == [["r-1"], ["r-2"]]
    assert {one["grant_type"][0] for one in fields} == {"refresh_token"}


@pytest.mark.parametrize(
    "gone",
    [
        {"status": 400},
        {"status": 403},
        {"changes": {"roles": ["billing"]}},
        {"changes": {"roles": None}},
        {"changes": {"sub": "u-2"}},
        {"changes": {"aud": "another"}},
        {"changes": {"exp": 1_000_000_000}},
        {"make": lambda _: None},
        {"make": unsigned_later},
    ],
)
def test_who_has_lost_account_or_role_is_out_at_the_next_question_and_stays_out(
    provider: Provider, session: Session, gone: Json
) -> None:
    for name, value in gone.items():
        setattr(provider, name, value)
    session.clock.on(15.1)
    assert session.find() is None
    provider.status, provider.changes, provider.make = 200, {}, signed
    assert session.find() is None


def test_another_role_there_is_another_role_here(provider: Provider, session: Session) -> None:
    provider.changes = {"roles": ["medical-director"]}
    session.clock.on(15.1)
    assert session.find().role is Role.DIRECTOR


@pytest.mark.parametrize("status", [401, 500, 502])
def test_while_the_provider_cannot_be_asked_nobody_works_and_afterwards_they_do(
    provider: Provider, session: Session, status: int
) -> None:
    provider.status = status
    session.clock.on(15.1)
    for _ in range(2):
        with pytest.raises(ProviderLostError):
            session.find()
    provider.status = 200
    assert session.find() is not None


def test_two_pages_at_once_ask_once(provider: Provider, session: Session) -> None:
    """The second sees the answer before, and never sends a token that the provider has just replaced."""
    seen: list[Any] = []

    def between(told: Json) -> str:
        provider.make = signed
        seen.append(session.find())
        return signed({name: one for name, one in told.items() if name != "nonce"})

    provider.make = between
    session.clock.on(15.1)
    assert session.find() is not None
    assert seen[0] is not None
    assert len(provider.came) == 1


def test_while_the_provider_hangs_nobody_works_beside_the_question(provider: Provider, session: Session) -> None:
    """Who keeps one question under way would work on beside it by an old answer, as long as the provider is lost."""
    session.clock.on(15.1)
    provider.status = 500
    with pytest.raises(ProviderLostError):
        session.find()
    session.clock.on(1)
    beside: list[str] = []

    def hangs(told: Json) -> str:
        provider.make = signed
        with pytest.raises(ProviderLostError):
            session.find()
        beside.append("nobody")
        return signed({name: one for name, one in told.items() if name != "nonce"})

    provider.make = hangs
    with pytest.raises(ProviderLostError):
        session.find()
    assert beside == ["nobody"]
    provider.status = 200
    assert session.find() is not None
    session.clock.on(15.1)
    assert session.find() is not None, "once it has answered, all is as it was"


def test_without_a_refresh_token_a_session_lasts_until_the_next_question(provider: Provider, engine: Engine) -> None:
    session = opened(provider, engine)
    session.clock.on(14.9)
    assert session.find() is not None
    session.clock.on(0.2)
    assert session.find() is None


def test_who_reads_the_database_has_no_token(provider: Provider, session: Session, engine: Engine) -> None:
    with engine.connect() as connection:
        rows = [dict(one) for one in connection.execute(select(FORM_KEYS)).mappings()]
    assert len(rows) == 1
    assert "r-1" not in str(rows)
    assert session.key not in str(rows)


def test_a_provider_that_is_set_no_more_ends_its_sessions(session: Session) -> None:
    assert replace(session.sessions, checks=None).find(session.key) is None


def test_the_desk_says_that_the_provider_cannot_be_asked(desk: Payer, provider: Provider) -> None:
    provider.refresh = "r-1"
    client = signed_in(desk, provider)
    provider.status = 500
    with desk.container.archive.engine.begin() as connection:  # type: ignore[union-attr]
        (told,) = connection.execute(select(FORM_KEYS.c.told).where(FORM_KEYS.c.kind == Kind.DESK.value)).scalars()
        due = json.dumps(json.loads(told) | {"asked": "2026-01-01T00:00:00+00:00"}, separators=(",", ":"))
        connection.execute(FORM_KEYS.update().where(FORM_KEYS.c.kind == Kind.DESK.value).values(told=due))
    reply = client.get("/review", base_url=BASE)
    assert (reply.status_code, desk.container.order_sign.say("review.provider_failed") in unescape(reply.text)) == (
        502,
        True,
    )


# What is hostile.


def unsigned(told: Json) -> str:
    return jwt.encode(told, None, algorithm="none", headers={"kid": "RS384"})


def by_public_key(told: Json) -> str:
    """Signed by the public key as if it were a shared secret: whoever takes any algorithm takes this."""
    head, body = ({"alg": "HS256", "kid": "RS384"}, told)
    parts = b".".join(urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (head, body))
    mac = jwt.get_algorithm_by_name("HS256").sign(parts, json.dumps(public("RS384")).encode())
    return (parts + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def changed_after(told: Json) -> str:
    head, body, mac = signed(told).split(".")
    content = json.loads(urlsafe_b64decode(body + "=="))
    forged = urlsafe_b64encode(json.dumps(content | {"roles": ["medical-director"]}).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{mac}"


def said_twice(told: Json) -> str:
    """A claim that stands twice, which two readers may read differently."""
    head, *_ = signed(told).split(".")
    text = json.dumps(told)[:-1] + ', "sub": "u-2"}'
    return f"{head}.{urlsafe_b64encode(text.encode()).rstrip(b'=').decode()}.AAAA"


HOSTILE_TOKENS: dict[str, Callable[[Json], Any]] = {
    "no signature": unsigned,
    "by the public key": by_public_key,
    "by a shared secret": lambda told: jwt.encode(told, "x" * 64, algorithm="HS256", headers={"kid": "RS384"}),
    "changed after": changed_after,
    "a claim twice": said_twice,
    "by a key of another": lambda told: signed(told, "RS256", kid="RS384"),
    "by an unknown key": lambda told: signed(told, kid="another"),
    "by no named key": lambda told: jwt.encode(told, key("RS384"), algorithm="RS384"),
    "by the wrong kind of key": lambda told: signed(told, kid="ES384"),
    "its own key in its header": lambda told: signed(told, "RS256", jwk=public("RS256"), kid="RS256"),
    "of another type": lambda told: signed(told, typ="at+jwt"),
    "with what must be understood": lambda told: signed(told, crit=["x"], x=1),
    "no token": lambda told: "",
    "a number": lambda told: 5,
    "nothing": lambda told: None,
    "half of one": lambda told: signed(told).rpartition(".")[0],
    "a very long one": lambda told: signed(told | {"x": "y" * 60_000}),
}
HOSTILE_CLAIMS: dict[str, Json] = {
    "of another issuer": {"iss": "https://login.evil.example.org"},
    "of an issuer like it": {"iss": f"{ISSUER}/"},
    "for another client": {"aud": "another"},
    "for nobody": {"aud": []},
    "for others too, without saying who asked": {"aud": [CLIENT, "another"]},
    "asked for by another": {"aud": [CLIENT, "another"], "azp": "another"},
    "asked for by another alone": {"azp": "another"},
    "of another sign-in": {"nonce": "x" * 16},
    "of a sign-in before it": {"nonce": ""},
    "expired": {"exp": 1_000_000_000},
    "just expired": {"exp": now() - 120},
    "from the future": {"iat": now() + 3600, "exp": now() + 7200},
    "not yet valid": {"nbf": now() + 3600},
    "for another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "about nobody": {"sub": ""},
    "about too long a name": {"sub": "u" * 200},
    "a number as subject": {"sub": 5},
    "without an end": {"exp": None},
    "with no number as end": {"exp": "soon"},
}


@pytest.mark.parametrize("kind", HOSTILE_TOKENS)
def test_a_token_that_is_not_the_providers_lets_nobody_in(desk: Payer, provider: Provider, kind: str) -> None:
    provider.make = HOSTILE_TOKENS[kind]
    client = browser(desk)
    told = asked(client)
    provider.nonce = told["nonce"]
    assert back(client, state=told["state"], code="c").status_code in {403, 502}
    assert not is_in(client)


@pytest.mark.parametrize("kind", HOSTILE_CLAIMS)
def test_a_token_for_something_else_lets_nobody_in(desk: Payer, provider: Provider, kind: str) -> None:
    provider.changes = HOSTILE_CLAIMS[kind]
    assert not is_in(signed_in(desk, provider, 403))


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "iat", "nonce", "roles"])
def test_a_token_that_lacks_something_lets_nobody_in(desk: Payer, provider: Provider, missing: str) -> None:
    provider.make = lambda told: signed({name: value for name, value in told.items() if name != missing})
    assert not is_in(signed_in(desk, provider, 403))


@pytest.mark.parametrize("path", ["/review/provider", "/review/provider/sign-out"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_begins_nothing(desk: Payer, provider: Provider, path: str, site: str) -> None:
    """It could have the provider asked, and a sign-in kept, as often as it wants: by a picture, say."""
    reply = browser(desk).get(path, base_url=BASE, headers={"Sec-Fetch-Site": site})
    assert reply.status_code == 403
    assert "/review/provider" in reply.text, "who came by a link signs in from here"
    assert len(provider.net.calls) == 0
    store = desk.container.archive
    assert store is not None
    with store.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(FORM_KEYS)).scalar_one() == 0
    for own in ("same-origin", "none"):
        assert browser(desk).get(path, base_url=BASE, headers={"Sec-Fetch-Site": own}).status_code == 303


def test_a_state_serves_once_and_in_its_own_browser(desk: Payer, provider: Provider) -> None:
    client, other = browser(desk), browser(desk)
    told = asked(client)
    provider.nonce = told["nonce"]
    assert back(other, state=told["state"], code="c").status_code == 400, "another browser has no cookie"
    assert back(client, state=told["state"], code="c").status_code == 400, "and has used it up"
    told, own = asked(client), asked(other)
    provider.nonce = told["nonce"]
    assert back(client, state=own["state"], code="c").status_code == 400
    assert (is_in(client), is_in(other)) == (False, False)
    told = asked(client)
    provider.nonce = told["nonce"]
    assert back(client, state=told["state"], code="c").status_code == 200
    assert back(client, state=told["state"], code="c").status_code == 400, "replayed"


@pytest.mark.parametrize(
    "query",
    [
        {"error": "access_denied"},
        {"code": ""},
        {"code": "c", "iss": "https://login.evil.example.org"},
        {"code": "c", "error": "x"},
    ],
)
def test_an_answer_without_a_code_or_of_another_issuer_lets_nobody_in(
    desk: Payer, provider: Provider, query: dict[str, str]
) -> None:
    client = browser(desk)
    told = asked(client)
    provider.nonce = told["nonce"]
    assert back(client, state=told["state"], **query).status_code == 403
    assert (is_in(client), provider.came) == (False, [])


@pytest.mark.parametrize("state", ["", "x", "x" * 5000, "é\x00"])
def test_a_state_that_is_none_lets_nobody_in(desk: Payer, provider: Provider, state: str) -> None:
    client = browser(desk)
    asked(client)
    assert back(client, state=state, code="c").status_code == 400
    assert not is_in(client)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://login.evil.example.org"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://login.payer.example.org/token"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "http://evil.example.org/x"},
        {"jwks_uri": 5},
    ],
)
def test_a_provider_that_says_what_cannot_be_used_signs_nobody_in(desk: Payer, provider: Provider, told: Json) -> None:
    provider.discovery |= told
    assert browser(desk).get("/review/provider", base_url=BASE).status_code == 502


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_provider_that_gives_no_token_signs_nobody_in(desk: Payer, provider: Provider, status: int) -> None:
    provider.status = status
    assert not is_in(signed_in(desk, provider, 502))


def test_a_session_of_the_form_page_is_none_of_the_desk(desk: Payer, provider: Provider) -> None:
    """A key that is given for one thing never serves as another: the state of a sign-in is no session."""
    client = browser(desk)
    told = asked(client)
    client.set_cookie("review_desk", told["state"], path="/review", domain="cds.example.org")
    assert not is_in(client)


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce", "roles", "azp", "at_hash", "nbf", "auth_time", "amr", "name")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(name=st.sampled_from(NEEDED), odd=ODD)
def test_odd_claims_are_refused_or_read_and_break_nothing(provider: Provider, name: str, odd: Any) -> None:
    provider.changes = {name: odd}
    asking = IdentityProvider(ReviewProvider(issuer=ISSUER, client_id=CLIENT))
    try:
        found = asking.signed_in("c", "v", NONCE, BASE)
    except ProviderError:
        return
    its = found.identity
    assert (its.role, len(its.name) <= 60, len(its.person) <= 60) == (Role.REVIEWER, True, True)
    assert name not in {"iss", "nonce"}
    assert name != "aud" or CLIENT in odd


# What is set.


@pytest.mark.parametrize(
    "told",
    [
        'client_id = "x"',
        f'issuer = "{ISSUER}"',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nrole_claim = ""',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nreviewer = "a"\nmedical_director = "a"',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nsession_minutes = 0',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nclient_secret_file = "/none"',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nclient_secret_file = "empty"',
        'issuer = "http://login.payer.example.org"\nclient_id = "x"',
        f'issuer = "{ISSUER}"\nclient_id = "x"\nclient_secret = "y"',
    ],
)
def test_a_provider_that_cannot_be_used_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("", encoding="utf-8")
    text = f'base_url = "{BASE}"\n[review_provider]\n{told}\n'
    (tmp_path / "cds-service.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="review_provider"):
        load({}, tmp_path)


def test_a_provider_needs_the_address_that_it_sends_people_back_to(tmp_path: Path) -> None:
    text = f'[review_provider]\nissuer = "{ISSUER}"\nclient_id = "x"\n'
    (tmp_path / "cds-service.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="base_url"):
        load({}, tmp_path)


@pytest.mark.parametrize(("name", "person"), [("n" * 61, "p"), ("n", "p" * 61)])
def test_a_name_that_no_decision_could_be_kept_with_stops_the_start(tmp_path: Path, name: str, person: str) -> None:
    file = tmp_path / "reviewers.toml"
    told = f'name = "{name}"\nperson = "{person}"\nrole = "reviewer"\npassword = "scrypt:x"\n'
    file.write_text(f"[[reviewers]]\n{told}", encoding="utf-8")
    with pytest.raises(ReviewerError):
        read_reviewers(str(file))
