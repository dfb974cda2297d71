"""A client that signs, made for tests: its keys are made anew at each run."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER = "https://ehr.example.org/cds-client"
JKU = "https://ehr.example.org/jwks.json"
BASE = "https://cds.example.org"
SERVICE = f"{BASE}/cds-services/order-sign-crd"


@cache
def key(algorithm: str) -> Any:
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(algorithm: str, **more: Any) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm)
    entry = json.loads(made.to_jwk(key(algorithm).public_key()))  # type: ignore[attr-defined]
    return dict(entry | {"kid": algorithm} | more)


def key_set(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": list(entries or (public("ES384"), public("RS384")))}).encode()


class FromNow(int):
    """Seconds from the moment at which a token is made."""


def claims(**changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    made = {"iss": ISSUER, "aud": SERVICE, "iat": now, "exp": FromNow(300), "jti": "a" * 64} | changes
    given = {name: now + value if isinstance(value, FromNow) else value for name, value in made.items()}
    return {name: value for name, value in given.items() if value is not None}


def token(algorithm: str = "ES384", header: dict[str, Any] | None = None, **changes: Any) -> str:
    heading = {"kid": algorithm, "jku": JKU} | (header or {})
    heading = {name: value for name, value in heading.items() if value is not None}
    return jwt.encode(claims(**changes), key(algorithm), algorithm=algorithm, headers=heading)
