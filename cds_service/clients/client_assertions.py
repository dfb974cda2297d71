"""The token of a call: who signed it, for which address, until when, and whether it was used before.

Source: CDS Hooks 2.0, "Trusting CDS Clients"; RFC 7519. A token is checked in the order in which a reader would:
form, issuer, key, signature, claims, use. The first fault is reported, in plain words.
"""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

import jwt

from cds_service.clients.key_sets import KeySetError, KeySets
from cds_service.clients.registered_clients import Client
from cds_service.clients.token_uses import SoundTokens, Use, UsedTokens
from fhir_mappings.r4 import strict_json

_REQUIRED = ("iss", "aud", "exp", "iat", "jti")
LONGEST_SECONDS = 3600
"""How far ahead the end of a token may lie, unless the settings say otherwise."""
_LONGEST_TOKEN = 16_000
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


class TokenError(Exception):
    """A token is refused; the message says to the caller which check failed, and repeats nothing of the token.

    `for_operator` says more where the fault may be in the registration or its key set: to the log and `jwt explain`.
    """

    def __init__(self, text: str, for_operator: str = "") -> None:
        self.for_operator = for_operator or text
        super().__init__(text)


class UnnotedError(Exception):
    """The use of a token cannot be noted, so that nobody knows whether it was used before; all else of it holds.

    `client` is who signed it; None where that is not known yet.
    """

    def __init__(self, client: Client | None = None) -> None:
        super().__init__("the use of the token cannot be noted")
        self.client = client


