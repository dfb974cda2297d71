"""Whatever happens to two sending processes and the receiver: each decision is sent once, in order, none is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.application import PRIOR_AUTH
from cds_service.database.leases import Lease
from cds_service.notifications.outbox import Sending
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.requests_on_file.kept_requests import Request
from cds_service.storage.tables import LEASES
from tests.prior_auth.request_bundles import request_of, response, sample, subscription
from tests.prior_auth.test_prior_auth_at_once import sent
from tests.prior_auth.test_prior_auth_notices import URL, Receiver, parameters, receiver

__all__ = ["receiver"]
LEASE_MINUTES, LONGEST_WAIT_HOURS = 2, 6
EVENT = "event-notification"
OTHER_ORGANIZATION = "1043233208"


@dataclass
class World:
    """Two processes on one database, a receiver, and the time that all of them go by."""

    processes: list[PriorAuth]
    receiver: Receiver
    request: Request
    chance: Random
    passed: timedelta = timedelta()
    decided: int = 0
    sending: list[Sending] = field(default_factory=list)

    def now(self) -> datetime:
        return self.processes[0].submission.now() + self.passed

    def started(self, which: int) -> Sending:
        """A process as it is after its start: it holds no lease, and one that died holds its own until it ends."""
        known = self.processes[which]
        lease = Lease(known.store.engine, LEASES, "pa-notices", LEASE_MINUTES, self.now)
        return replace(known.sending, subscribing=replace(known.subscribing, now=self.now), lease=lease)

    def decide(self) -> None:
        self.decided += 1
        words = f"Question {self.decided}?"
        which = self.chance.choice(self.processes)
        which.decisions.decide(self.request, Verdict(Act.ASK, "Rita Muster (rita)", 1, words=words))

    def receive_or_refuse(self) -> None:
        self.receiver.status = self.chance.choice((200, 200, 404, 503))

    def wait(self) -> None:
        self.passed += timedelta(minutes=self.chance.choice((0.3, 1, 5, 60, 400)))

    def restart(self) -> None:
        which = self.chance.randrange(2)
        self.sending[which] = self.started(which)

    def send(self) -> None:
        self.chance.choice(self.sending).run()

    def send_at_once(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: one.run(), self.sending))

    def settle(self) -> None:
        """Let everything that waits be sent."""
        self.receiver.status = 200
        for _ in range(3):
            self.passed += timedelta(hours=LONGEST_WAIT_HOURS, minutes=1)
            self.send_at_once()


@pytest.fixture
def world(replicas: tuple[FlaskClient, FlaskClient], receiver: Receiver) -> Callable[[int], World]:
    def made(seed: int) -> World:
        for organization in (None, OTHER_ORGANIZATION):
            asked = subscription(receiver.url, **({"organization": organization} if organization else {}))
            assert replicas[0].post(URL, json=asked).status_code == 201
        processes: list[PriorAuth] = [one.application.extensions[PRIOR_AUTH] for one in replicas]
        name = response(sent(replicas[0], request_of(sample("02"))))["id"]
        request = processes[0].store.find(name)
        assert request is not None
        found = World(processes, receiver, request, Random(seed))
        found.sending = [found.started(0), found.started(1)]
        return found

    return made


@pytest.mark.parametrize("seed", range(3))
def test_each_decision_is_sent_once_and_in_order_through_everything(world: Callable[[int], World], seed: int) -> None:
    now = world(seed)
    happenings = (now.decide, now.receive_or_refuse, now.wait, now.restart, now.send, now.send_at_once)
    for _ in range(40):
        now.chance.choice(happenings)()
    now.settle()
    told = [parameters(one) for one, _ in now.receiver.came]
    events = [int(one["events-since-subscription-start"]) for one in told if one["type"] == EVENT]
    assert now.decided
    assert events == list(range(1, now.decided + 1))
    assert sum(one["type"] == "handshake" for one in told) == 2
    notes = [
        one["entry"][1]["resource"]["entry"][0]["resource"]["processNote"]
        for one, _ in now.receiver.came
        if len(one["entry"]) > 1
    ]
    assert [one[-1]["text"] for one in notes] == [f"Question {number}?" for number in range(1, now.decided + 1)]


class SlowTaking(list[Any]):
    """What a slow receiver took: each takes more than half of a lease, and the other process looks in meanwhile."""

    def __init__(self, now: World) -> None:
        super().__init__()
        self.now = now
        self.is_looked_at = False

    def append(self, one: Any) -> None:
        super().append(one)
        self.now.passed += timedelta(minutes=LEASE_MINUTES * 0.6)
        if not self.is_looked_at:
            self.is_looked_at = True
            self.now.sending[1].run()
            self.is_looked_at = False


def test_a_slow_receiver_does_not_outlast_the_lease(world: Callable[[int], World]) -> None:
    now = world(0)
    for _ in range(3):
        now.decide()
    now.receiver.came = SlowTaking(now)
    now.sending[0].run()
    told = [parameters(one) for one, _ in now.receiver.came]
    came = [(one["type"], one["events-since-subscription-start"]) for one in told]
    assert sorted(came) == [*((EVENT, str(number)) for number in (1, 2, 3)), ("handshake", "0"), ("handshake", "0")]
