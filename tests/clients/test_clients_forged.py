"""More than seven hundred tokens that are forged, stale, misdirected or used before, at two replicas: none is accepted.

They are made by rule: one fault of each kind in turn, and two at once, put into a token that holds otherwise. A token
without a fault is let in, so that what is refused is refused for its fault.
"""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha384
from itertools import combinations, count
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import Engine, func, select

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import ACCESS_TOKENS, CALLS
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, SERVICE, FromNow, claims, key, key_set
from tests.conftest import TODAY
from tests.databases import new_url
from tests.service.calls import body, order_sign
from tests.world import compose

Json = dict[str, Any]
SIGN, TOKEN, FORM = "/cds-services/order-sign-crd", "/oauth/token", "/fhir/Questionnaire"
CALL = body(order_sign())
OTHER = "https://second.example.org/cds-client"
NUMBERS = count()


@dataclass(frozen=True)
class Made:
    """A token before it is signed, and what signs it."""

    header: Json
    claims: Json
    signs: Callable[[bytes, Json], bytes]
    sealed: Callable[[str], str] = field(default=lambda text: text)

    def text(self) -> str:
        head = ".".join(encoded(json.dumps(one).encode()) for one in (self.header, self.claims))
        return self.sealed(f"{head}.{encoded(self.signs(head.encode(), self.header))}")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def by(secret: Any, algorithm: str = "ES384") -> Callable[[bytes, Json], bytes]:
    made = jwt.get_algorithm_by_name(algorithm)
    return lambda signed, _: bytes(made.sign(signed, secret))


def good(audience: str = SERVICE) -> Made:
    told = claims(aud=audience, sub=ISSUER, jti=f"{next(NUMBERS):064}")
    return Made({"alg": "ES384", "typ": "JWT", "kid": "ES384"}, told, by(key("ES384")))


STRANGE_EC, STRANGE_RSA = ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)
PUBLIC = [
    key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for name in ("ES384", "RS384")
]
SECRETS = (*PUBLIC, key_set(), b"", b"secret", b"ES384", ISSUER.encode())
"""What a careless reader would take for the secret of a signature by a secret."""


def header(**changes: Any) -> Callable[[Made], Made]:
    def changed(made: Made) -> Made:
        told = made.header | changes
        return Made({k: v for k, v in told.items() if v is not None}, made.claims, made.signs, made.sealed)

    return changed


def claim(**changes: Any) -> Callable[[Made], Made]:
    def changed(made: Made) -> Made:
        told = made.claims | claims(**{"aud": None, "iat": None, "jti": None, "exp": None, "iss": None} | changes)
        kept = {k: v for k, v in told.items() if k not in changes or changes[k] is not None}
        return Made(made.header, kept, made.signs, made.sealed)

    return changed


def signed(sign: Callable[[bytes, Json], bytes], **head: Any) -> Callable[[Made], Made]:
    return lambda made: Made(made.header | head, made.claims, sign, made.sealed)


def text(seal: Callable[[str], str]) -> Callable[[Made], Made]:
    return lambda made: Made(made.header, made.claims, made.signs, lambda one: seal(made.sealed(one)))


def _by_secret(secret: bytes) -> Callable[[bytes, Json], bytes]:
    return lambda told, _: hmac.new(secret, told, sha384).digest()


