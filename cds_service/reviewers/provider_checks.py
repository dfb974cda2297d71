"""Whether the provider still stands by somebody who is signed in: it is asked anew, at an interval, by a refresh token.

Source: OpenID Connect Core 1.0, 12. Who has lost the account or the role is signed out here; who has another role has
it here too. The refresh token is sealed under the key of the session, of which only a hash is kept: nobody who reads
the database can use it. While the provider cannot be reached nobody works by its word.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.fernet import Fernet

from cds_service.logs import LOG
from cds_service.reviewers.identity_provider import Identity, IdentityProvider, ProviderError, SignedIn
from cds_service.reviewers.reviewer_file import Role
from cds_service.storage.form_keys import FormKeys, Kind

Context = Mapping[str, str]
_UNDER_WAY = timedelta(seconds=30)
"""How long a question to the provider may be under way, in which no other is sent and the last answer stands.

That is counted from the first question that it did not answer (`begun`).
"""


class ProviderLostError(Exception):
    """The provider cannot be asked, and nobody works without its word."""


@dataclass(frozen=True, slots=True)
class ProviderChecks:
    """Asks the provider about sessions that it opened."""

    provider: IdentityProvider
    keys: FormKeys

    def minutes(self, found: SignedIn) -> int:
        """Return how long a session lasts: without a refresh token until the provider would have to be asked."""
        its = self.provider.settings
        return its.session_minutes if found.refresh_token else min(its.session_minutes, its.recheck_minutes)

    def began(self, key: str, session: Context, found: SignedIn) -> None:
        """Keep with a new session when the provider is asked next, and by what."""
        self.keys.change(Kind.DESK, key, session, self._answered(key, session, found))

    def standing(self, key: str, session: Context) -> Context | None:
        """Return what is known of a session, from the provider where it is time to ask; None where it has ended.

        Raises ProviderLostError.
        """
        if not session.get("token") or self.keys.now() < datetime.fromisoformat(session["asked"]):
            return self._beside(session)
        now = self.keys.now()
        waiting = {"begun": now.isoformat(), **session, "asked": (now + _UNDER_WAY).isoformat()}
        if not self.keys.change(Kind.DESK, key, session, waiting):
            other = self.keys.find(Kind.DESK, key)
            return self._beside(other.context) if other is not None else None
        return self._asked(key, session, waiting)

    def _beside(self, extensions: Context) -> Context:
        """Return the last answer beside a question that is under way; raises ProviderLostError if none came for long.

        Else who keeps one question under way would work on beside it while the provider is lost.
        """
        if "begun" in extensions and self.keys.now() >= datetime.fromisoformat(extensions["begun"]) + _UNDER_WAY:
            raise ProviderLostError
        return extensions

    def _asked(self, key: str, session: Context, waiting: Context) -> Context | None:
        identity = Identity(session["name"], session["person"], Role(session["role"]))
        before = SignedIn(identity, _sealing(key).decrypt(session["token"].encode()).decode())
        try:
            found = self.provider.asked_again(before)
        except ProviderError as error:
            LOG.error("a session at the desk", extra={"fields": {"fault": str(error), "ended": error.is_refusal}})
            if not error.is_refusal:
                self.keys.change(Kind.DESK, key, waiting, {**session, "begun": waiting["begun"]})
                raise ProviderLostError from None
            self.keys.use(Kind.DESK, key)
            return None
        after = self._answered(key, waiting, found)
        return after if self.keys.change(Kind.DESK, key, waiting, after) else None

    def _answered(self, key: str, session: Context, found: SignedIn) -> Context:
        due = self.keys.now() + timedelta(minutes=self.provider.settings.recheck_minutes)
        token = _sealing(key).encrypt(found.refresh_token.encode()).decode() if found.refresh_token else ""
        its = {"name": found.identity.name, "person": found.identity.person, "role": found.identity.role.value}
        before = {name: one for name, one in session.items() if name != "begun"}
        return {**before, **its, "token": token, "asked": due.isoformat()}


def _sealing(key: str) -> Fernet:
    """Return what seals under the key of a session, which is random and long enough to be one."""
    return Fernet(urlsafe_b64encode(sha256(b"refresh token of the desk" + key.encode()).digest()))
