"""Subscriptions on file, and what is still to be sent to each; it survives a restart, and goes when it was taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Update, delete, func, insert, select, update

from cds_service.database.locks import hold
from cds_service.database.transactions import reading, writing
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place, fingerprint, known_as, opened
from cds_service.encryption.tenant_keys import PAYER, UnreadableError
from cds_service.logs import LOG
from cds_service.requests_on_file.kept_requests import Request, in_utc
from cds_service.requests_on_file.tables import NOTICES, SUBSCRIPTIONS
from fhir_mappings.prior_auth.json_values import decoded, encoded
from fhir_mappings.prior_auth.subscription import HANDSHAKE

Json = dict[str, Any]
REQUESTED, ACTIVE = "requested", "active"
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=6)
_DOUBLINGS = 12
_AT_ONCE = 50
"""How many notices of a subscription are looked up together: of thousands that wait none is a search of its own."""
_SOONEST_BEAT = timedelta(minutes=1)
_ITS = NOTICES.c


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it is kept."""

    id: str
    tenant: str
    status: str
    senders: frozenset[str]
    events: int
    beat_seconds: int
    next_beat: datetime | None
    made: datetime
    resource: Json


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to be sent now: to whom, of which kind, the number of the event, and the answer it is about."""

    id: str
    subscription: Subscription
    kind: str
    event: int
    request: str
    number: int
    tries: int


@dataclass(frozen=True, slots=True)
class SqlNotices:
    """The subscriptions and notices on file."""

    engine: Engine

    def add(self, subscription: Subscription, kind: str) -> None:
        """Keep a subscription, new or changed, and that its handshake is to be sent."""
        row = {name: getattr(subscription, name) for name in _PLAIN}
        with writing(self.engine) as connection:
            hold(connection, "subscription", subscription.id)
            row["senders"] = "\n".join(sorted(fingerprint(connection, PAYER, one) for one in subscription.senders))
            packed = payloads.packed(encoded(subscription.resource))
            place = Place(SUBSCRIPTIONS, "resource", subscription.id)
            row["resource"] = payloads.sealed(connection, place, subscription.tenant, packed)
            is_known = select(SUBSCRIPTIONS.c.id).where(SUBSCRIPTIONS.c.id == subscription.id)
            if connection.execute(is_known).first() is None:
                connection.execute(insert(SUBSCRIPTIONS), row)
            else:
                kept = {name: value for name, value in row.items() if name != "events"}
                connection.execute(update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription.id).values(kept))
            handshakes = NOTICES.c.subscription == subscription.id, NOTICES.c.kind == kind
            connection.execute(delete(NOTICES).where(*handshakes))
            connection.execute(insert(NOTICES), _notice(subscription.id, kind, 0, subscription.made))

    def find(self, name: str, tenant: str) -> Subscription | None:
        """Return a subscription of a tenant's own."""
        sought = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == name, SUBSCRIPTIONS.c.tenant == tenant)
        with reading(self.engine) as connection:
            row = connection.execute(sought).mappings().first()
            return _subscription(connection, dict(row)) if row is not None else None

    def drop(self, name: str, tenant: str) -> bool:
        """Delete a subscription of a tenant's own with all that waits for it, and tell whether it was there."""
        own = select(SUBSCRIPTIONS.c.id).where(SUBSCRIPTIONS.c.id == name, SUBSCRIPTIONS.c.tenant == tenant)
        with writing(self.engine) as connection:
            if connection.execute(own.with_for_update()).first() is None:
                return False
            connection.execute(delete(NOTICES).where(NOTICES.c.subscription == name))
            connection.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == name))
            return True

    def count(self, tenant: str) -> int:
        """Return how many subscriptions a tenant has."""
        counted = select(func.count()).select_from(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.tenant == tenant)
        with reading(self.engine) as connection:
            return int(connection.execute(counted).scalar_one())

    def due(self, now: datetime) -> tuple[Due, ...]:
        """Return what is to be sent now: of each subscription the next ones, in their order.

        While the first of a subscription waits to be tried again, nothing after it is due.
        """
        within = func.row_number().over(partition_by=_ITS.subscription, order_by=(_ITS.event, _ITS.made))
        ordered = select(NOTICES, within.label("place")).subquery()
        waiting = select(ordered).where(ordered.c.place <= _AT_ONCE).order_by(ordered.c.subscription, ordered.c.place)
        with reading(self.engine) as connection:
            rows = [dict(one) for one in connection.execute(waiting).mappings()]
            ready = {one["subscription"] for one in rows if one["place"] == 1 and in_utc(one["next_try"]) <= now}
            whose = {one.id: one for one in _of_ids(connection, ready)}
            return tuple(_due(one, whose[one["subscription"]]) for one in rows if one["subscription"] in whose)

    def beats(self, now: datetime) -> tuple[Subscription, ...]:
        """Return the active subscriptions whose heartbeat is due."""
        sought = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.status == ACTIVE, SUBSCRIPTIONS.c.beat_seconds > 0)
        with reading(self.engine) as connection:
            rows = connection.execute(sought).mappings().all()
            found = [_readable(connection, dict(one)) for one in rows]
            return tuple(one for one in found if one and one.next_beat is not None and one.next_beat <= now)

    def sent(self, due: Due, now: datetime) -> None:
        """Keep that something was taken: it goes, and a handshake makes its subscription active.

        One that is gone by now was of an address that the client has changed since.
        """
        with writing(self.engine) as connection:
            hold(connection, "subscription", due.subscription.id)
            is_there = connection.execute(delete(NOTICES).where(NOTICES.c.id == due.id)).rowcount > 0
            status = {"status": ACTIVE} if is_there and due.kind == HANDSHAKE else {}
            connection.execute(_reached(due.subscription, now).values(status))

    def beat(self, subscription: Subscription, now: datetime) -> None:
        """Keep that a subscriber was reached: its next heartbeat is later."""
        with writing(self.engine) as connection:
            connection.execute(_reached(subscription, now))

    def put_off_beat(self, subscription: Subscription, now: datetime) -> None:
        """Keep that a heartbeat was not taken: the next comes in its time, and no sooner than in a minute."""
        after = now + max(timedelta(seconds=subscription.beat_seconds), _SOONEST_BEAT)
        with writing(self.engine) as connection:
            changed = update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription.id)
            connection.execute(changed.values(next_beat=after))

    def failed(self, due: Due, now: datetime) -> None:
        """Keep that something was not taken: it is tried again, each time after twice the wait, and never dropped."""
        wait = min(_FIRST_WAIT * 2 ** min(due.tries, _DOUBLINGS), _LONGEST_WAIT)
        with writing(self.engine) as connection:
            changed = update(NOTICES).where(NOTICES.c.id == due.id)
            connection.execute(changed.values(tries=due.tries + 1, next_try=now + wait))