def headers() -> Iterator[Callable[[Made], Made]]:
    for one in ("none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "ES256", "ES512", "EdDSA", "PS384", "RS256"):
        yield header(alg=one)
    yield from (header(alg=one) for one in ("", "es384", "ES384 ", "ES384\0", None, 384, True, ["ES384"], {"a": 1}))
    yield from (
        header(kid=one) for one in ("", "RS384", "es384", "ES384 ", "../ES384", "' OR '1'='1", None, 0, ["ES384"])
    )
    yield from (header(jku=one) for one in ("https://evil.example.org/k", "", "file:///etc/passwd", 7, [SERVICE]))
    yield from (header(typ=one) for one in ("at+jwt", "JWE", "secevent+jwt", 7, ["JWT"]))
    yield from (header(crit=one) for one in (["exp"], ["b64"], [], "exp", ["x"]))
    yield header(b64=False, crit=["b64"])
    yield header(enc="A256GCM", alg="RSA-OAEP")


def times() -> Iterator[Callable[[Made], Made]]:
    yield from (claim(exp=FromNow(one)) for one in (-61, -3600, -(10**9), 3661 + 60, 86_400, 10**9, 10**15))
    yield from (claim(exp=one) for one in (0, -1, "tomorrow", "", None, [], {}, True, 1e308, False))
    yield from (claim(iat=FromNow(one)) for one in (120, 3600, 10**9))
    yield from (claim(iat=one) for one in ("now", None, [], {}, "x" * 100))
    yield from (claim(nbf=FromNow(one)) for one in (120, 3600, 10**9))
    yield from (claim(nbf=one) for one in ("later", [], {}))


def whose() -> Iterator[Callable[[Made], Made]]:
    for one in (
        "",
        OTHER.upper(),
        f"{ISSUER}/",
        ISSUER.upper(),
        f" {ISSUER}",
        f"{ISSUER}\0",
        None,
        7,
        [ISSUER],
        {},
        True,
    ):
        yield claim(iss=one)
    yield from (claim(jti=one) for one in (None, 7, [], {}, "\ud800", True))
    yield claim(iss=OTHER)


def where() -> Iterator[Callable[[Made], Made]]:
    for one in (
        *(
            BASE,
            f"{BASE}/",
            f"{SERVICE}/",
            f"{SERVICE}?x",
            f"{SERVICE}#x",
            SERVICE.upper(),
            f"{SERVICE}/feedback",
            SIGN,
        ),
        *(SERVICE.replace("https", "http"), SERVICE.replace("//", "//evil@"), SERVICE.replace(".org", ".org:443")),
        *(f"{BASE}/cds-services", f"{BASE}/cds-services/order-select-crd", f"{BASE}/fhir", f"{BASE}/admin", "*", ""),
        *(
            SERVICE.replace(".org", ".org.evil.net"),
            f"{SERVICE} {SERVICE}",
            None,
            7,
            [],
            {},
            True,
            ["*"],
            [None],
            [[SERVICE]],
        ),
    ):
        yield claim(aud=one)


def signatures() -> Iterator[Callable[[Made], Made]]:
    yield signed(by(STRANGE_EC))
    yield signed(by(STRANGE_RSA, "RS384"), alg="RS384", kid="RS384")
    yield signed(by(STRANGE_EC), kid="RS384")
    yield signed(by(key("RS384"), "RS384"))
    yield signed(by(key("RS384"), "RS256"), alg="RS256", kid="RS384")
    yield signed(by(key("RS384"), "PS384"), alg="PS384", kid="RS384")
    yield signed(by(key("RS384"), "RS512"), alg="RS512", kid="RS384")
    yield from (signed(lambda *_, one=one: one) for one in (b"", b"\0", b"\0" * 96, b"\xff" * 96, b"\0" * 95 + b"\1"))
    for one in SECRETS:
        for name in ("HS384", "HS256", "ES384", "RS384", "none"):
            yield signed(_by_secret(one), alg=name)


def forms() -> Iterator[Callable[[Made], Made]]:
    def cut(number: int) -> Callable[[str], str]:
        return lambda told: told[:number] if number > 0 else told[number:]

    yield from (text(cut(one)) for one in (1, 10, 40, 100, 200, -1, -10, -100))
    yield text(lambda told: told.rpartition(".")[0])
    yield text(lambda told: told.rpartition(".")[0] + ".")
    yield text(lambda told: f"{told}.{told.rpartition('.')[2]}")
    yield text(lambda told: told.replace(".", ".."))
    yield text(lambda told: told + "AA")
    yield text(lambda told: f"{told}.")
    yield text(lambda told: f".{told}")
    yield text(lambda told: told.swapcase())
    yield text(lambda told: told[::-1])
    yield text(lambda told: encoded(told.encode()))
    yield text(lambda told: told.replace(told.split(".")[1], encoded(b"{}")))
    yield text(lambda told: told.replace(told.split(".")[1], encoded(b"[]")))
    yield text(lambda told: told.replace(told.split(".")[0], encoded(b'{"alg":"none"}')))
    yield text(lambda _: "")
    yield text(lambda _: "null")


KINDS = {one.__name__: tuple(one()) for one in (headers, times, whose, where, signatures, forms)}
PAIRED = tuple(combinations(("headers", "times", "whose", "where", "signatures"), 2))
EVERY = 5
"""Of the faults of a kind every so many is tried together with each of the other kinds."""


def shapes(audience: str) -> Iterator[Made]:
    """Yield the tokens with one fault, and with two of different kinds."""
    for kind in KINDS.values():
        yield from (one(good(audience)) for one in kind)
    for first, second in PAIRED:
        yield from (two(one(good(audience))) for one in KINDS[first][::EVERY] for two in KINDS[second][::EVERY])


@dataclass(frozen=True)
class Replicas:
    """Two processes on one database, which are asked in turn."""

    each: tuple[FlaskClient, FlaskClient]
    engine: Engine
    turns: Iterator[int] = field(default_factory=count)

    def post(self, path: str, bearer: str, content: bytes = CALL, **more: Any) -> int:
        told = {"data": content, "content_type": "application/json"} | more
        client = self.each[next(self.turns) % 2]
        return client.post(path, headers={"Authorization": f"Bearer {bearer}"}, **told).status_code

    def assertion(self, made: str) -> int:
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        asked = {"grant_type": "client_credentials", "scope": "system/Questionnaire.rs", "client_assertion_type": kind}
        return self.each[next(self.turns) % 2].post(TOKEN, data=asked | {"client_assertion": made}).status_code

    def kept(self) -> int:
        with self.engine.connect() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (CALLS, ACCESS_TOKENS)
            )


