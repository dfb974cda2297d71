"""How many rows a purge would delete, by table, without deleting any: the rules of `retention.rules`, as they end up.

A purge deletes in an order, and what is left decides on what hangs on it. Here each rule asks for what would be left.
It cannot know about whom somebody will ask while the purge runs: their rows would stay until the next one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, exists, func, or_, select

from cds_service.database.transactions import reading
from cds_service.retention.rules import Rules, aging, of_calls, of_determinations
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    NOTICES,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_MEMBERS,
    PRIOR_AUTH_REQUESTS,
    READS,
    RESPONSES,
    REVISIONS,
    SUBSCRIPTIONS,
)


@dataclass(frozen=True, slots=True)
class PurgeCount:
    """Counts what a purge of a day would delete (see `retention.Purging`)."""

    engine: Engine
    days: int
    reads_days: int
    tenants: frozenset[str] | None = None

    def count(self, now: datetime, today: date) -> dict[str, int]:
        """Return how many rows would go, by table, without the tables that would lose none; raises StoreError."""
        rules = Rules(now - timedelta(days=self.days), today - timedelta(days=self.days), today, self.tenants)
        counted = Counter[str]()
        with reading(self.engine) as connection:
            for table, goes in _going(rules, now - timedelta(days=self.reads_days)):
                counted[table.name] += _number(connection, table, goes)
        return dict(+counted)


def _number(connection: Connection, table: Table, goes: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(goes)).scalar_one())


def _going(rules: Rules, reads_before: datetime) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield each table with the condition that a row of it would go."""
    yield RESPONSES, rules.is_old_response
    yield REVISIONS, rules.will_be_old_revision
    yield DETERMINATIONS, _emptied(rules)
    for table in of_determinations():
        yield table, exists().where(DETERMINATIONS.c.id == table.c.determination, _emptied(rules))
    yield AUTHORIZATIONS, rules.is_old_authorization
    yield NOTICES, rules.is_old_notice
    yield SUBSCRIPTIONS, rules.is_old_subscription
    old = select(PRIOR_AUTH_REQUESTS.c.id).where(rules.is_old_request)
    yield PRIOR_AUTH_MEMBERS, PRIOR_AUTH_MEMBERS.c.request_id.in_(old)
    yield PRIOR_AUTH_ANSWERS, PRIOR_AUTH_ANSWERS.c.request_id.in_(old)
    yield PRIOR_AUTH_REQUESTS, rules.is_old_request
    for table in aging():
        yield table, table.c.received < rules.before
    yield CALLS, _unneeded(rules)
    for table in of_calls():
        yield table, exists().where(CALLS.c.id == table.c.call, _unneeded(rules))
    yield READS, READS.c.at < reads_before


def _emptied(rules: Rules) -> ColumnElement[bool]:
    """Whether nothing will be left of a determination."""
    left = exists().where(REVISIONS.c.determination == DETERMINATIONS.c.id, ~rules.will_be_old_revision)
    answered = exists().where(RESPONSES.c.determination == DETERMINATIONS.c.id, ~rules.is_old_response)
    return and_(~left, ~answered)


def _unneeded(rules: Rules) -> ColumnElement[bool]:
    """Whether a call is old, and nothing that is left will rest on it."""
    judged = exists().where(REVISIONS.c.call == CALLS.c.id, ~rules.will_be_old_revision)
    given = exists().where(AUTHORIZATIONS.c.call == CALLS.c.id, ~rules.is_old_authorization)
    return and_(CALLS.c.received < rules.before, ~or_(judged, given))
