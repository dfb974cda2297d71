"""Subscriptions of clients, and the sending of what waits for them: through the one door, only where they may be sent.

A client subscribes at addresses of its registration; while nobody is registered, at addresses of this machine. That is
looked at again each time that something is sent. One process sends at a time (a lease), each event in its order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec

from cds_service.database.leases import Lease
from cds_service.fetching.allowed_servers import Allowed, Permitted, permitted_below
from cds_service.http.addresses import RefusedError, loopback_addresses
from cds_service.http.http_client import Line, OutgoingError, deliver, session_on
from cds_service.logs import LOG
from cds_service.requests_on_file.kept_requests import sender_name
from cds_service.requests_on_file.notices import REQUESTED, Due, SqlNotices, Subscription
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.bundles import BundleError, Fault
from fhir_mappings.prior_auth.json_values import decoded, encoded
from fhir_mappings.prior_auth.subscription import HANDSHAKE, HEARTBEAT, Notice, notification, read_subscription

Json = dict[str, Any]
_SECONDS = 10.0
_TAKEN = range(200, 300)


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Takes subscriptions; `endpoints` are the addresses of each tenant's clients, None in open mode."""

    notices: SqlNotices
    endpoints: Mapping[str, tuple[str, ...]] | None
    now: Callable[[], datetime]

    def create(self, body: bytes, tenant: str, name: str = "") -> Subscription:
        """Keep a subscription, under a new id or in place of the one of an id; raises BundleError and StoreError."""
        try:
            asked = read_subscription(decoded(body))
        except msgspec.DecodeError:
            raise BundleError([Fault("the body is no acceptable JSON", "")], is_json=False) from None
        try:
            self.permitted(asked.endpoint, tenant)
        except RefusedError:
            text = "is none of the addresses that this client is registered with"
            raise BundleError([Fault(text, "Subscription.channel.endpoint")]) from None
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
    """Sends what waits; `base_url` is that of our base of PAS."""

    subscribing: Subscribing
    store: PriorAuthStore
    lease: Lease
    base_url: str

    def run(self) -> int:
        """Send what is due, and return how much was taken; nothing where another process does it. Raises StoreError.

        The lease is taken anew before each: receivers that answer slowly do not outlast it, and no two processes send
        the same.
        """
        notices, taken = self.subscribing.notices, 0
        while self.lease.take() and (found := notices.due(self.subscribing.now())):
            taken += sum(self.lease.take() and self._one(one) for one in found)
        for one in notices.beats(self.subscribing.now()) if self.lease.take() else ():
            beat = Notice(self._url(one), HEARTBEAT, one.events, self.subscribing.now(), str(uuid4()))
            if self.lease.take() and self._is_taken(one, notification(beat)):
                notices.beat(one, self.subscribing.now())
        return taken

    def _one(self, due: Due) -> bool:
        notices, now, subscription = self.subscribing.notices, self.subscribing.now(), due.subscription
        answer = self._answer(due)
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
        asked = read_subscription(subscription.resource)
        try:
            place = self.subscribing.permitted(asked.endpoint, subscription.tenant)
            line = Line(loopback_addresses(place.base)) if place.pinned else Line()
            try:
                with session_on(line) as http:
                    until = monotonic() + _SECONDS
                    status = deliver(http, asked.endpoint, encoded(content), dict(asked.headers), until)
            finally:
                line.cut()
        except (RefusedError, OutgoingError) as error:
            LOG.info("a notification was not taken", extra={"fields": {"why": type(error).__name__}})
            return False
        return status in _TAKEN
