"""Who is let in: registered clients by their tokens, administrators by theirs; while nobody is registered, everybody.

Open mode is for one machine and for sandboxes (`CDS_ALLOW_OPEN`); determinations are then read on loopback only.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest

from cds_service.clients.client_assertions import Presented, TokenError, UnnotedError, Verifier
from cds_service.clients.registered_clients import Client
from cds_service.clients.token_uses import Use
from cds_service.http.addresses import is_loopback
from cds_service.logs import LOG
from hooks.protocol.client import ANYONE, Caller
from hooks.protocol.errors import Issue, UnauthorizedError

_BEARER = "bearer "
_FEEDBACK = "/feedback"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as the gate sees it; `url` is its address as clients know it, without a query."""

    authorization: str
    method: str
    url: str
    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads determinations: one tenant's, or everybody's for an administrator.

    `language` is that of the client's registration; empty where it names none.
    """

    tenant: str | None
    language: str = ""

    @classmethod
    def of(cls, caller: Caller) -> "Reader":
        """Return a registered client as a reader."""
        return cls(caller.tenant, caller.language)


@dataclass(frozen=True, slots=True)
class Calling:
    """Who calls a service; where a client signed for it, the client and the use of its token, if that is noted."""

    caller: Caller
    client: Client | None = None
    use: Use | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides who is let in; without a verifier no client is registered, and `anyone` is every caller."""

    verifier: Verifier | None
    admin_token: str = ""
    anyone: Caller = ANYONE

    @property
    def is_open(self) -> bool:
        """Whether no client is registered."""
        return self.verifier is None

    def warm(self) -> None:
        """Fetch the key sets of the clients in the background, before the first call needs them."""
        if self.verifier is not None:
            self.verifier.keys.warm(self.verifier.clients.values())

    def caller(self, visit: Visit) -> Caller:
        """Return who calls a service; raises UnauthorizedError, or UnnotedError where the store fails."""
        return self.anyone if self.verifier is None else self._client(self.verifier, visit)

    def calling(self, visit: Visit) -> "Calling":
        """Return who calls a service, with the use of its token, which is noted with what is kept of the call.

        Raises UnauthorizedError, or UnnotedError where the store fails.
        """
        if self.verifier is None:
            return Calling(self.anyone)
        verifier, token = self.verifier, self._needed(visit)
        try:
            client, use = verifier.unnoted(_presented(token, visit))
        except TokenError as error:
            raise _refused(error) from None
        return Calling(client.caller, client, use)

    def note(self, calling: "Calling") -> None:
        """Note the use of a token; raises UnauthorizedError if it was used before, UnnotedError."""
        if self.verifier is None or calling.client is None or calling.use is None:
            return
        try:
            self.verifier.note(calling.client, calling.use)
        except TokenError as error:
            raise _refused(error) from None

    def end(self, calling: "Calling", *, is_noted: bool) -> None:
        """Note the use of a token of which nothing was kept; where it cannot be noted, nothing rests on it.

        Raises UnauthorizedError if it was used before.
        """
        if not is_noted:
            with suppress(UnnotedError):
                self.note(calling)

    def used_before(self) -> UnauthorizedError:
        """Return what a caller hears whose token came a second time while its first call was answered."""
        return _refused(self.verifier.used_before() if self.verifier is not None else TokenError("it was used before"))

    def check(self, visit: Visit) -> str:
        """Return the name of a client that calls, by the head of its request; empty in open mode.

        Raises UnauthorizedError. The use of its token is not noted: that is done once, with the body.
        """
        if self.verifier is None or self.is_admin(visit):
            return ""
        try:
            return self.verifier.seen(Presented(self._needed(visit), tuple(_audiences(visit.url)), b"")).name
        except TokenError as error:
            raise _refused(error) from None

    def known(self, visit: Visit) -> Caller | None:
        """Return who asks for what everybody may have; None if that is not said, or cannot be believed."""
        if self.verifier is None or not bearer(visit):
            return None
        try:
            return self._client(self.verifier, visit)
        except UnauthorizedError:
            return None

    def reader(self, visit: Visit) -> Reader:
        """Return whose determinations a visitor may read; raises UnauthorizedError."""
        if self.is_admin(visit):
            return Reader(None)
        if self.verifier is not None:
            return Reader.of(self._client(self.verifier, visit))
        if is_loopback(visit.address):
            return Reader(ANYONE.tenant)
        raise UnauthorizedError(
            [Issue("while no client is registered, this is had on this machine only, or by an administrator")]
        )

    def check_operator(self, visit: Visit) -> None:
        """Raise UnauthorizedError for who may not see the figures of use: who is neither here nor an administrator."""
        if not is_loopback(visit.address) and not self.is_admin(visit):
            raise UnauthorizedError([Issue("figures are read on this machine, or by an administrator")])

    def is_admin(self, visit: Visit) -> bool:
        """Whether an administrator visits."""
        token = bearer(visit)
        return bool(self.admin_token) and compare_digest(token.encode(), self.admin_token.encode())

    def _client(self, verifier: Verifier, visit: Visit) -> Caller:
        token = self._needed(visit)
        try:
            return verifier.verify(_presented(token, visit)).caller
        except TokenError as error:
            raise _refused(error) from None

    @staticmethod
    def _needed(visit: Visit) -> str:
        token = bearer(visit)
        if not token:
            raise UnauthorizedError([Issue("a token is needed: Authorization: Bearer, signed by a registered client")])
        return token


def _presented(token: str, visit: Visit) -> Presented:
    content = b"\n".join((visit.method.encode(), visit.url.encode(), visit.body))
    return Presented(token, tuple(_audiences(visit.url)), content)


def _refused(error: TokenError) -> UnauthorizedError:
    """Return what the caller hears; what is the operator's business goes to the log."""
    LOG.info("token refused", extra={"fields": {"why": error.for_operator}})
    return UnauthorizedError([Issue(f"the token is refused: {error}")])


def bearer(visit: Visit) -> str:
    """Return the token that a visitor bears; empty if there is none."""
    kind, token = visit.authorization[: len(_BEARER)], visit.authorization[len(_BEARER) :]
    return token.strip() if kind.lower() == _BEARER else ""


def _audiences(url: str) -> Iterator[str]:
    """Yield the addresses that a token may be for: feedback is signed for itself or for its service."""
    yield url
    if url.endswith(_FEEDBACK):
        yield url.removesuffix(_FEEDBACK)
