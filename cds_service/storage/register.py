"""The register in a database: everything of a call in one transaction, committed before the reply is sent."""

import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Table, desc, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from cds_service.storage.tables import AUTHORIZATIONS, CALLS, DETERMINATIONS, REVISIONS
from hooks.register import DeterminationKey, Record, RegisterError
from policies.determination import Authorization

_NOT_CONTENT = frozenset({"order", "as_of"})
_LEVEL = 1
_OF_AUTHORIZATION = ("tenant", "fhir_server", "patient", "policy", "request")
"""Whose an authorization is: all doses of the policy's schedule, whatever the coverage's id or the order's dose."""
_OF_SUCCESSION = ("tenant", "fhir_server", "patient", "coverage", "policy")
"""What a determination has in common with the one that it comes after."""


@dataclass(frozen=True, slots=True)
class SqlRegister:
    """Keeps calls and determinations; `now` gives the time at which a call is received."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @contextmanager
    def session(self, hook: str, hook_instance: str, today: date, body: bytes) -> Iterator["SqlSession"]:
        """Begin a call; raises RegisterError if the database fails at any point of it."""
        try:
            with self.engine.begin() as connection:
                session = SqlSession(connection, str(uuid4()), today)
                session.begin(hook, hook_instance, self.now(), body)
                yield session
        except SQLAlchemyError as error:
            raise RegisterError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class SqlSession:
    """One call in one transaction."""

    connection: Connection
    call: str
    today: date

    def begin(self, hook: str, hook_instance: str, received: datetime, body: bytes) -> None:
        """Keep the call as it came."""
        packed = zlib.compress(body, _LEVEL)
        row = {"id": self.call, "hook": hook, "hook_instance": hook_instance, "received": received}
        self.connection.execute(insert(CALLS), row | {"today": self.today, "request": packed, "reply": b""})

    def finish(self, reply: bytes) -> None:
        """Keep the reply that is about to be sent."""
        packed = zlib.compress(reply, _LEVEL)
        self.connection.execute(update(CALLS).where(CALLS.c.id == self.call), {"reply": packed})

    def live_authorization(self, key: DeterminationKey, on: date) -> Authorization | None:
        """Return the authorization that holds on a day; of several the one that holds longest."""
        table = AUTHORIZATIONS.c
        of_key = _matching(AUTHORIZATIONS, key, _OF_AUTHORIZATION)
        rows = select(table.number, table.start, table.end).where(*of_key, table.start <= on, table.end >= on)
        found = self.connection.execute(rows.order_by(desc(table.end))).first()
        return Authorization(found.number, found.start, found.end) if found else None

    def authorize(self, key: DeterminationKey, start: date, end: date) -> Authorization:
        """Give an authorization, with a number that nobody can guess."""
        given = Authorization(f"PA{secrets.token_hex(6).upper()}", start, end)
        row = {"number": given.number, "start": start, "end": end, "call": self.call}
        self.connection.execute(insert(AUTHORIZATIONS), row | _columns(key, _OF_AUTHORIZATION))
        return given

    def determine(self, key: DeterminationKey, record: Record) -> str:
        """Keep a determination and return its id; unchanged content makes no new revision."""
        name = self._id_of(key)
        table = REVISIONS.c
        latest = select(table.number, table.content).where(table.determination == name).order_by(desc(table.number))
        last = self.connection.execute(latest).first()
        content = _content(record)
        if last is None or last.content != content:
            self._revise(name, (last.number if last else 0) + 1, content, record)
        return name

    def _id_of(self, key: DeterminationKey) -> str:
        hashed = sha256(orjson.dumps(astuple(key))).hexdigest()
        table = DETERMINATIONS.c
        found = self.connection.execute(select(table.id).where(table.key == hashed)).scalar()
        if found is not None:
            return str(found)
        name = str(uuid4())
        row = {"id": name, "key": hashed, "supersedes": self._superseded(key)}
        self.connection.execute(insert(DETERMINATIONS), row | asdict(key))
        return name

    def _superseded(self, key: DeterminationKey) -> str | None:
        """Return the newest determination on the same policy for the same patient and coverage, if there is one."""
        table = DETERMINATIONS.c
        same = select(table.id).where(*_matching(DETERMINATIONS, key, _OF_SUCCESSION), table.policy != "")
        newest = select(func.max(CALLS.c.received)).where(
            REVISIONS.c.determination == table.id, REVISIONS.c.call == CALLS.c.id
        )
        found = self.connection.execute(same.order_by(desc(newest.scalar_subquery())).limit(1)).scalar()
        return str(found) if found is not None else None

    def _revise(self, name: str, number: int, content: str, record: Record) -> None:
        row: dict[str, Any] = {"determination": name, "number": number, "call": self.call, "day": self.today}
        kept = {
            "order": record.order,
            "as_of": record.as_of,
            "policy_version": record.policy_version,
            "value_sets": orjson.dumps(record.value_sets).decode(),
            "findings": orjson.dumps(record.findings).decode(),
            "report": orjson.dumps(record.report).decode(),
            "content": content,
            "cause": record.cause,
        }
        self.connection.execute(insert(REVISIONS), row | kept)


def _columns(key: DeterminationKey, names: tuple[str, ...]) -> dict[str, str]:
    """Return some members of a key as columns: they have the same names."""
    return {name: getattr(key, name) for name in names}


def _matching(table: Table, key: DeterminationKey, names: tuple[str, ...]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a row has these members of a key."""
    return (table.c[name] == value for name, value in _columns(key, names).items())


def _content(record: Record) -> str:
    """Return the hash of what a determination says; the order's own id and date are no part of it."""
    said = {name: value for name, value in record.report.items() if name not in _NOT_CONTENT}
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
