"""Deleting what is older than the payer keeps it: calls hold what a chart holds (HIPAA; CDS Hooks 2.0, "Security").

It goes beside live calls: each table is walked once, in the order of its keys, and a few rows are deleted at a time, in
a transaction of their own. What may go is told by `retention_rules`, and looked at again under the lock of its patient;
a patient about whom somebody asks at that moment is left for the next time. Where calls leave no room, or the database
fails, it waits and goes on.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, delete, select, update

from cds_service.chain import entries as chain
from cds_service.chain.entries import CHANGED, Seal, key_column
from cds_service.database.locks import try_to_hold
from cds_service.database.patience import Patience
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.storage.retention_rules import Rules, aging, of_calls, of_determinations
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    NOTICES,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_REQUESTS,
    READS,
    RESPONSES,
    REVISIONS,
    SUBSCRIPTIONS,
)

_PAGE = 1_000
_BATCH = 100
"""How many rows are looked for, and how many of them go, in one transaction: it lasts some hundredths of a second."""
_LONGEST_PAUSE_SECONDS = 0.5
READS_DAYS = 2190
"""How long it is kept who read what, unless it is set: six years (45 CFR 164.316(b)(2)(i), of documentation)."""
Work = Callable[[Connection, Sequence[str]], Counter[str]]
Keys = Mapping[Table, Sequence[str]]
"""What went of tables whose rows stand in the chain."""


class UnfinishedError(StoreError):
    """A purge gave up, with rows left for the next one; `gone` is how many rows went until then, by table."""

    def __init__(self, kind: str, gone: Mapping[str, int]) -> None:
        super().__init__(kind, passing=False)
        self.gone = dict(gone)


def give_way(seconds: float) -> None:
    """Wait as long as the last transaction took, so that the calls that waited for it come first."""
    sleep(min(seconds, _LONGEST_PAUSE_SECONDS))


@dataclass(frozen=True, slots=True)
class Purging:
    """Deletes what was received more than `days` before `now`; what runs is told by `today`.

    `between` is called after each transaction, with the seconds that it took; `reads_days` is for who read what,
    `tenants` are those of the registered clients, None while nobody is registered; `patience` is how long the database
    may fail.
    """

    engine: Engine
    days: int
    between: Callable[[float], None] = give_way
    reads_days: int = READS_DAYS
    tenants: frozenset[str] | None = None
    patience: Patience = field(default_factory=Patience)

    def purge(self, now: datetime, today: date) -> dict[str, int]:
        """Delete; returns how many rows went, by table, without the tables that lost none. Raises UnfinishedError."""
        rules = Rules(now - timedelta(days=self.days), today - timedelta(days=self.days), today, self.tenants)
        gone: Counter[str] = Counter()
        try:
            for one in self._batches(rules):
                gone += one
            for one in self._walked_plainly(READS, READS.c.at < now - timedelta(days=self.reads_days)):
                gone += one
        except StoreError as error:
            raise UnfinishedError(str(error), gone) from error
        return dict(gone)

    def _batches(self, rules: Rules) -> Iterator[Counter[str]]:
        """Delete, the rows that others hang on last; yields what went, by table."""
        yield from self._walked(DETERMINATIONS.c.id, rules.may_lose_something, _Questions(rules).purge)
        yield from self._walked(AUTHORIZATIONS.c.number, rules.is_old_authorization, _Authorizations(rules).purge)
        yield from self._walked_plainly(NOTICES, rules.is_old_notice)
        yield from self._walked(SUBSCRIPTIONS.c.id, rules.is_old_subscription, _Subscriptions(rules).purge)
        yield from self._walked(PRIOR_AUTH_REQUESTS.c.first, rules.is_old_request, _Requests(rules).purge)
        for table in aging():
            yield from self._walked_plainly(table, table.c.received < rules.before)
        yield from self._walked(CALLS.c.id, rules.is_old_call, _Calls(rules).purge)

    def _walked_plainly(self, table: Table, goes: ColumnElement[bool]) -> Iterator[Counter[str]]:
        """Walk a table that nothing refers to."""
        (key,) = table.primary_key.columns

        def purge(connection: Connection, keys: Sequence[str]) -> Counter[str]:
            return Counter({table.name: connection.execute(delete(table).where(key.in_(keys), goes)).rowcount})

        return self._walked(key, goes, purge)

    def _walked(self, key: Column[Any], goes: ColumnElement[bool], work: Work) -> Iterator[Counter[str]]:
        """Walk a table by its key, a page at a time; of a page what may go is deleted a batch at a time.

        A page has so many rows, whether they go or not: no statement takes longer in a larger table.
        """
        page, old = select(key).order_by(key).limit(_PAGE), select(key).where(goes).order_by(key)

        def looked_for(after: str) -> tuple[Sequence[str], Sequence[str]]:
            """Return the keys of a page, and those of them that go."""
            with reading(self.engine) as connection:
                keys = connection.execute(page.where(key > after)).scalars().all()
                within = old.where(key > after, key <= keys[-1]) if keys else None
                return keys, connection.execute(within).scalars().all() if within is not None else ()

        last, is_last = "", False
        while not is_last:
            keys, found = self.patience.tried(partial(looked_for, last))
            for first in range(0, len(found), _BATCH):
                yield self._batch(found[first : first + _BATCH], work)
            last, is_last = (keys[-1] if keys else last), len(keys) < _PAGE

    def _batch(self, keys: Sequence[str], work: Work) -> Counter[str]:
        """Delete a batch; where a call came in between, or leaves no room, it is looked at anew later."""

        def deleted() -> tuple[Counter[str], float]:
            begun = perf_counter()
            with writing(self.engine) as connection:
                gone = work(connection, keys)
            return gone, perf_counter() - begun

        gone, seconds = self.patience.tried(deleted)
        self.between(seconds)
        return gone


@dataclass(frozen=True, slots=True)
class _Questions:
    """Determinations with their revisions and answered forms."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete what is old of some determinations, and those of which nothing is left."""
        names = _free(connection, keys)
        of = (RESPONSES.c.determination.in_(names), REVISIONS.c.determination.in_(names))
        gone = {
            RESPONSES: _deleted(connection, RESPONSES, of[0], self.rules.is_old_response),
            REVISIONS: _deleted(connection, REVISIONS, of[1], self.rules.is_old_revision),
        }
        empty = select(DETERMINATIONS.c.id).where(DETERMINATIONS.c.id.in_(names), self.rules.is_empty)
        gone[DETERMINATIONS] = connection.execute(empty).scalars().all()
        counted = _counted(gone) + self._emptied(connection, gone[DETERMINATIONS])
        chain.forget(connection, gone, datetime.now(UTC))
        return counted

    @staticmethod
    def _emptied(connection: Connection, gone: Sequence[str]) -> Counter[str]:
        """Delete determinations of which nothing is left; what came after them stands by itself then."""
        after = update(DETERMINATIONS).where(DETERMINATIONS.c.supersedes.in_(gone)).values(supersedes=None)
        changed = connection.execute(after.returning(DETERMINATIONS)).mappings().all()
        counted: Counter[str] = Counter()
        for table in of_determinations():
            counted[table.name] = connection.execute(delete(table).where(table.c.determination.in_(gone))).rowcount
        connection.execute(delete(DETERMINATIONS).where(DETERMINATIONS.c.id.in_(gone)))
        seals = [Seal(CHANGED, DETERMINATIONS, dict(one)) for one in changed if one["id"] not in set(gone)]
        chain.append(connection, seals, datetime.now(UTC))
        return counted


