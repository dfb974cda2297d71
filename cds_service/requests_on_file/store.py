"""Prior authorization requests on file, with every answer to them; both stand in the chain, what holds a chart sealed.

A request is kept once, however often it comes. What is decided of it later is a further answer; nothing is overwritten
but the state of the request and the time by which it is due.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, RowMapping, desc, func, insert, or_, select, update

from cds_service.chain import entries as chain
from cds_service.chain.entries import ADDED, CHANGED, Seal
from cds_service.database.locks import hold
from cds_service.database.transactions import reading, writing
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place, opened, opened_text, sealed_text
from cds_service.encryption.tenant_keys import UnreadableError
from cds_service.logs import LOG
from cds_service.requests_on_file.kept_requests import PENDED, REFUSED, KeptAnswer, Request, by_due, in_utc
from cds_service.requests_on_file.tables import ANSWERS, REQUESTS


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
            chain.append(connection, session.sealed, self.now())

    def find(self, request: str) -> Request | None:
        """Return a request by its id."""
        return self._one(REQUESTS.c.id == request)

    def same(self, tenant: str, content: str) -> Request | None:
        """Return the request that came with the same content from the same tenant."""
        return self._one(REQUESTS.c.tenant == tenant, REQUESTS.c.content == content)

    def of_claim(self, tenant: str, claim: str) -> Request | None:
        """Return the newest request of a tenant whose Claim bears the same identifiers; a refused one is none."""
        return self._one(REQUESTS.c.tenant == tenant, REQUESTS.c.claim == claim, REQUESTS.c.state != REFUSED)

    def current(self, first: str) -> Request | None:
        """Return the newest request of those that began with one."""
        return self._one(REQUESTS.c.first == first)

    def chain_of(self, first: str) -> tuple[Request, ...]:
        """Return a request with its updates, the oldest first."""
        return self._many(REQUESTS.c.first == first)

    def of_members(self, members: Iterable[str]) -> tuple[str, ...]:
        """Return the first of each request that is about a member, by any of the names that the member has."""
        named = [REQUESTS.c.members.contains(one, autoescape=True) for one in members]
        if not named:
            return ()
        sought = select(REQUESTS.c.first).where(or_(*named)).order_by(REQUESTS.c.submitted)
        with reading(self.engine) as connection:
            return tuple(dict.fromkeys(connection.execute(sought).scalars()))

    def pended(self) -> tuple[Request, ...]:
        """Return what waits for a person, what is due first coming first; without what cannot be decrypted."""
        return by_due(self._many(REQUESTS.c.state == PENDED, of_all=True))

    def newest(self, states: Iterable[str], most: int) -> tuple[Request, ...]:
        """Return so many requests in some states, what was submitted last coming first; without the same."""
        return self._many(REQUESTS.c.state.in_(tuple(states)), newest=True, most=most, of_all=True)

    def every(self, since: datetime | None = None, until: datetime | None = None) -> tuple[Request, ...]:
        """Return the requests that were submitted in a time, the oldest first."""
        which = [REQUESTS.c.submitted >= since] if since is not None else []
        which += [REQUESTS.c.submitted < until] if until is not None else []
        return self._many(*which)

    def answers(self, request: str) -> tuple[KeptAnswer, ...]:
        """Return the answers to a request, the first coming first."""
        with reading(self.engine) as connection:
            return _answers(connection, request)

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
            read = _readable if of_all else _request
            return tuple(one for row in found if (one := read(connection, row)) is not None)


@dataclass(frozen=True, slots=True)
class StoreSession:
    """One transaction about requests."""

    connection: Connection
    sealed: list[Seal] = field(default_factory=list)

    def same(self, tenant: str, content: str) -> str | None:
        """Return the id of the request that is on file with the same content."""
        sought = select(REQUESTS.c.id).where(REQUESTS.c.tenant == tenant, REQUESTS.c.content == content)
        return self.connection.execute(sought).scalar()

    def is_taken(self, request: Request) -> bool:
        """Whether the identifiers of a request are those of another one that was kept, and no earlier part of it."""
        its = REQUESTS.c
        same = its.tenant == request.tenant, its.claim == request.claim, its.state != REFUSED
        sought = select(its.id).where(*same, its.first != request.first).limit(1)
        return self.connection.execute(sought).first() is not None

    def is_newest(self, request: Request, answers: int) -> bool:
        """Whether nothing followed on a request, and it was answered so often only; so it stays until this ends."""
        self.state(request.id)
        following = select(REQUESTS.c.id).where(REQUESTS.c.replaces == request.id).limit(1)
        counted = select(func.count()).select_from(ANSWERS).where(ANSWERS.c.request_id == request.id)
        is_last = self.connection.execute(following).first() is None
        return is_last and self.connection.execute(counted).scalar_one() == answers

    def state(self, request: str) -> str:
        """Return the state of a request as nobody else changes it before this ends."""
        sought = select(REQUESTS.c.state).where(REQUESTS.c.id == request).with_for_update()
        return str(self.connection.execute(sought).scalar_one())

    def add(self, request: Request) -> None:
        """Keep a request."""
        row = {name: getattr(request, name) for name in _PLAIN}
        row |= {name: "\n".join(sorted(getattr(request, name))) for name in _LISTS}
        packed = payloads.packed(request.bundle)
        place = Place(REQUESTS, "request", request.id)
        row["request"] = payloads.sealed(self.connection, place, request.tenant, packed)
        about = orjson.dumps(request.about).decode()
        row["about"] = sealed_text(self.connection, Place(REQUESTS, "about", request.id), request.tenant, about)
        self.connection.execute(insert(REQUESTS), row)
        self.sealed.append(Seal(ADDED, REQUESTS, row))

    def answer(self, request: Request, answer: KeptAnswer) -> None:
        """Keep an answer to a request."""
        row: dict[str, Any] = {"request_id": request.id, "number": answer.number, "tenant": request.tenant}
        row |= {"at": answer.at, "act": answer.act, "person": answer.person, "codes": " ".join(answer.codes)}
        name = f"{request.id}/{answer.number}"
        for column, value in (("items", list(answer.items)), ("said", answer.said)):
            text = orjson.dumps(value).decode()
            row[column] = sealed_text(self.connection, Place(ANSWERS, column, name), request.tenant, text)
        packed = payloads.packed(answer.reply)
        row["reply"] = payloads.sealed(self.connection, Place(ANSWERS, "reply", name), request.tenant, packed)
        self.connection.execute(insert(ANSWERS), row)
        self.sealed.append(Seal(ADDED, ANSWERS, row))

    def answers(self, request: str) -> tuple[KeptAnswer, ...]:
        """Return the answers to a request, the first coming first."""
        return _answers(self.connection, request)

    def change(self, request: str, **members: Any) -> None:
        """Change the state of a request, or when it is due."""
        changed = update(REQUESTS).where(REQUESTS.c.id == request).values(**members).returning(REQUESTS)
        row = self.connection.execute(changed).mappings().one()
        self.sealed.append(Seal(CHANGED, REQUESTS, dict(row)))


_LISTS = ("members", "providers", "senders")
_PLAIN = (
    *("id", "tenant", "fhir_server", "patient", "claim", "content", "first", "replaces", "kind", "state"),
    *("submitted", "due", "expedited", "last_day"),
)


def _request(connection: Connection, row: RowMapping) -> Request:
    plain = {name: row[name] for name in _PLAIN} | {name: frozenset(row[name].split()) for name in _LISTS}
    plain |= {name: in_utc(row[name]) for name in ("submitted", "due")}
    name, tenant = row["id"], row["tenant"]
    return Request(
        **plain,
        bundle=opened(connection, Place(REQUESTS, "request", name), row["request"], tenant),
        about=orjson.loads(opened_text(connection, Place(REQUESTS, "about", name), row["about"], tenant)),
    )


def _readable(connection: Connection, row: RowMapping) -> Request | None:
    """Return a request; None where its key was destroyed, so that those of other tenants are still decided."""
    try:
        return _request(connection, row)
    except UnreadableError:
        LOG.warning("a request cannot be decrypted", extra={"fields": {"request": row["id"]}})
        return None


def _answers(connection: Connection, request: str) -> tuple[KeptAnswer, ...]:
    rows = select(ANSWERS).where(ANSWERS.c.request_id == request).order_by(ANSWERS.c.number)
    return tuple(_answer(connection, dict(one)) for one in connection.execute(rows).mappings().all())


def _answer(connection: Connection, row: Mapping[str, Any]) -> KeptAnswer:
    name = f"{row['request_id']}/{row['number']}"

    def text(column: str) -> Any:
        return orjson.loads(opened_text(connection, Place(ANSWERS, column, name), row[column], row["tenant"]))

    return KeptAnswer(
        number=row["number"],
        at=in_utc(row["at"]),
        act=row["act"],
        person=row["person"],
        codes=tuple(row["codes"].split()),
        items=tuple(text("items")),
        said=text("said"),
        reply=opened(connection, Place(ANSWERS, "reply", name), row["reply"], row["tenant"]),
    )
