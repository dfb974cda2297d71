"""Subscriptions of clients, and the sending of what waits for them: through the one door, only where they may be sent.

A client subscribes at addresses of its registration; while nobody is registered, at addresses of this machine. That is
looked at again each time that something is sent. One process sends at a time (a lease), each event in its order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import uuid4

from cds_service.database.leases import Lease
from cds_service.encryption.tenant_keys import UnreadableError
from cds_service.fetching.allowed_servers import Allowed, Permitted, permitted_below
from cds_service.http.addresses import RefusedError, loopback_addresses
from cds_service.http.deadline import session_until
from cds_service.http.http_client import OutgoingError, deliver
from cds_service.logs import LOG
from cds_service.requests_on_file.kept_requests import sender_name
from cds_service.requests_on_file.notices import REQUESTED, Due, SqlNotices, Subscription
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.bundles import BundleError, Fault, read_body
from fhir_mappings.prior_auth.json_values import decoded, encoded
from fhir_mappings.prior_auth.subscription import HANDSHAKE, HEARTBEAT, Notice, notification, read_subscription

Json = dict[str, Any]
_SECONDS = 10.0
_MOST = 100
"""How many subscriptions a client may have: each is looked at with every answer to it."""
_TAKEN = range(200, 300)


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Takes subscriptions; `endpoints` are the addresses of each tenant's clients, None in open mode."""

    notices: SqlNotices
    endpoints: Mapping[str, tuple[str, ...]] | None
    now: Callable[[], datetime]
    max_depth: int

    def create(self, body: bytes, tenant: str, name: str = "") -> Subscription:
        """Keep a subscription, under a new id or in place of the one of an id; raises BundleError and StoreError."""
        asked = read_subscription(read_body(body, self.max_depth))
        try:
            self.permitted(asked.endpoint, tenant)
        except RefusedError:
            text = "is none of the addresses that this client is registered with"
            raise BundleError([Fault(text, "Subscription.channel.endpoint")]) from None
        if not name and self.notices.count(tenant) >= _MOST:
            raise BundleError([Fault(f"would be one more than the {_MOST} that a client may have", "Subscription")])
        made = name or str(uuid4())
        senders = frozenset(sender_name(*pair) for pair in asked.organizations)
        resource = asked.resource | {"id": made, "status": REQUESTED}
        kept = Subscription(made, tenant, REQUESTED, senders, 0, asked.beat_seconds, None, self.now(), resource)
        self.notices.add(kept, HANDSHAKE)
        return kept

    def permitted(self, endpoint: str, tenant: str) -> Permitted:
        """Return an address that may be sent to; raises RefusedError for any other."""
        if self.endpoints is None:
            return permitted_below(endpoint, Allowed(loopback=True))
        return permitted_below(endpoint, Allowed(self.endpoints.get(tenant, ())))


def shown(subscription: Subscription) -> Json:
    """Return a subscription as it is read: with the status that it has now."""
    return subscription.resource | {"id": subscription.id, "status": subscription.status}


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends what waits; `base_url` is that of our base of PAS, `seconds` is how long a receiver may take."""

    subscribing: Subscribing
    store: PriorAuthStore
    lease: Lease
    base_url: str
    seconds: float = _SECONDS

    def run(self) -> int:
        """Send what is due, and return how much was taken; nothing where another process does it. Raises StoreError.

        The lease is taken anew before each: receivers that answer slowly do not outlast it, and no two processes send
        the same. A client of which a receiver did not take something waits for the next run: others do not wait for it.
        """
        notices, taken, waiting = self.subscribing.notices, 0, set[str]()
        while self.lease.take() and (found := _without(waiting, notices.due(self.subscribing.now()))):
            for one in found:
                if one.subscription.tenant not in waiting and self.lease.take():
                    is_taken = self._one(one)
                    taken += is_taken
                    waiting |= set() if is_taken else {one.subscription.tenant}
        self._beat(waiting)
        return taken

    def _beat(self, waiting: set[str]) -> None:
        """Send the heartbeats that are due; one that was not taken comes again no sooner than the next."""
        notices = self.subscribing.notices
        for one in notices.beats(self.subscribing.now()) if self.lease.take() else ():
            beat = Notice(self._url(one), HEARTBEAT, one.events, self.subscribing.now(), str(uuid4()))
            if one.tenant in waiting or not self.lease.take():
                continue
            if self._is_taken(one, notification(beat)):
                notices.beat(one, self.subscribing.now())
            else:
                notices.put_off_beat(one, self.subscribing.now())
                waiting.add(one.tenant)

    def _one(self, due: Due) -> bool:
        notices, now = self.subscribing.notices, self.subscribing.now()
        subscription = notices.find(due.subscription.id, due.subscription.tenant)
        if subscription is None:  # it was ended since this run began
            return True
        try:
            answer = self._answer(due)
        except UnreadableError:
            LOG.warning("an answer cannot be decrypted", extra={"fields": {"request": due.request}})
            notices.failed(due, now)
            return False
        url = f"{self.base_url}/Bundle/{due.request}-{due.number}" if answer is not None else ""
        notice = Notice(self._url(subscription), due.kind, due.event, now, due.id, answer, url)
        is_taken = self._is_taken(subscription, notification(notice))
        if is_taken:
            notices.sent(due, now)
        else:
            notices.failed(due, now)
        return is_taken

    def _answer(self, due: Due) -> Json | None:
        """Return the answer that an event is about, as it was given; a later one has an event of its own."""
        answers = self.store.answers(due.request) if due.request else ()
        return next((decoded(one.reply) for one in answers if one.number == due.number), None)

    def _url(self, subscription: Subscription) -> str:
        return f"{self.base_url}/Subscription/{subscription.id}"

    def _is_taken(self, subscription: Subscription, content: Json) -> bool:
        """Send something, and tell whether it was taken."""
        try:
            asked = read_subscription(subscription.resource)
            place, until = self.subscribing.permitted(asked.endpoint, subscription.tenant), monotonic() + self.seconds
            with session_until(until, loopback_addresses(place.base) if place.pinned else ()) as http:
                status = deliver(http, asked.endpoint, encoded(content), dict(asked.headers), until)
        except (RefusedError, OutgoingError, BundleError) as error:  # what was taken once may be refused by now
            LOG.info("a notification was not taken", extra={"fields": {"why": type(error).__name__}})
            return False
        return status in _TAKEN


def _without(tenants: set[str], found: Iterable[Due]) -> list[Due]:
    return [one for one in found if one.subscription.tenant not in tenants]