def _free(connection: Connection, keys: Sequence[str]) -> Sequence[str]:
    """Return those determinations about whose patient nobody asks at the moment; nobody can until this has ended."""
    columns = DETERMINATIONS.c.id, DETERMINATIONS.c.tenant, DETERMINATIONS.c.fhir_server, DETERMINATIONS.c.patient
    rows = connection.execute(select(*columns).where(DETERMINATIONS.c.id.in_(keys))).all()
    patients = sorted({(row.tenant, row.fhir_server, row.patient) for row in rows})
    held = {one for one in patients if try_to_hold(connection, "patient", *one)}
    return [row.id for row in rows if (row.tenant, row.fhir_server, row.patient) in held]


@dataclass(frozen=True, slots=True)
class _Requests:
    """Prior authorization requests, each with its updates and all answers."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete those of which every part is old; they go together."""
        old = select(PRIOR_AUTH_REQUESTS.c.id).where(PRIOR_AUTH_REQUESTS.c.first.in_(keys), self.rules.is_old_request)
        names = connection.execute(old).scalars().all()
        of = (PRIOR_AUTH_ANSWERS.c.request_id.in_(names), PRIOR_AUTH_REQUESTS.c.id.in_(names))
        gone = {PRIOR_AUTH_ANSWERS: _deleted(connection, PRIOR_AUTH_ANSWERS, of[0])}
        gone[PRIOR_AUTH_REQUESTS] = _deleted(connection, PRIOR_AUTH_REQUESTS, of[1])
        chain.forget(connection, gone, datetime.now(UTC))
        return _counted(gone)


@dataclass(frozen=True, slots=True)
class _Subscriptions:
    """Subscriptions whose client is gone or was never reached, each with what waits for it."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete those that are old; they are held first, so that no answer is announced to one in between."""
        old = select(SUBSCRIPTIONS.c.id).where(SUBSCRIPTIONS.c.id.in_(keys), self.rules.is_old_subscription)
        names = connection.execute(old.with_for_update()).scalars().all()
        waiting = connection.execute(delete(NOTICES).where(NOTICES.c.subscription.in_(names))).rowcount
        gone = connection.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id.in_(names))).rowcount
        return Counter({NOTICES.name: waiting, SUBSCRIPTIONS.name: gone})


@dataclass(frozen=True, slots=True)
class _Authorizations:
    """Authorizations that have ended."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete those that ended long ago."""
        of = AUTHORIZATIONS.c.number.in_(keys)
        gone = {AUTHORIZATIONS: _deleted(connection, AUTHORIZATIONS, of, self.rules.is_old_authorization)}
        chain.forget(connection, gone, datetime.now(UTC))
        return _counted(gone)


def _deleted(connection: Connection, table: Table, *which: ColumnElement[bool]) -> Sequence[str]:
    """Delete rows of a table that stand in the chain; returns their names there."""
    return connection.execute(delete(table).where(*which).returning(key_column(table))).scalars().all()


def _counted(gone: Keys) -> Counter[str]:
    return Counter({table.name: len(keys) for table, keys in gone.items()})


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls, with what goes with them."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete calls on which nothing rests."""
        old = select(CALLS.c.id).where(CALLS.c.id.in_(keys), self.rules.is_old_call)
        names = connection.execute(old).scalars().all()
        gone: Counter[str] = Counter()
        for table in of_calls():
            gone[table.name] = connection.execute(delete(table).where(table.c.call.in_(names))).rowcount
        gone["calls"] = connection.execute(delete(CALLS).where(CALLS.c.id.in_(names))).rowcount
        return gone
