"""Signs tokens as a registered client does, and such as a server must refuse.

Source: CDS Hooks 2.0, "Trusting CDS Clients".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt

_LIFE_SECONDS = 300
_HOUR = 3600
_NO_SECRET = "conformance-self-test-" * 4


class SigningError(Exception):
    """The key cannot be used to sign with."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A client: its issuer, the id of its key, its algorithm, and the private key in PEM."""

    iss: str
    kid: str
    algorithm: str
    key: str = field(repr=False)

    def token(self, url: str) -> str:
        """Return a new token for an address; raises SigningError for a key that does not fit."""
        return self._signed(self._claims(url))

    def bad(self, url: str) -> Iterator[tuple[str, str]]:
        """Yield what must be refused at an address, by what is wrong with it."""
        claims = self._claims(url)
        past = {"iat": claims["iat"] - 2 * _HOUR, "exp": claims["exp"] - 2 * _HOUR}
        yield "no token", ""
        yield "a token for another address", self._signed(claims | {"aud": f"{url}/elsewhere"})
        yield "an expired token", self._signed(claims | past)
        yield "a token of a stranger", self._signed(claims | {"iss": "https://stranger.example.org"})
        yield "an unsigned token", jwt.encode(claims, "", algorithm="none", headers={"kid": self.kid})
        yield "a token by a shared secret", jwt.encode(claims, _NO_SECRET, "HS256", headers={"kid": self.kid})

    def _claims(self, url: str) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        return {"iss": self.iss, "aud": url, "iat": now, "exp": now + _LIFE_SECONDS, "jti": uuid4().hex}

    def _signed(self, claims: Mapping[str, Any]) -> str:
        try:
            return jwt.encode(dict(claims), self.key, self.algorithm, headers={"kid": self.kid})
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise SigningError(f"the key cannot sign by {self.algorithm}: {type(error).__name__}") from None
