"""Signing in at the desk by the payer's OpenID provider: the code flow with PKCE.

Source: OpenID Connect Core 1.0, 3.1.2; RFC 7636; RFC 9207 (the issuer in the answer). The state is bound to the browser
by a cookie, and serves once.
"""

import secrets
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cds_service.logs import LOG
from cds_service.reviewers.identity_provider import IdentityProvider, NoReviewerError, ProviderError, SignedIn
from cds_service.storage.form_keys import FormKeys, Given, Kind
from cds_service.storage.secret_hash import hashed
from policies.model.notes import Note

SIGN_IN_MINUTES = 10
"""How long a sign-in may take, in minutes."""
_BYTES = 48


class ProviderSignInError(Exception):
    """Nobody is signed in; the note says why, `status` is that of the answer."""

    def __init__(self, status: int, note: Note) -> None:
        self.status = status
        self.note = note
        super().__init__(note.key)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where to send the browser, and the value of the cookie that binds it."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Came:
    """What a browser brings back from the provider; what is missing is empty."""

    state: str
    code: str
    error: str
    issuer: str
    cookie: str


@dataclass(frozen=True, slots=True)
class ProviderSignIn:
    """Signs reviewers in by a provider; `callback` is our redirect address."""

    provider: IdentityProvider
    keys: FormKeys
    callback: str

    def begin(self) -> Begun:
        """Begin a sign-in; raises ProviderSignInError."""
        try:
            endpoint = self.provider.endpoints().authorization_endpoint
        except ProviderError as error:
            raise _failed(error) from None
        verifier, nonce, cookie = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        context = {"verifier": verifier, "nonce": nonce, "cookie": hashed(cookie)}
        asked = {
            "response_type": "code",
            "client_id": self.provider.settings.client_id,
            "redirect_uri": self.callback,
            "scope": self.provider.settings.scope,
            "state": self.keys.give(Given(Kind.SIGN_IN, None, context), SIGN_IN_MINUTES),
            "nonce": nonce,
            "code_challenge": str(create_s256_code_challenge(verifier)),  # type: ignore[no-untyped-call]
            "code_challenge_method": "S256",
        }
        return Begun(_with(endpoint, asked), cookie)

    def finish(self, came: Came) -> SignedIn:
        """Return the reviewer who comes back from the provider; raises ProviderSignInError."""
        begun = self.keys.use(Kind.SIGN_IN, came.state) if came.state else None
        if begun is None or not compare_digest(begun.context["cookie"], hashed(came.cookie)):
            raise ProviderSignInError(400, Note("review.stale"))
        if came.error or not came.code or came.issuer not in {"", self.provider.settings.issuer}:
            raise ProviderSignInError(403, Note("review.provider_refused"))
        try:
            return self.provider.signed_in(came.code, begun.context["verifier"], begun.context["nonce"], self.callback)
        except ProviderError as error:
            raise _failed(error) from None

    def end(self, signed_out: str) -> str:
        """Return where the session at the provider is ended too, or `signed_out` where it has no place for it."""
        try:
            endpoint = self.provider.endpoints().end_session_endpoint
        except ProviderError as error:
            raise _failed(error) from None
        asked = {"client_id": self.provider.settings.client_id, "post_logout_redirect_uri": signed_out}
        return _with(endpoint, asked) if endpoint else signed_out


def _with(endpoint: str, asked: dict[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def _failed(error: ProviderError) -> ProviderSignInError:
    LOG.error("sign-in at the desk", extra={"fields": {"fault": str(error)}})
    if isinstance(error, NoReviewerError):
        return ProviderSignInError(403, Note("review.no_reviewer"))
    if error.is_refusal:
        return ProviderSignInError(403, Note("review.provider_refused"))
    return ProviderSignInError(502, Note("review.provider_failed"))