class Replay(Enum):
    """What is done with a token that comes again.

    `off`: nothing. `body`: it may come with another body, as test suites do. `strict`: it serves once.
    """

    OFF = "off"
    BODY = "body"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it was presented: for which addresses it may be, and with what it came."""

    token: str
    audiences: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks tokens against the registered clients.

    `required` are the claims that there must be; `longest_seconds` is how far ahead the end of a token may lie.
    """

    clients: Mapping[str, Client]
    keys: KeySets
    used: UsedTokens
    replay: Replay
    leeway_seconds: int
    required: tuple[str, ...] = _REQUIRED
    longest_seconds: int = LONGEST_SECONDS
    _sound: SoundTokens = field(default_factory=SoundTokens, init=False, repr=False, compare=False)

    def verify(self, presented: Presented) -> Client:
        """Return the client that signed a token, and note its use; raises TokenError, UnnotedError."""
        client, use = self._use_of(presented)
        if use is not None:
            self.note(client, use)
        return client

    def unnoted(self, presented: Presented) -> tuple[Client, Use | None]:
        """Return the client that signed a token, and its use, which is still to be noted; None where none need be.

        Raises TokenError, for a token whose use is known too, and UnnotedError.
        """
        client, use = self._use_of(presented)
        if use is not None and self._asked(client, lambda: self.used.is_known(use.name)):
            raise self.used_before()
        return client, use

    def note(self, client: Client, use: Use) -> None:
        """Note a use; raises TokenError if it was used before, UnnotedError."""
        if not self._asked(client, lambda: self.used.is_first(use.name, use.until)):
            raise self.used_before()

    def used_before(self) -> TokenError:
        """Return what is wrong with a token that comes again."""
        with_it = " with this very body" if self.replay is Replay.BODY else ""
        return TokenError(f"it was used before{with_it} (jti)")

    @staticmethod
    def _asked(client: Client, question: Callable[[], bool]) -> bool:
        try:
            return question()
        except UnnotedError:
            raise UnnotedError(client) from None

    def seen(self, presented: Presented) -> Client:
        """Return the client that signed a token, whose use is not noted; raises TokenError."""
        client, claims = self._read(presented)
        self._sound.keep((presented.token, presented.audiences), client, claims)
        return client

    def _read(self, presented: Presented) -> tuple[Client, Mapping[str, Any]]:
        header = header_of(presented.token)
        client = self.client(claims_unchecked(presented.token))
        claims = self.checked(presented, client, header)
        self._check_life(claims)
        return client, claims

    def client(self, claims: Mapping[str, Any]) -> Client:
        """Return the registered client that a token names as its issuer; raises TokenError."""
        issuer = claims.get("iss")
        found = self.clients.get(issuer) if isinstance(issuer, str) else None
        if found is None:
            raise TokenError("its issuer (iss) is no registered client")
        return found

    def checked(self, presented: Presented, client: Client, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Check key, signature and claims; returns the claims; raises TokenError."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in client.algorithms:
            names = ", ".join(client.algorithms)
            raise TokenError(
                "its algorithm (alg) is not one that this client is registered with",
                f"its algorithm is {algorithm!r}; this client is registered with {names}",
            )
        if "jku" in header and client.jku and header["jku"] != client.jku:
            raise TokenError("its key set address (jku) is not the registered one")
        if not isinstance(kid, str):
            raise TokenError("its header has no key id (kid)")
        try:
            key = self.keys.key(client, kid)
        except KeySetError as error:
            raise TokenError("its key (kid) is not in the key set of this client that we have", str(error)) from None
        if not key.serves(algorithm):
            raise TokenError(f"its key is for {key.algorithm or key.kind}, and it is signed with {algorithm}")
        return self._decoded(presented, client, key.value)

    def _decoded(self, presented: Presented, client: Client, key: Any) -> Mapping[str, Any]:
        try:
            return jwt.decode(
                presented.token,
                key,
                algorithms=list(client.algorithms),
                audience=presented.audiences,
                issuer=client.iss,
                leeway=self.leeway_seconds,
                options={"require": list(self.required)},
            )
        except jwt.PyJWTError as error:
            raise TokenError(in_words(error, presented)) from None

    def _check_life(self, claims: Mapping[str, Any]) -> None:
        """Check that a token ends soon, and that its client speaks for itself where it has to say so."""
        if int(claims["exp"]) > datetime.now(UTC).timestamp() + self.longest_seconds + self.leeway_seconds:
            raise TokenError(f"it holds for more than {self.longest_seconds} seconds (exp)")
        if "sub" in self.required and claims.get("sub") != claims.get("iss"):
            raise TokenError("its subject (sub) is not its issuer (iss)")

    def _use_of(self, presented: Presented) -> tuple[Client, Use | None]:
        """Return the client that signed a token, and its use, of which nothing is known yet; raises TokenError."""
        known = self._sound.take((presented.token, presented.audiences), self.leeway_seconds)
        client, claims = known or self._read(presented)
        if self.replay is Replay.OFF:
            return client, None
        body_hash = sha256(presented.content).hexdigest() if self.replay is Replay.BODY else ""
        name = sha256(f"{client.name}\n{claims['jti']}\n{body_hash}".encode()).hexdigest()
        return client, Use(name, _until(int(claims["exp"]) + self.leeway_seconds))


def _until(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return _LATEST


def _check_parts(token: str) -> None:
    """Raise TokenError for a header or claims that two readers may read differently: a member twice, no text, NaN."""
    for part in token.split(".")[:2]:
        try:
            text = urlsafe_b64decode(part + "=" * (-len(part) % 4))
            strict_json.check_encoding(text)
            strict_json.check(text)
        except ValueError:
            raise TokenError("it is no JSON web token, or a claim stands in it twice") from None


def header_of(token: str) -> Mapping[str, Any]:
    """Return the header of a token, unchecked; raises TokenError if there is none, or it is for something else."""
    if len(token) > _LONGEST_TOKEN:
        raise TokenError("it is too long for a token")
    _check_parts(token)
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise TokenError("it is no JSON web token") from None
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise TokenError("its type (typ) is not JWT")
    return header


def claims_unchecked(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, unchecked; raises TokenError if there are none."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise TokenError("it is no JSON web token") from None


def in_words(error: jwt.PyJWTError, presented: Presented) -> str:
    """Say what is wrong with a token."""
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired (exp)"
        case jwt.ImmatureSignatureError():
            return "it is from the future (iat, nbf)"
        case jwt.InvalidAudienceError():
            return f"it is for another address (aud); this one is {presented.audiences[0]}"
        case jwt.MissingRequiredClaimError():
            return f"it lacks {error.claim}"
        case jwt.InvalidSignatureError():
            return "its signature does not fit"
        case _:
            return f"it is not valid: {error}"
