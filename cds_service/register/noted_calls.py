"""A call whose token serves once: its use is noted with what is kept of the call, or before anything is fetched for it.

What is kept and the note stand in one transaction, so that a call commits once. Whoever sends a token a second time
causes no request to a record system, also while the store can be read and not written.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from cds_service.clients.access import Calling, Gate
from cds_service.clients.client_assertions import UnnotedError
from cds_service.clients.token_uses import Use
from cds_service.fetching.fetcher import Closed
from cds_service.register.register import Noting, SqlRegister, UsedBeforeError
from hooks.discovery import Service
from hooks.ehr_data.fetch_port import Budget, Fetcher, Source
from hooks.protocol.client import Caller
from hooks.response.usage_figures import Reply


@dataclass(frozen=True, slots=True)
class NotedFetcher:
    """Fetches for a call once `note` has noted the use of its token."""

    inner: Fetcher
    note: Callable[[], None]

    def begin(self, caller: Caller) -> Budget:
        """Begin the time of a call by somebody."""
        return _NotedBudget(self.inner.begin(caller), self.note)


@dataclass(frozen=True, slots=True)
class _NotedBudget:
    inner: Budget
    note: Callable[[], None]

    @contextmanager
    def source(self, server: str, token: str) -> Iterator[Source]:
        """Open the server of a call; one that may not be asked needs no note. Raises what `note` does."""
        with self.inner.source(server, token) as opened:
            if not (isinstance(opened, Closed) and opened.refused):
                self.note()
            yield opened


def answered(service: Service, gate: Gate, calling: Calling, use: Use, body: Callable[[], bytes]) -> Reply:
    """Answer a call, and note the use of its token once: before a fetch, with what is kept, or by itself at the end.

    Raises UnauthorizedError for a token that was used, UnnotedError where that cannot be known and something lacks.
    """
    noting = Noting(use)

    def note() -> None:
        if not noting.is_noted:
            gate.note(calling)
            noting.is_noted = True

    answering = replace(service.answering, fetcher=NotedFetcher(service.answering.fetcher, note))
    if isinstance(answering.register, SqlRegister):
        answering = replace(answering, register=replace(answering.register, noting=noting))
    with ExitStack() as at_end:
        at_end.callback(lambda: gate.end(calling, is_noted=noting.is_noted))
        try:
            return Service(answering).answer(body(), calling.caller)
        except UsedBeforeError:
            raise gate.used_before() from None
        except UnnotedError:
            at_end.pop_all()  # it was just tried
            raise
