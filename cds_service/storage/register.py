"""The register in a database: everything of a call in one transaction, committed before the reply is sent."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, Row, Table

from cds_service.chain import entries as chain
from cds_service.chain.entries import ADDED, CHANGED, Seal
from cds_service.database.locks import hold
from cds_service.database.transactions import StoreError, writing
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place, fingerprint, opened_text, sealed_text
from cds_service.storage import form_keys, statements
from cds_service.storage.archive import KeptForm, kept_forms, of_revision
from cds_service.storage.form_keys import Given, Kind
from cds_service.storage.tables import AUTHORIZATIONS, CALLS, DETERMINATIONS, RESPONSES, REVISIONS
from hooks.records.register_port import (
    DeterminationKey,
    MemberKey,
    NewAuthorization,
    OnFile,
    Record,
    RegisterError,
    Standing,
)
from hooks.records.sent_cards import SentCard
from policies.evaluation.findings_codec import as_plain, said_from_plain, said_to_plain
from policies.model.dates import CallDay
from policies.model.determination import Allowance, Authorization
from policies.model.own_record import OwnRecord
from policies.model.truth import Truth

_NOT_CONTENT = frozenset({"order", "as_of"})
LINK_MINUTES = 480
"""How long a link to a form lasts unless it is set: a working day."""


class TakenError(RegisterError):
    """Somebody else was first: what was to be kept is there already, or its number is taken. To be tried again."""


@dataclass(frozen=True, slots=True)
class AnsweredForm:
    """An answered form as it came and as it is answered; `content` is the hash of what it says."""

    id: str
    determination: str
    content: str
    received: datetime
    response: bytes
    reply: bytes


@dataclass(frozen=True, slots=True)
class SqlRegister:
    """Keeps calls and determinations; `now` gives the time at which a call is received.

    `link_minutes` is how long a link to a form lasts.
    """

    engine: Engine
    link_minutes: int = LINK_MINUTES
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @contextmanager
    def session(
        self, hook: str, hook_instance: str, today: CallDay, body: bytes, tenant: str
    ) -> Iterator["SqlSession"]:
        """Begin a call of a tenant; raises RegisterError if the database fails at any point of it."""
        with self.answering(str(uuid4()), today, tenant) as session:
            session.begin(hook, hook_instance, self.now(), body)
            yield session

    @contextmanager
    def answering(self, call: str, today: CallDay, tenant: str) -> Iterator["SqlSession"]:
        """Begin to answer a form that belongs to a call which was kept; raises RegisterError as `session` does."""
        try:
            with writing(self.engine) as connection:
                session = SqlSession(connection, call, today, tenant, self)
                yield session
                chain.append(connection, session.sealed, self.now())
        except StoreError as error:
            failed = TakenError if error.passing else RegisterError
            raise failed(str(error), passing=error.passing) from error


@dataclass(frozen=True, slots=True)
class SqlSession:
    """One call in one transaction.

    Whoever asks about the same patient, or for the same holder of authorizations, waits until it has ended: what is
    read here does not change before it is written.
    """

    connection: Connection
    call: str
    today: CallDay
    tenant: str
    register: SqlRegister
    sealed: list[Seal] = field(default_factory=list)

    def hold(self, keys: Iterable[DeterminationKey]) -> None:
        """Take the locks of the patients that a call is about, in one order: no two calls wait for each other."""
        for name in sorted({("patient", key.tenant, key.fhir_server, key.patient) for key in keys}):
            hold(self.connection, *name)

    def hold_members(self, members: Iterable[tuple[MemberKey, str]]) -> None:
        """Take the locks of members and policies, in one order, and never before those of patients."""
        names = {("member", one, policy) for of, policy in members for one in (of.member, of.as_patient)}
        for name in sorted(names):
            hold(self.connection, *name)

    def begin(self, hook: str, hook_instance: str, received: datetime, body: bytes) -> None:
        """Keep the call as it came."""
        row = {"id": self.call, "hook": hook, "hook_instance": hook_instance, "received": received}
        kept = {"today": self.today, "request": self._sealed(CALLS, "request", self.call, body), "reply": b""}
        self.connection.execute(statements.ADD_CALL, row | kept)

    def finish(self, reply: bytes) -> None:
        """Keep the reply that is about to be sent."""
        row = {"of_call": self.call, "reply": self._sealed(CALLS, "reply", self.call, reply)}
        self.connection.execute(statements.ADD_REPLY, row)

    def live_authorization(self, of: MemberKey, policy: str, on: date) -> Authorization | None:
        """Return the authorization that holds on a day; of several the one that holds longest."""
        sought = asdict(of) | {"policy": policy, "on": on}
        found = self.connection.execute(statements.LIVE_AUTHORIZATION, sought).first()
        return _authorization(found) if found else None

    def own_record(self, of: MemberKey, policy: str, on: CallDay) -> OwnRecord | None:
        """Return the newest authorization that has begun by a day, and when the newest that is over ended."""
        sought = asdict(of) | {"policy": policy, "on": on}
        begun = [_authorization(one) for one in self.connection.execute(statements.BEGUN_AUTHORIZATIONS, sought)]
        over = [one.end for one in begun if one.end < on]
        return OwnRecord(begun[-1], max(over, default=None)) if begun else None

    def authorize(self, key: DeterminationKey, given: NewAuthorization) -> Authorization:
        """Give an authorization, with a number that nobody can guess; it ends before the next that was given begins.

        One that holds on its first day is returned in its stead: two never hold on one day. Where it ends earlier than
        asked for, what was worked out for the whole time is not known to be right, and nothing is said of a quantity.
        """
        end, allowance = given.end, given.allowance
        sought = {"member": given.member.member, "policy": key.policy, "on": given.start, "until": end}
        beside = self.connection.execute(statements.AUTHORIZATION_BESIDE, sought).first()
        if beside is not None and beside.start <= given.start:
            return _authorization(beside)
        if beside is not None:
            end, allowance = beside.start - timedelta(days=1), None
        number = f"PA{secrets.token_hex(6).upper()}"
        kept = _allowance_text(allowance) if allowance is not None else None
        row = {"number": number, "start": given.start, "end": end, "call": self.call, "allowance": kept}
        self._add(
            AUTHORIZATIONS, row | _whose(key) | {"member": given.member.member, "fhir_server": given.member.fhir_server}
        )
        return Authorization(number, given.start, end, allowance)

    def last_shown(self, key: DeterminationKey, topic: str) -> date | None:
        """Return when a card was last shown for whom an authorization would be given; None if it never was."""
        found: date | None = self.connection.execute(statements.LAST_SHOWN, asdict(key) | {"topic": topic}).scalar()
        return found

    def show(self, key: DeterminationKey, topic: str) -> None:
        """Keep that a card is shown with this call."""
        row = {"topic": topic, "day": self.today, "call": self.call}
        self.connection.execute(statements.ADD_SHOWN, row | _whose(key))

    def form_link(self, determination: str) -> str:
        """Return a new link to the form of a determination."""
        given = Given(Kind.LINK, determination)
        return form_keys.give(self.connection, given, self.register.now(), self.register.link_minutes)

    def on_file(self, whose: DeterminationKey, of: MemberKey, on: CallDay, since: date) -> OnFile:
        """Return the authorizations that hold on a day, and what was determined since another and is not met."""
        sought = asdict(whose)
        held = self.connection.execute(statements.AUTHORIZATIONS_ON_FILE, asdict(of) | {"on": on})
        authorizations = {one.policy: _authorization(one) for one in held}
        rows = self.connection.execute(statements.DETERMINED_ON_FILE, sought | {"since": since})
        newest = {one.policy: one for one in rows}
        standing = (self._standing(one) for one in newest.values())
        return OnFile(authorizations, tuple(one for one in standing if one is not None))

    def _standing(self, row: Row[Any, Any, Any, Any, Any, Any, Any]) -> Standing | None:
        """Return what was determined; None where every criterion was met, or none was judged."""
        place = of_revision("report", row.determination, row.number)
        report = orjson.loads(opened_text(self.connection, place, row.report))
        if report["ruling"] in {None, Truth.MET.value}:
            return None
        truths = {one["id"]: one["truth"] for one in report["criteria"]}
        return Standing(row.policy, row.request, row.policy_version, row.today, truths)

    def send(self, tenant: str, cards: Sequence[SentCard]) -> None:
        """Keep what the cards are about that are sent with this call."""
        rows = [
            asdict(one) | {"tenant": tenant, "call": self.call, "criteria": "\n".join(one.criteria)} for one in cards
        ]
        self.connection.execute(statements.ADD_SENT, rows)

    def answered(self, key: DeterminationKey) -> tuple[str, bytes] | None:
        """Return the id and the text of the form that was answered last for a question."""
        found = self.connection.execute(statements.NEWEST_RESPONSE, {"of_key": _hashed(key)}).first()
        return (found.id, self._opened(RESPONSES, "response", found.id, found.response)) if found else None

    def responses(self, determination: str) -> tuple[KeptForm, ...]:
        """Return every form that was answered for a determination, the newest first; none comes before this is over."""
        self.connection.execute(statements.LOCKED, {"of": determination})
        return kept_forms(self.connection, determination)

    def request(self, call: str) -> bytes | None:
        """Return the body of a call on file, as it came; None if there is none."""
        body = self.connection.execute(statements.REQUEST, {"of_call": call}).scalar()
        return self._opened(CALLS, "request", call, body) if body is not None else None

    def reply(self, response: str) -> bytes:
        """Return what was answered to a form on file."""
        kept = self.connection.execute(statements.REPLY, {"name": response}).scalar_one()
        return self._opened(RESPONSES, "reply", response, kept)

    def keep_response(self, answered: "AnsweredForm") -> None:
        """Keep an answered form, with the reply that is about to be sent."""
        payloads_ = {"response": answered.response, "reply": answered.reply}
        packed = {name: self._sealed(RESPONSES, name, answered.id, one) for name, one in payloads_.items()}
        row = {"id": answered.id, "determination": answered.determination, "content": answered.content}
        self._add(RESPONSES, row | {"received": answered.received} | packed)

    def determine(self, key: DeterminationKey, record: Record) -> str:
        """Keep a determination and return its id; unchanged content makes no new revision."""
        name = self._id_of(key)
        last = self.connection.execute(statements.NEWEST_REVISION, {"of": name}).first()
        content = _content(record)
        kept = self.fingerprint(content)
        if last is None or last.content not in {kept, content}:
            self._revise(name, (last.number if last else 0) + 1, kept, record)
        else:
            self._tell_again(name)
        return name

    def fingerprint(self, plain: str) -> str:
        """Return the hash of what is said, as it is kept."""
        return fingerprint(self.connection, self.tenant, plain)

    def _sealed(self, table: Table, column: str, row: str, payload: bytes) -> bytes:
        return payloads.sealed(self.connection, Place(table, column, row), self.tenant, payloads.packed(payload))

    def _opened(self, table: Table, column: str, row: str, kept: bytes) -> bytes:
        return payloads.opened(self.connection, Place(table, column, row), kept)

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        """Add a row that stands in the chain; its entry is written when the transaction ends."""
        self.connection.execute(statements.ADDING[table.name], row)
        self.sealed.append(Seal(ADDED, table, row))

    def _tell_again(self, name: str) -> None:
        """Keep that a determination was told once more today; a second time on one day changes nothing."""
        if self.connection.execute(statements.TOLD_AGAIN, {"of": name, "on_day": self.today}).rowcount:
            row = self.connection.execute(statements.WHOLE_DETERMINATION, {"of": name}).mappings().one()
            self.sealed.append(Seal(CHANGED, DETERMINATIONS, dict(row)))

    def _id_of(self, key: DeterminationKey) -> str:
        hashed = _hashed(key)
        found = self.connection.execute(statements.DETERMINATION, {"of_key": hashed}).scalar()
        if found is not None:
            return str(found)
        name = str(uuid4())
        told = asdict(key)
        before = self.connection.execute(statements.SUPERSEDED, told).scalar()
        self._add(DETERMINATIONS, {"id": name, "key": hashed, "supersedes": before} | told)
        return name

    def _revise(self, name: str, number: int, content: str, record: Record) -> None:
        row: dict[str, Any] = {"determination": name, "number": number, "call": self.call, "day": self.today}
        kept = {
            "order": record.order,
            "as_of": record.as_of,
            "policy_version": record.policy_version,
            "value_sets": orjson.dumps(record.value_sets).decode(),
            "content": content,
        }
        texts = {
            "findings": _json(record.findings).decode(),
            "report": _json(record.report).decode(),
            "cause": record.cause,
        }
        for column, text in texts.items():
            kept[column] = sealed_text(self.connection, of_revision(column, name, number), self.tenant, text)
        self._add(REVISIONS, row | kept)


def _whose(key: DeterminationKey) -> dict[str, str]:
    """Return for which request an authorization is given, and a card is shown: not for which dose."""
    return {name: getattr(key, name) for name in statements.OF_REQUEST}


def _authorization(row: Row[Any, Any, Any, Any]) -> Authorization:
    return Authorization(row.number, row.start, row.end, _allowance(row.allowance))


def _hashed(key: DeterminationKey) -> str:
    return sha256(orjson.dumps(astuple(key))).hexdigest()


def _content(record: Record) -> str:
    """Return the hash of what a determination says; the order's own id and date are no part of it."""
    said = {name: value for name, value in record.report.items() if name not in _NOT_CONTENT}
    return sha256(_json(said, orjson.OPT_SORT_KEYS)).hexdigest()


def _json(kept: dict[str, Any], option: int = 0) -> bytes:
    """Write what is kept as JSON, a note by its key and figures."""
    return orjson.dumps(kept, as_plain, option | orjson.OPT_PASSTHROUGH_DATETIME)


def _allowance_text(allowance: Allowance) -> str:
    words = {"unit": said_to_plain(allowance.unit), "words": said_to_plain(allowance.words)}
    counts = {"units": allowance.units, "doses": allowance.doses, "vials": allowance.vials}
    return orjson.dumps(counts | words).decode()


def _allowance(kept: str | None) -> Allowance | None:
    if kept is None:
        return None
    read = orjson.loads(kept)
    return Allowance(**read | {name: said_from_plain(read[name]) for name in ("unit", "words")})
