"""Receivers that are slow, gone or hostile: they hold up nobody else's notifications, and wear out nothing of ours."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from cds_service.notifications import outbox
from cds_service.requests_on_file.notices import announce
from cds_service.storage.tables import PRIOR_AUTH_ANSWERS, SUBSCRIPTIONS
from fhir_mappings.prior_auth.bundles import BundleError
from fhir_mappings.prior_auth.subscription import EVENT
from tests.fetching.dripping import HEAD, dripping
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import BACKPORT, subscription
from tests.prior_auth.test_prior_auth_notices import Receiver, decide, later, of, receiver, submitted, subscribed

__all__ = ["receiver"]
SECONDS = 0.3
NOBODY = "http://127.0.0.1:9/nobody"


def moved(payer: Payer, name: str, tenant: str) -> None:
    """Make a subscription another client's."""
    with of(payer).store.engine.begin() as connection:
        connection.execute(update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == name).values(tenant=tenant))


@contextmanager
def searches(engine: Engine) -> Iterator[list[str]]:
    """Note each statement that looks for what waits."""
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.extend([statement] if "pa_notices" in statement and statement.startswith("SELECT") else [])

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "header",
    [
        *("Transfer-Encoding: chunked", "Connection: close", "Content-Length: 1", "Host: a", "Expect: 100-continue"),
        *("TE: trailers", "Upgrade: h2c", "Content-Encoding: gzip", "content-type: text/plain", "Proxy-Connection: x"),
        *("é: 1", "²: 1", "X A: 1", "-: 1", ": 1", "X-A", "X-A: é", "X-A: 日本", "X-A:\x7f", "X-A: a\nB: c"),
        "X-A: " + "x" * 9000,
    ],
)
def test_a_header_that_is_none_or_says_how_the_message_is_carried_is_refused(payer: Payer, header: str) -> None:
    subscribed(payer, subscription(NOBODY, header=[header]), 422)


def test_as_many_headers_as_anybody_needs(payer: Payer) -> None:
    subscribed(payer, subscription(NOBODY, header=["X-A: b"] * 20))
    subscribed(payer, subscription(NOBODY, header=["X-A: b"] * 21), 422)


@pytest.mark.parametrize("end", ["a b", "é", "\u202e", "x" * 2000])
def test_an_address_of_other_letters_or_without_end_is_refused(payer: Payer, end: str) -> None:
    subscribed(payer, subscription(f"http://127.0.0.1:9/{end}"), 422)


def test_a_client_has_so_many_subscriptions_and_no_more(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_MOST", 2)
    first, _ = (subscribed(payer, subscription(NOBODY)) for _ in range(2))
    subscribed(payer, subscription(NOBODY), 422)
    url = f"/fhir/pas/Subscription/{first['id']}"
    assert payer.client.put(url, data=json.dumps(subscription(NOBODY))).status_code == 200
    assert payer.client.delete(url).status_code == 204
    subscribed(payer, subscription(NOBODY))


def test_a_client_whose_receiver_never_ends_is_waited_for_once_a_run(payer: Payer, receiver: Receiver) -> None:
    """The others hear in the same run; its own other receivers in the next."""
    with dripping(HEAD) as endless:
        for number in range(4):
            moved(payer, subscribed(payer, subscription(f"{endless}/{number}"))["id"], "slow")
        subscribed(payer, subscription(receiver.url))
        sending = replace(of(payer).sending, seconds=SECONDS)
        asked: list[str] = []

        def permitted(endpoint: str, tenant: str) -> Any:
            asked.append(tenant)
            return of(payer).subscribing.permitted(endpoint, "open")

        run = Thread(target=replace(sending, subscribing=Watched(sending.subscribing, permitted)).run)
        run.start()
        run.join(15)
        assert not run.is_alive()
    assert sorted(asked) == ["open", "slow"]
    assert receiver.kinds() == ["handshake"]


class Watched:
    """Subscribing that notes which address is looked at for whom."""

    def __init__(self, subscribing: Any, permitted: Any) -> None:
        self.notices, self.now, self.permitted = subscribing.notices, subscribing.now, permitted


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_receiver_that_sends_us_on_is_not_followed_and_nothing_is_lost(
    payer: Payer, receiver: Receiver, status: int
) -> None:
    """Whoever took an answer elsewhere would hold a chart that nobody registered it for."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", receiver.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever).start()
        subscribed(payer, subscription(f"http://127.0.0.1:{server.server_port}/notices"))
        name = submitted(payer)
        decide(payer, name)
        assert of(payer).sending.run() == 0
        server.shutdown()
    assert asked == ["/notices"]
    assert receiver.came == []
    assert len(of(payer).sending.subscribing.notices.due(of(payer).sending.subscribing.now() + timedelta(hours=7))) == 2


def test_a_heartbeat_that_was_not_taken_comes_again_no_sooner_than_in_a_minute(
    payer: Payer, receiver: Receiver
) -> None:
    beat = {"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": 1}
    subscribed(payer, subscription(receiver.url, extension=[beat]))
    of(payer).sending.run()
    receiver.status = 503
    later(payer, timedelta(seconds=5)).run()
    receiver.status = 200
    later(payer, timedelta(seconds=60)).run()
    assert receiver.kinds() == ["handshake"]
    later(payer, timedelta(seconds=66)).run()
    assert receiver.kinds() == ["handshake", "heartbeat"]


def test_what_cannot_be_read_any_more_stops_no_other(payer: Payer, receiver: Receiver) -> None:
    """A subscription that was taken before its headers were looked at, and an answer that was edited."""
    of_old, edited = (subscribed(payer, subscription(receiver.url))["id"] for _ in range(2))
    name = submitted(payer)
    decide(payer, name)
    with of(payer).store.engine.begin() as connection:
        connection.execute(update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == of_old).values(tenant="a"))
        connection.execute(update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == edited).values(tenant="b"))
        connection.execute(update(PRIOR_AUTH_ANSWERS).values(reply=b"\x01" * 64))
    subscribed(payer, subscription(receiver.url))
    sending = of(payer).sending

    def permitted(endpoint: str, tenant: str) -> Any:
        if tenant == "a":
            raise BundleError([])
        return sending.subscribing.permitted(endpoint, "open")

    watched = replace(sending, subscribing=Watched(sending.subscribing, permitted))
    watched.run()
    assert receiver.kinds().count("handshake") == 2  # b's, and that of the third


def test_a_receiver_that_was_gone_for_long_is_told_without_a_search_for_each(payer: Payer, receiver: Receiver) -> None:
    """Each search goes through all that waits: one for each of thousands would take hours."""
    subscribed(payer, subscription(receiver.url))
    name = submitted(payer)
    request = of(payer).store.find(name)
    assert request is not None
    sending = of(payer).sending
    engine = of(payer).store.engine
    for times in (20, 120):
        with engine.begin() as connection:
            for _ in range(times):
                announce(connection, request, 1, EVENT, sending.subscribing.now())
        with searches(engine) as made:
            assert sending.run() >= times
        assert len(made) <= times // 50 + 3
    numbers = [one["entry"][0]["resource"]["parameter"] for one, _ in receiver.came]
    events = [
        next(p["valueString"] for p in told if p["name"] == "events-since-subscription-start") for told in numbers
    ]
    assert events == [str(number) for number in range(141)]
