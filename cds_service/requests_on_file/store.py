"""Prior authorization requests on file, with every answer to them; both stand in the chain, what holds a chart sealed.

A request is kept once, however often it comes. What is decided of it later is a further answer; nothing is overwritten
but the state of the request and the time by which it is due.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, desc, select

from cds_service.chain import entries as chain
from cds_service.database.locks import hold
from cds_service.database.transactions import reading, writing
from cds_service.encryption.payloads import check_keys, known_as
from cds_service.encryption.tenant_keys import PAYER
from cds_service.requests_on_file.kept_requests import PENDED, REFUSED, KeptAnswer, Request, by_due
from cds_service.requests_on_file.request_rows import answers_in, readable_in, request_in
from cds_service.requests_on_file.store_session import StoreSession
from cds_service.requests_on_file.tables import MEMBERS, REQUESTS

MOST_OF_MEMBER = 10_000
"""How many requests of one member are looked through at most."""


_FOUND = (REQUESTS.c.first, REQUESTS.c.tenant, REQUESTS.c.claim, REQUESTS.c.providers)


@dataclass(frozen=True, slots=True)
class Found:
    """A request as it is found, unopened: the first of its updates, whose it is, and the hashes of what it is about."""

    first: str
    tenant: str
    claim: str
    providers: frozenset[str]


@dataclass(frozen=True, slots=True)
class PriorAuthStore:
    """The requests on file; `now` gives the time of an entry in the chain."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @contextmanager
    def session(self, *names: str) -> Iterator["StoreSession"]:
        """Begin a transaction in which nobody else writes about what these names stand for; raises StoreError."""
        with writing(self.engine) as connection:
            for one in sorted(names):
                hold(connection, "prior-auth", one)
            session = StoreSession(connection)
            yield session
            check_keys(connection)
            chain.append(connection, session.sealed, self.now())

    def find(self, request: str) -> Request | None:
        """Return a request by its id."""
        return self._one(REQUESTS.c.id == request)

    def same(self, tenant: str, content: str) -> Request | None:
        """Return the request that came with the same content from the same tenant."""
        return self._one(REQUESTS.c.tenant == tenant, REQUESTS.c.content.in_(self.known_as(tenant, [content])))

    def of_claim(self, tenant: str, claim: str) -> Request | None:
        """Return the newest request of a tenant whose Claim bears the same identifiers; a refused one is none."""
        same = REQUESTS.c.claim.in_(self.known_as(tenant, [claim]))
        return self._one(REQUESTS.c.tenant == tenant, same, REQUESTS.c.state != REFUSED)

    def current(self, first: str) -> Request | None:
        """Return the newest request of those that began with one."""
        return self._one(REQUESTS.c.first == first)

    def chain_of(self, first: str) -> tuple[Request, ...]:
        """Return a request with its updates, the oldest first."""
        return self._many(REQUESTS.c.first == first)

    def known_as(self, tenant: str, hashes: Iterable[str]) -> frozenset[str]:
        """Return hashes with those by which the same is kept of a tenant; of what tenants have in common, of PAYER."""
        with reading(self.engine) as connection:
            return known_as(connection, tenant, hashes)

    def of_members(self, members: Iterable[str]) -> tuple[Found, ...]:
        """Return the requests of a member, by any of its names, with what follows on them, the oldest first.

        Of very many it is one more than `MOST_OF_MEMBER`. What was refused is none.
        """
        named = MEMBERS.c.name.in_(self.known_as(PAYER, members))
        firsts = select(REQUESTS.c.first).join(MEMBERS, MEMBERS.c.request_id == REQUESTS.c.id).where(named)
        sought = select(*_FOUND).where(REQUESTS.c.first.in_(firsts), REQUESTS.c.state != REFUSED)
        newest = sought.order_by(desc(REQUESTS.c.submitted), desc(REQUESTS.c.id)).limit(MOST_OF_MEMBER + 1)
        with reading(self.engine) as connection:
            rows = connection.execute(newest).all()
        return tuple(Found(one.first, one.tenant, one.claim, frozenset(one.providers.split())) for one in rows[::-1])

    def pended(self) -> tuple[Request, ...]:
        """Return what waits for a person, what is due first coming first; without what cannot be decrypted."""
        return by_due(self._many(REQUESTS.c.state == PENDED, of_all=True))

    def newest(self, states: Iterable[str], most: int) -> tuple[Request, ...]:
        """Return so many requests in some states, what was submitted last coming first; without the same."""
        return self._many(REQUESTS.c.state.in_(tuple(states)), newest=True, most=most, of_all=True)

    def answers(self, request: str) -> tuple[KeptAnswer, ...]:
        """Return the answers to a request, the first coming first."""
        with reading(self.engine) as connection:
            return answers_in(connection, request)

    def _one(self, *which: Any) -> Request | None:
        return next(iter(self._many(*which, newest=True, most=1)), None)

    def _many(
        self, *which: Any, newest: bool = False, most: int | None = None, of_all: bool = False
    ) -> tuple[Request, ...]:
        """Return requests; of those of all tenants (`of_all`) one that cannot be decrypted stands in nobody's way."""
        order = (desc(REQUESTS.c.submitted), desc(REQUESTS.c.id)) if newest else (REQUESTS.c.submitted, REQUESTS.c.id)
        rows = select(REQUESTS).where(*which).order_by(*order)
        with reading(self.engine) as connection:
            found = connection.execute(rows.limit(most)).mappings().all()
            read = readable_in if of_all else request_in
            return tuple(one for row in found if (one := read(connection, row)) is not None)
