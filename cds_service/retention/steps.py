"""The steps of a purge: each deletes, in one transaction, those of some rows that may go, with what belongs to them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from cds_service.chain import entries as chain
from cds_service.chain.entries import CHANGED, Seal, key_column
from cds_service.database.locks import try_to_hold
from cds_service.retention.rules import Rules, of_calls, of_determinations
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    NOTICES,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_MEMBERS,
    PRIOR_AUTH_REQUESTS,
    RESPONSES,
    REVISIONS,
    SUBSCRIPTIONS,
)

Keys = Mapping[Table, Sequence[str]]
"""What went of tables whose rows stand in the chain."""


@dataclass(frozen=True, slots=True)
class Questions:
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
class Requests:
    """Prior authorization requests, each with its updates and all answers."""

    rules: Rules

    def purge(self, connection: Connection, keys: Sequence[str]) -> Counter[str]:
        """Delete those of which every part is old; they go together."""
        old = select(PRIOR_AUTH_REQUESTS.c.id).where(PRIOR_AUTH_REQUESTS.c.first.in_(keys), self.rules.is_old_request)
        names = connection.execute(old).scalars().all()
        of = (PRIOR_AUTH_ANSWERS.c.request_id.in_(names), PRIOR_AUTH_REQUESTS.c.id.in_(names))
        found_by = delete(PRIOR_AUTH_MEMBERS).where(PRIOR_AUTH_MEMBERS.c.request_id.in_(names))
        members = connection.execute(found_by).rowcount
        gone = {PRIOR_AUTH_ANSWERS: _deleted(connection, PRIOR_AUTH_ANSWERS, of[0])}
        gone[PRIOR_AUTH_REQUESTS] = _deleted(connection, PRIOR_AUTH_REQUESTS, of[1])
        chain.forget(connection, gone, datetime.now(UTC))
        return _counted(gone) + Counter({PRIOR_AUTH_MEMBERS.name: members})


@dataclass(frozen=True, slots=True)
class Subscriptions:
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
class Authorizations:
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
class Calls:
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