@pytest.fixture
def replicas(policies_on_file: Catalogue, tmp_path: Path) -> Iterator[Replicas]:
    clients = [
        {"name": "ehr", "iss": ISSUER, "jku": JKU},
        {"name": "second", "iss": OTHER, "jwks": json.dumps({"keys": [other_key()]})},
    ]
    settings = convert({"base_url": BASE, "clients": clients, "jti_replay": "strict"}, Settings)
    url = new_url(tmp_path)
    engines = open_engine(url), open_engine(url)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        one, two = (create_app(compose(settings, policies_on_file, TODAY, each)).test_client() for each in engines)
        yield Replicas((one, two), engines[0])
    for each in engines:
        each.dispose()


def plain(bearer: str) -> str:
    return " ".join(base64.urlsafe_b64decode(one + "==").decode(errors="replace") for one in bearer.split(".")[:2])


def other_key() -> Json:
    made: Any = jwt.get_algorithm_by_name("ES384")
    return dict(json.loads(made.to_jwk(STRANGE_EC.public_key()))) | {"kid": "ES384"}


def test_what_has_no_fault_is_let_in_once(replicas: Replicas) -> None:
    made, bought = good(), good(BASE + TOKEN)
    assert [replicas.post(SIGN, made.text()) for _ in range(2)] == [200, 401]
    assert [replicas.assertion(bought.text()) for _ in range(2)] == [200, 400]
    assert replicas.kept() == 2


def test_no_forged_stale_or_misdirected_token_is_accepted(replicas: Replicas) -> None:
    tried = [one.text() for one in shapes(SERVICE)]
    assert len(tried) > 500
    accepted = [plain(one) for one in tried if replicas.post(SIGN, one) < 400]
    assert accepted == []
    assert replicas.kept() == 0


def test_no_forged_stale_or_misdirected_assertion_buys_a_token(replicas: Replicas) -> None:
    # SMART asks an assertion for no iat: to lack it is no fault of one.
    tried = [one.text() for one in shapes(BASE + TOKEN) if "iat" in one.claims]
    accepted = [plain(one) for one in tried if replicas.assertion(one) < 400]
    assert (accepted, replicas.kept()) == ([], 0)


def test_a_good_token_serves_nowhere_else(replicas: Replicas) -> None:
    paths = [SIGN.replace("order-sign", one) for one in ("order-select", "order-dispatch", "appointment-book")]
    paths += [
        f"{SIGN.replace('order-sign', 'order-select')}/feedback",
        FORM,
        "/fhir/pas/Claim/$submit",
        "/fhir/ValueSet",
    ]
    assert [one for one in paths if replicas.post(one, good().text()) not in {401, 403, 404, 405}] == []
    assert replicas.kept() == 0
    assert replicas.assertion(good().text()) == 400
    assert replicas.post(SIGN, good(BASE + TOKEN).text()) == 401


@pytest.mark.parametrize("times", [40])
def test_a_token_that_comes_again_is_refused_by_either_replica(replicas: Replicas, times: int) -> None:
    for number in range(times):
        made = good().text()
        statuses = [
            replicas.post(SIGN, made, CALL.replace(b"dr1", f"dr{one}".encode())) for one in range(number % 3 + 2)
        ]
        assert statuses == [200] + [401] * (len(statuses) - 1)
