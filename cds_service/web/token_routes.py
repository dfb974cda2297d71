"""`POST /oauth/token`: access tokens for registered clients; and the document that says where they are had.

Source: SMART App Launch 2.2.0, "Backend Services" and "Conformance"; RFC 6749, 4.4; RFC 7523. A client proves its
key by an assertion that it signs for this address, which holds at most five minutes and serves once. Authlib does the
rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Blueprint, Flask, Response, make_response

from cds_service.clients.client_assertions import Presented, Replay, TokenError, Verifier
from cds_service.clients.registered_clients import Client
from cds_service.clients.scopes import SUPPORTED, granted
from cds_service.dtr.dtr_versions import DTR_VERSIONS
from cds_service.logs import LOG
from cds_service.storage.access_tokens import LIFE_SECONDS, SqlAccessTokens, new_token
from cds_service.web.errors import reply

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
_METHOD = "private_key_jwt"
_UNSAYABLE = re.compile(r"[^\x20\x21\x23-\x5B\x5D-\x7E]")
_CLAIMS = ("iss", "sub", "aud", "exp", "jti")


class _Credentials(ClientCredentialsGrant):
    """The one grant that there is."""

    TOKEN_ENDPOINT_AUTH_METHODS = (_METHOD,)


@dataclass(frozen=True, slots=True)
class _OAuthClient(ClientMixin):
    """A registered client, as Authlib asks about it."""

    client: Client

    def get_client_id(self) -> str:
        """Return the issuer of its assertions."""
        return self.client.iss

    def get_allowed_scope(self, scope: Any) -> Any:
        """Return what is given of the scopes that were asked for; None if that is nothing."""
        return " ".join(granted(scope or "")) or None

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether it may prove itself in this way."""
        return method == _METHOD

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may have this grant."""
        return grant_type == _Credentials.GRANT_TYPE


@dataclass(frozen=True, slots=True)
class _Assertions:
    """Checks the assertions of clients; the same key sets as for tokens of CDS Hooks, and never twice the same jti."""

    verifier: Verifier
    url: str

    def __call__(self, _: object, request: Any) -> _OAuthClient | None:
        """Return the client that signed; None if nothing was signed; raises InvalidClientError."""
        form: Mapping[str, str] = request.form
        if form.get("client_assertion_type") != JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE:
            return None
        try:
            found = self.verifier.verify(Presented(form.get("client_assertion", ""), (self.url,), b""))
        except TokenError as error:
            LOG.info("assertion refused", extra={"fields": {"why": error.for_operator}})
            raise InvalidClientError(description=_sayable(f"the assertion is refused: {error}")) from None
        return _OAuthClient(found)


def register(app: Flask, verifier: Verifier, tokens: SqlAccessTokens, base_url: str) -> None:
    """Serve the token endpoint and the discovery documents, for the clients that are registered."""
    url = base_url + TOKEN_PATH
    strict = replace(verifier, replay=Replay.STRICT, required=_CLAIMS, longest_seconds=LIFE_SECONDS)
    server = _server(app, _Assertions(strict, url), tokens)
    routes = Blueprint("tokens", __name__)
    document = _document(url, verifier)

    @routes.post(TOKEN_PATH)
    def token() -> Response:
        return make_response(server.create_token_response())

    for dialect in DTR_VERSIONS:
        path = f"{dialect.base}/.well-known/smart-configuration"
        routes.add_url_rule(
            path, f"smart-{dialect.version.replace('.', '-')}", lambda: reply(document), strict_slashes=False
        )
    app.register_blueprint(routes)


def _sayable(text: str) -> str:
    """Return a text with signs only that `error_description` may hold (RFC 6749, 5.2): a kid can be anything."""
    return _UNSAYABLE.sub("?", text)


def _server(app: Flask, assertions: _Assertions, tokens: SqlAccessTokens) -> AuthorizationServer:
    def save(given: Mapping[str, Any], request: Any) -> None:
        tokens.keep(given["access_token"], request.client.get_client_id(), given["scope"].split())

    server = AuthorizationServer(query_client=lambda _: None, save_token=save)
    app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = lambda **_: new_token()
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {_Credentials.GRANT_TYPE: LIFE_SECONDS}
    server.init_app(app)
    server.register_client_auth_method(_METHOD, assertions)
    server.register_grant(_Credentials)
    return server


def _document(token_url: str, verifier: Verifier) -> dict[str, Any]:
    algorithms = sorted({name for client in verifier.clients.values() for name in client.algorithms})
    return {
        "token_endpoint": token_url,
        "token_endpoint_auth_methods_supported": [_METHOD],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": [_Credentials.GRANT_TYPE],
        "scopes_supported": list(SUPPORTED),
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
