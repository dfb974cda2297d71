"""The keys of a client, for whoever tests one: a new pair, and a token signed with it for one address.

Source: CDS Hooks 2.0, "Trusting CDS Clients": ES384, with `iss`, `aud`, `iat`, `exp` and `jti`.
"""

import json
from datetime import UTC, datetime
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

ALGORITHM = "ES384"
LIFE_SECONDS = 300


class KeyFileError(Exception):
    """A file that holds no private key of a client."""


def new_pair(name: str) -> tuple[bytes, bytes]:
    """Return a private key (PEM, not encrypted) and its public key set (JWKS), under the name of a client."""
    private = generate_private_key(SECP384R1())
    public = jwt.get_algorithm_by_name(ALGORITHM).to_jwk(private.public_key(), as_dict=True)
    key = public | {"kid": name, "use": "sig", "alg": ALGORITHM}
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, json.dumps({"keys": [key]}, indent=2).encode() + b"\n"


def signed(pem: bytes, name: str, iss: str, url: str) -> str:
    """Return a token of a client for one address, for five minutes; raises KeyFileError."""
    try:
        private = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise KeyFileError("it holds no private key in PEM") from None
    if not isinstance(private, EllipticCurvePrivateKey):
        raise KeyFileError("its key is not of an elliptic curve")
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": iss, "aud": url, "iat": now, "exp": now + LIFE_SECONDS, "jti": uuid4().hex}
    return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": name})
