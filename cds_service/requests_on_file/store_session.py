"""One transaction about prior authorization requests: what is kept of them, and what nobody else changes meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select, update

from cds_service.chain.entries import ADDED, CHANGED, Seal
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place, fingerprint, known_as, sealed_text
from cds_service.encryption.tenant_keys import PAYER
from cds_service.requests_on_file.kept_requests import REFUSED, KeptAnswer, Request
from cds_service.requests_on_file.request_rows import HASHES, LISTS, PLAIN, answers_in
from cds_service.requests_on_file.tables import ANSWERS, MEMBERS, REQUESTS


@dataclass(frozen=True, slots=True)
class StoreSession:
    """One transaction about requests."""

    connection: Connection
    sealed: list[Seal] = field(default_factory=list)

    def same(self, tenant: str, content: str) -> str | None:
        """Return the id of the request that is on file with the same content."""
        same = REQUESTS.c.content.in_(known_as(self.connection, tenant, [content]))
        sought = select(REQUESTS.c.id).where(REQUESTS.c.tenant == tenant, same)
        return self.connection.execute(sought).scalar()

    def is_taken(self, request: Request) -> bool:
        """Whether the identifiers of a request are those of another one that was kept, and no earlier part of it."""
        its = REQUESTS.c
        names = known_as(self.connection, request.tenant, [request.claim])
        same = its.tenant == request.tenant, its.claim.in_(names), its.state != REFUSED
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
        row = {name: getattr(request, name) for name in PLAIN}
        row |= {name: fingerprint(self.connection, request.tenant, row[name]) for name in HASHES}
        lists = {name: self._names(getattr(request, name)) for name in LISTS}
        row |= {name: "\n".join(lists[name]) for name in LISTS}
        packed = payloads.packed(request.bundle)
        place = Place(REQUESTS, "request", request.id)
        row["request"] = payloads.sealed(self.connection, place, request.tenant, packed)
        about = orjson.dumps(request.about).decode()
        row["about"] = sealed_text(self.connection, Place(REQUESTS, "about", request.id), request.tenant, about)
        self.connection.execute(insert(REQUESTS), row)
        self.sealed.append(Seal(ADDED, REQUESTS, row))
        found_by = [{"name": one, "request_id": request.id} for one in lists["members"]]
        if found_by:
            self.connection.execute(insert(MEMBERS), found_by)

    def _names(self, hashes: Iterable[str]) -> list[str]:
        return sorted(fingerprint(self.connection, PAYER, one) for one in hashes)

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
        return answers_in(self.connection, request)

    def change(self, request: str, **members: Any) -> None:
        """Change the state of a request, or when it is due."""
        changed = update(REQUESTS).where(REQUESTS.c.id == request).values(**members).returning(REQUESTS)
        row = self.connection.execute(changed).mappings().one()
        self.sealed.append(Seal(CHANGED, REQUESTS, dict(row)))
