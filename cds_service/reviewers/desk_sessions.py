"""Sign-in at the desk: a session that lasts a working day, within what `sign_in_limits` allows.

A session is a random key that is kept as a hash (`storage.form_keys`); with it goes what a form must repeat to be
taken (CSRF), and a hash of the password that opened it: a reviewer who gets another one has to sign in anew. Names that
nobody has are counted and locked like any other, and take as long: nothing tells them apart.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hmac import compare_digest

from cds_service.reviewers.identity_provider import SignedIn
from cds_service.reviewers.provider_checks import ProviderChecks
from cds_service.reviewers.reviewer_file import Reviewer, Reviewers, Role
from cds_service.reviewers.sign_in_failures import SignInFailures
from cds_service.reviewers.sign_in_limits import LOCKED, BusyError, Origin, Turns
from cds_service.storage.form_keys import FormKeys, Given, Kind
from cds_service.storage.secret_hash import hashed

SESSION_MINUTES = 480
DEVICE_MINUTES = 90 * 24 * 60
"""How long a browser is known after a sign-in."""
_BYTES = 24
_LONGEST = 1_000
"""Characters of a name that is looked at."""


_ANYWHERE = Origin()


class SignInError(Exception):
    """Nobody is let in; `is_locked` tells that the name has to wait, `is_busy` that too many sign in at the moment."""

    def __init__(self, *, is_locked: bool = False, is_busy: bool = False) -> None:
        self.is_locked = is_locked
        self.is_busy = is_busy
        super().__init__("locked" if is_locked else "busy" if is_busy else "wrong")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in: name, person, role, what each form must repeat, and whether the payer's provider says so."""

    name: str
    person: str
    role: Role
    csrf: str
    by_provider: bool = False

    def check(self, repeated: str) -> bool:
        """Whether a form is one of this session's own."""
        return compare_digest(self.csrf.encode(), repeated.encode())


@dataclass(frozen=True, slots=True)
class DeskSessions:
    """Signs reviewers in and out."""

    reviewers: Reviewers
    keys: FormKeys
    failures: SignInFailures
    checks: ProviderChecks | None = None
    turns: Turns = field(default_factory=Turns)

    def sign_in(self, name: str, password: str, origin: Origin = _ANYWHERE) -> str:
        """Return the key of a new session; raises SignInError."""
        name = name[:_LONGEST]
        known = origin if self.is_known(name, origin.device) else replace(origin, device="")
        counted = known.counted(name)
        if self.failures.is_over(counted):
            raise SignInError(is_locked=True)
        try:
            with self.turns.taken(known):
                found = self._checked(name, password, known)
        except BusyError:
            raise SignInError(is_busy=True) from None
        self.failures.end(counted, next(iter(counted)))
        session = {"name": found.name, "csrf": secrets.token_urlsafe(_BYTES), "password": _fingerprint(found)}
        return self.keys.give(Given(Kind.DESK, None, session), SESSION_MINUTES)

    def _checked(self, name: str, password: str, origin: Origin) -> Reviewer:
        counted = origin.counted(name)
        if not self.failures.begin(counted, LOCKED):
            raise SignInError(is_locked=True)
        found = self.reviewers.signed_in(name, password)
        if found is None:
            self.turns.failed(origin)
            raise SignInError(is_locked=self.failures.is_over(counted))
        return found

    def is_known(self, name: str, device: str) -> bool:
        """Whether a key is that of a browser in which a reviewer of this name signed in."""
        found = self.keys.find(Kind.DEVICE, device) if device else None
        return found is not None and found.context["name"] == name

    def device(self, name: str) -> str:
        """Return the key of a browser in which a reviewer signs in."""
        return self.keys.give(Given(Kind.DEVICE, None, {"name": name}), DEVICE_MINUTES)

    def admit(self, found: SignedIn, checks: ProviderChecks) -> str:
        """Return the key of a new session for somebody whom the payer's provider signed in."""
        session = {"csrf": secrets.token_urlsafe(_BYTES)}
        key = self.keys.give(Given(Kind.DESK, None, session), checks.minutes(found))
        checks.began(key, session, found)
        return key

    def find(self, key: str) -> Session | None:
        """Return the session of a key; None if there is none any more, or its reviewer has gone or another password.

        Raises ProviderLostError where the provider would have to be asked.
        """
        opened = self.keys.find(Kind.DESK, key) if key else None
        if opened is not None and "role" in opened.context:
            return self._of_provider(key, opened.context)
        reviewer = self.reviewers.known.get(opened.context.get("name", "")) if opened is not None else None
        if opened is None or reviewer is None or opened.context.get("password") != _fingerprint(reviewer):
            return None
        return Session(reviewer.name, reviewer.person, reviewer.role, opened.context["csrf"])

    def _of_provider(self, key: str, kept: Mapping[str, str]) -> Session | None:
        standing = self.checks.standing(key, kept) if self.checks is not None else None
        if standing is None:
            return None
        return Session(standing["name"], standing["person"], Role(standing["role"]), standing["csrf"], by_provider=True)

    def sign_out(self, key: str) -> None:
        """End a session."""
        self.keys.use(Kind.DESK, key)


def _fingerprint(reviewer: Reviewer) -> str:
    """Return by what a password is known again: the hash of its salted hash."""
    return hashed(reviewer.password)
