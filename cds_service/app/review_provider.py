"""`[review_provider]`: the payer's own OpenID provider, by which reviewers sign in at the desk; none by default."""

from pathlib import Path

import msgspec

from cds_service.http.addresses import RefusedError, check_secure

_LONGEST_MINUTES = 1440


class ProviderSettingsError(Exception):
    """The provider cannot be used as it is set; the message says which setting, and why."""


class ReviewProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[review_provider]`: who signs reviewers in, as which client, and which values of a claim give which role.

    `role_claim` names the claim; one that lies in others is named with dots (`realm_access.roles`). `session_minutes`
    is how long somebody stays signed in here; every `recheck_minutes` the provider is asked by a refresh token whether
    the account still has its role. Some providers give one for a further scope only (`offline_access`).
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    role_claim: str = "roles"
    reviewer: str = "reviewer"
    medical_director: str = "medical-director"
    session_minutes: int = 240
    recheck_minutes: int = 15
    scope: str = "openid profile"

    @property
    def secret(self) -> str:
        """Return the secret of the client, which stands in a file of its own; empty for a public client."""
        return Path(self.client_secret_file).read_text(encoding="utf-8").strip() if self.client_secret_file else ""


def check_provider(provider: ReviewProvider, base_url: str) -> None:
    """Raise ProviderSettingsError for a provider that cannot be used."""
    if not provider.issuer:
        if provider != ReviewProvider():
            raise ProviderSettingsError("setting review_provider.issuer: it is missing")
        return
    if not provider.client_id or not provider.role_claim:
        raise ProviderSettingsError("settings review_provider.client_id and role_claim: both are needed")
    if not base_url:
        raise ProviderSettingsError("setting base_url: the provider sends reviewers back to it; it must be set")
    if not provider.reviewer or not provider.medical_director or provider.reviewer == provider.medical_director:
        raise ProviderSettingsError("settings review_provider.reviewer and medical_director: two values are needed")
    _check_session(provider)
    try:
        check_secure(provider.issuer)
    except RefusedError as error:
        raise ProviderSettingsError(f"setting review_provider.issuer: {error}") from None
    _check_secret(provider)


def _check_session(provider: ReviewProvider) -> None:
    for name in ("session_minutes", "recheck_minutes"):
        if not 0 < getattr(provider, name) <= _LONGEST_MINUTES:
            raise ProviderSettingsError(f"setting review_provider.{name}: from 1 to {_LONGEST_MINUTES}")
    if "openid" not in provider.scope.split():
        raise ProviderSettingsError("setting review_provider.scope: openid is missing")


def _check_secret(provider: ReviewProvider) -> None:
    try:
        is_empty = bool(provider.client_secret_file) and not provider.secret
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ProviderSettingsError(f"setting review_provider.client_secret_file: {why}") from None
    if is_empty:
        raise ProviderSettingsError("setting review_provider.client_secret_file: it is empty")
