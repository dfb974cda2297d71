"""What is old enough to be deleted.

What an authorization that still runs rests on is kept until it has ended: its determinations, their answered forms and
their calls. All else goes by its own day: a call that a younger revision rests on stays with it, and the last revision
with a younger answered form, or where it was reported again since. Tables are found by their columns, so that a new one
is not forgotten: what has `received` ages by it, what has `call` goes with its call, and what else has `determination`
with its determination.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select

from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    METADATA,
    NOTICES,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_REQUESTS,
    RESPONSES,
    REVISIONS,
    SUBSCRIPTIONS,
)

HALF_A_YEAR_DAYS = 184
"""Six months, whichever they are."""
_OF_AUTHORIZATION = ("tenant", "fhir_server", "patient", "policy")


@dataclass(frozen=True, slots=True)
class Rules:
    """What goes at one purge: what was received before an instant, or is of a day before `day`.

    `tenants` are those of the registered clients; None while nobody is registered, and every tenant is known.
    """

    before: datetime
    day: date
    today: date
    tenants: frozenset[str] | None = None

    @property
    def may_lose_something(self) -> ColumnElement[bool]:
        """Whether anything of a determination may go."""
        revision = exists().where(REVISIONS.c.determination == DETERMINATIONS.c.id, self.is_old_revision)
        response = exists().where(RESPONSES.c.determination == DETERMINATIONS.c.id, self.is_old_response)
        return or_(revision, response, self.is_empty)

    @property
    def is_old_response(self) -> ColumnElement[bool]:
        """Whether an answered form goes."""
        return and_(RESPONSES.c.received < self.before, ~_of_running(RESPONSES, self.today))

    @property
    def is_old_revision(self) -> ColumnElement[bool]:
        """Whether a revision goes."""
        return self._old_revision(_is_answered())

    @property
    def will_be_old_revision(self) -> ColumnElement[bool]:
        """Whether a revision goes once the answered forms that go have gone."""
        left = exists().where(RESPONSES.c.determination == REVISIONS.c.determination, ~self.is_old_response)
        return self._old_revision(left)

    def _old_revision(self, is_answered: ColumnElement[bool]) -> ColumnElement[bool]:
        needed = and_(_is_last(), or_(is_answered, _is_reported_since(self.day)))
        return and_(REVISIONS.c.day < self.day, ~or_(_of_running(REVISIONS, self.today), needed))

    @property
    def is_old_authorization(self) -> ColumnElement[bool]:
        """Whether an authorization goes."""
        return AUTHORIZATIONS.c.end < self.day

    @property
    def is_old_request(self) -> ColumnElement[bool]:
        """Whether a prior authorization request goes, with the others that it began with or that follow on it.

        None of them waits for a person, no answer to them is young, so that nobody is still to hear of one, and the
        services of all lie at least half a year back (PAS 2.2.1, spec-73).
        """
        of, ended = PRIOR_AUTH_REQUESTS.alias(), self.today - timedelta(days=HALF_A_YEAR_DAYS)
        answered = exists().where(PRIOR_AUTH_ANSWERS.c.request_id == of.c.id, PRIOR_AUTH_ANSWERS.c.at >= self.before)
        is_young = or_(of.c.submitted >= self.before, of.c.state == "pended", of.c.last_day >= ended, answered)
        return ~exists().where(of.c.first == PRIOR_AUTH_REQUESTS.c.first, or_(is_young, of.c.submitted >= _at(ended)))

    @property
    def is_old_subscription(self) -> ColumnElement[bool]:
        """Whether a subscription goes: it is old, and its client is gone or was never reached."""
        is_lost = SUBSCRIPTIONS.c.status == "requested"
        if self.tenants is not None:
            is_lost = or_(is_lost, SUBSCRIPTIONS.c.tenant.not_in(self.tenants))
        return and_(SUBSCRIPTIONS.c.made < self.before, is_lost)

    @property
    def is_old_notice(self) -> ColumnElement[bool]:
        """Whether something that could not be sent goes: it is old itself, or its subscription goes."""
        lost = select(SUBSCRIPTIONS.c.id).where(self.is_old_subscription)
        return or_(NOTICES.c.made < self.before, NOTICES.c.subscription.in_(lost))

    @property
    def is_empty(self) -> ColumnElement[bool]:
        """Whether nothing is left of a determination."""
        left = exists().where(REVISIONS.c.determination == DETERMINATIONS.c.id)
        answered = exists().where(RESPONSES.c.determination == DETERMINATIONS.c.id)
        return and_(~left, ~answered)

    @property
    def is_old_call(self) -> ColumnElement[bool]:
        """Whether a call goes: it is old, and nothing rests on it."""
        rests = (exists().where(one.c.call == CALLS.c.id) for one in (REVISIONS, AUTHORIZATIONS))
        return and_(CALLS.c.received < self.before, *(~one for one in rests))


def _of_running(table: Table, today: date) -> ColumnElement[bool]:
    """Whether an authorization that still runs rests on the determination of a revision or a response."""
    own = DETERMINATIONS.alias()
    same = (own.c[name] == AUTHORIZATIONS.c[name] for name in _OF_AUTHORIZATION)
    running = exists().where(*same, AUTHORIZATIONS.c.end >= today)
    return exists().where(own.c.id == table.c.determination, running)


def _is_last() -> ColumnElement[bool]:
    """Whether a revision is the last."""
    later = REVISIONS.alias()
    return ~exists().where(later.c.determination == REVISIONS.c.determination, later.c.number > REVISIONS.c.number)


def _is_reported_since(day: date) -> ColumnElement[bool]:
    """Whether the determination of a revision was reported again on a day or later: somebody works with its id."""
    own = DETERMINATIONS.alias()
    return exists().where(own.c.id == REVISIONS.c.determination, own.c.told_again >= day)


def _is_answered() -> ColumnElement[bool]:
    """Whether an answered form of the determination of a revision is left."""
    return exists().where(RESPONSES.c.determination == REVISIONS.c.determination)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def aging() -> Iterator[Table]:
    """Yield the tables that age by themselves, and on which no other hangs."""
    yield from (one for one in METADATA.sorted_tables if "received" in one.c and one not in {CALLS, RESPONSES})


def of_calls() -> Iterator[Table]:
    """Yield the tables whose rows go with their call."""
    yield from (one for one in METADATA.sorted_tables if "call" in one.c and one not in {REVISIONS, AUTHORIZATIONS})


def of_determinations() -> Iterator[Table]:
    """Yield the tables whose rows go with their determination, however young they are."""
    yield from (one for one in METADATA.sorted_tables if "determination" in one.c and one not in {REVISIONS, RESPONSES})
