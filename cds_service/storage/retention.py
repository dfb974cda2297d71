"""Deleting what is older than the payer keeps it: calls hold what a chart holds (HIPAA; CDS Hooks 2.0, "Security").

What an authorization that still runs rests on is kept until it has ended: its determinations, their answered forms and
their calls. All else goes by its own day: a call that a younger revision rests on stays with it, and the last revision
with a younger answered form, or where it was told again since. Tables are found by their columns, so that a new one is
not forgotten: what has `received` ages by it, what has `call` goes with its call, and what else has `determination`
with its determination.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, exists, or_, select, update

from cds_service.storage.tables import AUTHORIZATIONS, CALLS, DETERMINATIONS, METADATA, RESPONSES, REVISIONS

_OF_AUTHORIZATION = ("tenant", "fhir_server", "patient", "policy")


@dataclass(frozen=True, slots=True)
class Purging:
    """Deletes what was received more than `days` before `now`; what runs is told by `today`."""

    engine: Engine
    days: int

    def purge(self, now: datetime, today: date) -> dict[str, int]:
        """Delete in one transaction; returns how many rows went, by table, without the tables that lost none."""
        before = now - timedelta(days=self.days)
        with self.engine.begin() as connection:
            gone = dict(_Going(connection, before, today - timedelta(days=self.days), today).all())
        return {name: number for name, number in gone.items() if number}


@dataclass(frozen=True, slots=True)
class _Going:
    """One purge: what was received before an instant, or is of a day before `day`."""

    connection: Connection
    before: datetime
    day: date
    today: date

    def all(self) -> Iterator[tuple[str, int]]:
        """Delete, the rows that others hang on last; yields the table and how many rows went."""
        yield (
            "responses",
            self._delete(RESPONSES, RESPONSES.c.received < self.before, ~_of_running(RESPONSES, self.today)),
        )
        stays = or_(_of_running(REVISIONS, self.today), and_(_is_last(), or_(_is_answered(), _is_told_since(self.day))))
        yield "revisions", self._delete(REVISIONS, REVISIONS.c.day < self.day, ~stays)
        yield "authorizations", self._delete(AUTHORIZATIONS, AUTHORIZATIONS.c.end < self.day)
        for table in _aging():
            yield table.name, self._delete(table, table.c.received < self.before)
        for table in _of_calls():
            yield table.name, self._delete(table, table.c.call.in_(select(CALLS.c.id).where(self._is_old_call())))
        yield "calls", self._delete(CALLS, self._is_old_call())
        yield from self._empty_determinations()

    def _delete(self, table: Table, *where: ColumnElement[bool]) -> int:
        return self.connection.execute(delete(table).where(*where)).rowcount

    def _is_old_call(self) -> ColumnElement[bool]:
        rests = (exists().where(one.c.call == CALLS.c.id) for one in (REVISIONS, AUTHORIZATIONS))
        return and_(CALLS.c.received < self.before, *(~one for one in rests))

    def _empty_determinations(self) -> Iterator[tuple[str, int]]:
        """Delete determinations of which nothing is left; what came after them stands by itself then."""
        left = exists().where(REVISIONS.c.determination == DETERMINATIONS.c.id)
        answered = exists().where(RESPONSES.c.determination == DETERMINATIONS.c.id)
        empty = and_(~left, ~answered)
        gone = select(DETERMINATIONS.c.id).where(empty).scalar_subquery()
        self.connection.execute(
            update(DETERMINATIONS).where(DETERMINATIONS.c.supersedes.in_(gone)).values(supersedes=None)
        )
        for table in _of_determinations():
            yield table.name, self._delete(table, table.c.determination.in_(gone))
        yield "determinations", self._delete(DETERMINATIONS, empty)


def _of_running(table: Table, today: date) -> ColumnElement[bool]:
    """Tell of a revision or a response whether an authorization that still runs rests on its determination."""
    same = (DETERMINATIONS.c[name] == AUTHORIZATIONS.c[name] for name in _OF_AUTHORIZATION)
    running = exists().where(*same, AUTHORIZATIONS.c.end >= today)
    return exists().where(DETERMINATIONS.c.id == table.c.determination, running)


def _is_last() -> ColumnElement[bool]:
    """Tell of a revision whether it is the last."""
    later = REVISIONS.alias()
    return ~exists().where(later.c.determination == REVISIONS.c.determination, later.c.number > REVISIONS.c.number)


def _is_answered() -> ColumnElement[bool]:
    """Tell of a revision whether an answered form of its determination is left."""
    return exists().where(RESPONSES.c.determination == REVISIONS.c.determination)


def _is_told_since(day: date) -> ColumnElement[bool]:
    """Tell of a revision whether its determination was told again on a day or later: somebody works with its id."""
    return exists().where(DETERMINATIONS.c.id == REVISIONS.c.determination, DETERMINATIONS.c.told_again >= day)


def _aging() -> Iterator[Table]:
    """Yield the tables that age by themselves, and on which no other hangs."""
    yield from (one for one in METADATA.sorted_tables if "received" in one.c and one not in {CALLS, RESPONSES})


def _of_calls() -> Iterator[Table]:
    """Yield the tables whose rows go with their call."""
    yield from (one for one in METADATA.sorted_tables if "call" in one.c and one not in {REVISIONS, AUTHORIZATIONS})


def _of_determinations() -> Iterator[Table]:
    """Yield the tables whose rows go with their determination, however young they are."""
    yield from (one for one in METADATA.sorted_tables if "determination" in one.c and one not in {REVISIONS, RESPONSES})