def _reached(subscription: Subscription, now: datetime) -> Update:
    after = now + timedelta(seconds=subscription.beat_seconds) if subscription.beat_seconds else None
    return update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription.id).values(next_beat=after)


def announce(connection: Connection, request: Request, number: int, kind: str, now: datetime) -> None:
    """Keep, in the transaction of an answer, whom it is to be sent to: its tenant's subscriptions to the sender."""
    of_tenant = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.tenant == request.tenant).with_for_update()
    senders = known_as(connection, PAYER, request.senders)
    for row in connection.execute(of_tenant).mappings().all():
        if not senders.isdisjoint(known_as(connection, PAYER, row["senders"].split())):
            event = row["events"] + 1
            changed = update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == row["id"]).values(events=event)
            connection.execute(changed)
            about = {"request_id": request.id, "number": number}
            connection.execute(insert(NOTICES), _notice(row["id"], kind, event, now) | about)


_PLAIN = ("id", "tenant", "status", "events", "beat_seconds", "next_beat", "made")


def _notice(subscription: str, kind: str, event: int, now: datetime) -> Json:
    row = {"id": str(uuid4()), "subscription": subscription, "kind": kind, "event": event, "tries": 0}
    return row | {"request_id": None, "number": None, "made": now, "next_try": now}


def _subscription(connection: Connection, row: Json) -> Subscription:
    plain = {name: row[name] for name in _PLAIN}
    plain |= {"made": in_utc(row["made"]), "next_beat": in_utc(row["next_beat"]) if row["next_beat"] else None}
    text = opened(connection, Place(SUBSCRIPTIONS, "resource", row["id"]), row["resource"], row["tenant"])
    return Subscription(**plain, senders=frozenset(row["senders"].split()), resource=decoded(text))


def _readable(connection: Connection, row: Json) -> Subscription | None:
    """Return a subscription; None where its key was destroyed, so that those of other tenants are still served."""
    try:
        return _subscription(connection, row)
    except UnreadableError:
        LOG.warning("a subscription cannot be decrypted", extra={"fields": {"subscription": row["id"]}})
        return None


def _of_ids(connection: Connection, names: Iterable[str]) -> Iterator[Subscription]:
    """Yield the subscriptions of these ids that can be read."""
    sought = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id.in_(sorted(names)))
    found = (_readable(connection, dict(one)) for one in connection.execute(sought).mappings().all())
    yield from (one for one in found if one is not None)


def _due(row: Json, whose: Subscription) -> Due:
    about = (row["request_id"] or "", row["number"] or 0)
    return Due(row["id"], whose, row["kind"], row["event"], *about, row["tries"])
