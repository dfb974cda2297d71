"""Deleting what is older than the payer keeps it: calls hold what a chart holds (HIPAA; CDS Hooks 2.0, "Security").

It goes beside live calls: each table is walked once, in the order of its keys, and a few rows are deleted at a time, in
a transaction of their own. What may go is named by `rules`, and looked at again under the lock of its patient;
a patient about whom somebody asks at that moment is left for the next time. Where calls leave no room, or the database
fails, it waits and goes on.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, delete, select

from cds_service.database.patience import Patience
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.retention.rules import Rules, aging
from cds_service.retention.steps import Authorizations, Calls, Questions, Requests, Subscriptions
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    NOTICES,
    PRIOR_AUTH_REQUESTS,
    READS,
    SUBSCRIPTIONS,
)

_PAGE = 1_000
_BATCH = 100
"""How many rows are looked for, and how many of them go, in one transaction: it lasts some hundredths of a second."""
_FEWEST = 10
_LONGEST_PAUSE_SECONDS = 0.5
READS_DAYS = 2190
"""How long it is kept who read what, unless it is set: six years (45 CFR 164.316(b)(2)(i), of documentation)."""
Work = Callable[[Connection, Sequence[str]], Counter[str]]


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
    """Deletes what was received more than `days` before `now`; what runs is known by `today`.

    `between` is called after each transaction, with the seconds that it took; `reads_days` is for who read what,
    `tenants` are those of the registered clients, None while nobody is registered; `patience` is how long the database
    may fail, `longest_seconds` how long a transaction may take until fewer rows go in the next.
    """

    engine: Engine
    days: int
    between: Callable[[float], None] = give_way
    reads_days: int = READS_DAYS
    tenants: frozenset[str] | None = None
    patience: Patience = field(default_factory=Patience)
    longest_seconds: float = 0.1

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
        yield from self._walked(DETERMINATIONS.c.id, rules.may_lose_something, Questions(rules).purge)
        yield from self._walked(AUTHORIZATIONS.c.number, rules.is_old_authorization, Authorizations(rules).purge)
        yield from self._walked_plainly(NOTICES, rules.is_old_notice)
        yield from self._walked(SUBSCRIPTIONS.c.id, rules.is_old_subscription, Subscriptions(rules).purge)
        yield from self._walked(PRIOR_AUTH_REQUESTS.c.first, rules.is_old_request, Requests(rules).purge)
        for table in aging():
            yield from self._walked_plainly(table, table.c.received < rules.before)
        yield from self._walked(CALLS.c.id, rules.is_old_call, Calls(rules).purge)

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

        last, is_last, size = "", False, _BATCH
        while not is_last:
            keys, found = self.patience.tried(partial(looked_for, last))
            while found:
                batch, found = found[:size], found[size:]
                gone, seconds = self._batch(batch, work)
                yield gone
                size = _next_size(size, seconds > self.longest_seconds)
            last, is_last = (keys[-1] if keys else last), len(keys) < _PAGE

    def _batch(self, keys: Sequence[str], work: Work) -> tuple[Counter[str], float]:
        """Delete a batch; where a call came in between, or leaves no room, it is looked at anew later."""

        def deleted() -> tuple[Counter[str], float]:
            begun = perf_counter()
            with writing(self.engine) as connection:
                gone = work(connection, keys)
            return gone, perf_counter() - begun

        gone, seconds = self.patience.tried(deleted)
        self.between(seconds)
        return gone, seconds


def _next_size(size: int, is_slow: bool) -> int:  # noqa: FBT001 - one of two ways
    """Return how many rows go next: half as many while a transaction takes too long, then more again."""
    return max(size // 2, _FEWEST) if is_slow else min(size + _FEWEST, _BATCH)
