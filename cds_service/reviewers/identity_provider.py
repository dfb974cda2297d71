"""The payer's OpenID provider: where it signs people in, and who somebody is by the ID token that it gives for a code.

Source: OpenID Connect Core 1.0, 3.1.3 (token endpoint, validation of the ID token); Discovery 1.0, 4; RFC 6749, 2.3.1.
Nothing is fetched with the access token. Of the tokens only the one that refreshes is kept, sealed (`provider_checks`);
what it brings is held to the same rules as the first ID token, but for the nonce (12.2).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Annotated, Any
from urllib.parse import quote

import jwt
import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from cds_service.app.review_provider import ReviewProvider
from cds_service.clients.client_assertions import TokenError, header_of
from cds_service.clients.key_sets import Keys, KeySetError, over_http, read
from cds_service.http.addresses import RefusedError, check_secure, connect_to
from cds_service.http.deadline import session_until
from cds_service.http.http_client import OutgoingError, StatusError, post_form
from cds_service.reviewers.reviewer_file import LONGEST_NAME, Role

_SECONDS = 5.0
_MOST_BYTES = 100_000
_LEEWAY_SECONDS = 60
_SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key of the provider alone: no signature, or one by a shared secret, does not prove who signed."""
_REFUSED = frozenset({400, 403})
"""How a token endpoint refuses a refresh token (RFC 6749, 5.2); 401 is about this service's own secret."""
_REQUIRED = ("iss", "sub", "aud", "exp", "iat")


class ProviderError(Exception):
    """Nobody can be signed in by the provider; the message holds nothing of what it sent.

    `is_refusal` tells that it answered, and that its answer does not let anybody in.
    """

    def __init__(self, why: str, *, is_refusal: bool = False) -> None:
        self.is_refusal = is_refusal
        super().__init__(why)


class NoReviewerError(ProviderError):
    """Somebody signed in who has none of the roles."""

    def __init__(self) -> None:
        super().__init__("the person has no role here", is_refusal=True)


class Endpoints(msgspec.Struct, frozen=True):
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    methods: tuple[str, ...] = msgspec.field(name="token_endpoint_auth_methods_supported", default=())


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str = ""
    access_token: str = ""
    refresh_token: str = ""


class _Claims(msgspec.Struct, frozen=True):
    """Claims by their types, which the libraries rely on; and who the token is about."""

    exp: int | float
    iat: int | float
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    nonce: str = ""
    nbf: int | float = 0
    auth_time: int | float = 0
    amr: tuple[str, ...] = ()
    azp: str = ""
    at_hash: str = ""
    name: str = ""
    preferred_username: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """A reviewer who signed in: by which name the provider knows them (`sub`), how people do, and the role."""

    name: str
    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A reviewer with the token by which the provider is asked again; empty where it gave none."""

    identity: Identity
    refresh_token: str


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Asks the provider."""

    settings: ReviewProvider

    def endpoints(self) -> Endpoints:
        """Ask where people are signed in; raises ProviderError."""
        url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = msgspec.json.decode(over_http(url), type=Endpoints)
            for one in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                self._check(one)
            if found.end_session_endpoint:
                self._check(found.end_session_endpoint)
        except (OutgoingError, RefusedError, msgspec.MsgspecError) as error:
            raise ProviderError(f"discovery: {type(error).__name__}") from None
        if found.issuer != self.settings.issuer:
            raise ProviderError("discovery: it is another issuer's")
        return found

    def _check(self, url: str) -> None:
        """Raise RefusedError for an address that is not used: http on this machine is for a provider that is there."""
        check_secure(url, query=True)
        if url.startswith("http://") and not self.settings.issuer.startswith("http://"):
            raise RefusedError("an address on this machine")

    def signed_in(self, code: str, verifier: str, nonce: str, callback: str) -> SignedIn:
        """Exchange a code for the reviewer who signed in; raises ProviderError."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
        return self._exchanged(fields, nonce)

    def asked_again(self, before: SignedIn) -> SignedIn:
        """Ask whether somebody is still a reviewer, and as what (OpenID Connect Core 1.0, 12); raises ProviderError."""
        found = self._exchanged({"grant_type": "refresh_token", "refresh_token": before.refresh_token}, "")
        if found.identity.name != before.identity.name:
            raise ProviderError("ID token: it is somebody else's", is_refusal=True)
        return replace(found, refresh_token=found.refresh_token or before.refresh_token)

    def _exchanged(self, fields: dict[str, str], nonce: str) -> SignedIn:
        found = self.endpoints()
        try:
            keys = read(over_http(found.jwks_uri))
            until = monotonic() + _SECONDS
            with session_until(until, connect_to(found.token_endpoint)) as http:
                http.auth, named = self._credentials(found)
                tokens_raw = post_form(http, found.token_endpoint, fields | named, until, _MOST_BYTES)
            tokens = msgspec.json.decode(tokens_raw, type=_Tokens)
        except StatusError as error:
            refused = error.status in _REFUSED and not nonce
            raise ProviderError(f"token: {type(error).__name__}", is_refusal=refused) from None
        except (OutgoingError, RefusedError, msgspec.MsgspecError, KeySetError) as error:
            raise ProviderError(f"token: {type(error).__name__}") from None
        return SignedIn(self._identity(self._claims(tokens, keys, nonce)), tokens.refresh_token)

    def _credentials(self, found: Endpoints) -> tuple[tuple[str, str] | None, dict[str, str]]:
        """Return how this client shows who it is: in a header, or among the fields where the provider wants that."""
        secret, name = self.settings.secret, self.settings.client_id
        if not secret:
            return None, {"client_id": name}
        if "client_secret_post" in found.methods and "client_secret_basic" not in found.methods:
            return None, {"client_id": name, "client_secret": secret}
        return (quote(name, safe=""), quote(secret, safe="")), {}

    def _claims(self, tokens: _Tokens, keys: Keys, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that is the provider's, for this client and this very sign-in."""
        params = {"client_id": self.settings.client_id, "access_token": tokens.access_token}
        params |= {"nonce": nonce} if nonce else {}
        try:
            header = header_of(tokens.id_token)
            key = keys.get(str(header.get("kid")))
            if key is None or not key.serves(str(header.get("alg"))):
                raise ProviderError("ID token: it is signed by no key of the provider", is_refusal=True)
            claims = jwt.decode(
                tokens.id_token,
                key.value,
                algorithms=list(_SIGNED_BY),
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": [*_REQUIRED, *(("nonce",) if nonce else ())]},
            )
            msgspec.convert(claims, _Claims)
            CodeIDToken(claims, header, params=params).validate(leeway=_LEEWAY_SECONDS)
        except (TokenError, jwt.PyJWTError, msgspec.ValidationError, JoseError) as error:
            raise ProviderError(f"ID token: {type(error).__name__}", is_refusal=True) from None
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        stated = msgspec.convert(claims, _Claims)
        given = frozenset(_values(claims, self.settings.role_claim))
        roles = {self.settings.medical_director: Role.DIRECTOR, self.settings.reviewer: Role.REVIEWER}
        role = next((role for value, role in roles.items() if value in given), None)
        if role is None:
            raise NoReviewerError
        person = (stated.name or stated.preferred_username or stated.sub)[:LONGEST_NAME]
        return Identity(stated.sub, person, role)


def _values(claims: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield the values of a claim, by its name or by the path of names that leads to it."""
    found: Any = claims
    for part in (name,) if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, str):
            yield one
