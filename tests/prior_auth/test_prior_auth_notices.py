"""Subscriptions, and what is sent to them: to a receiver on this machine, through failures, and to nobody else."""

import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from cds_service.application import PRIOR_AUTH, create_app
from cds_service.database.leases import Lease
from cds_service.notifications import sender
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.storage.tables import LEASES
from cds_service.wsgi import SENDER
from fhir_mappings.prior_auth.bundles import BundleError
from fhir_mappings.prior_auth.pas_urls import TOPIC
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import BACKPORT, request_of, response, reviews, sample, subscription
from tests.validation.recording import keep_pushed

Json = dict[str, Any]
URL = "/fhir/pas/Subscription"


@dataclass
class Receiver:
    """A receiver on this machine: what came, with its headers, and the status that it answers with."""

    server: ThreadingHTTPServer
    came: list[tuple[Json, dict[str, str]]] = field(default_factory=list)
    status: int = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/notices"

    def kinds(self) -> list[str]:
        return [parameters(one)["type"] for one, _ in self.came]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if found.status == 200:
                found.came.append((body, dict(self.headers)))
                keep_pushed(body)
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(server)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def parameters(notice: Json) -> dict[str, Any]:
    status = notice["entry"][0]["resource"]
    told = status["parameter"]
    return {one["name"]: next((v for k, v in one.items() if k != "name"), None) for one in told}


def subscribed(payer: Payer, content: Json, status: int = 201) -> Json:
    reply = payer.client.post(URL, data=json.dumps(content))
    assert reply.status_code == status, reply.get_data(as_text=True)
    return dict(reply.get_json())


def of(payer: Payer) -> PriorAuth:
    found: PriorAuth = payer.client.application.extensions[PRIOR_AUTH]
    return found


def decide(payer: Payer, name: str, act: Act = Act.APPROVE, **told: Any) -> None:
    request = of(payer).store.find(name)
    assert request is not None
    of(payer).decisions.decide(request, Verdict(act, "Rita Muster (rita)", 1, **told))


def submitted(payer: Payer) -> str:
    return str(response(payer.submit(request_of(sample("02"))))["id"])


def later(payer: Payer, by: timedelta) -> Any:
    """The sending of the same service, so much later, by another process."""
    sending = of(payer).sending
    now = sending.subscribing.now
    subscribing = replace(sending.subscribing, now=lambda: now() + by)
    lease = Lease(sending.lease.engine, LEASES, f"after {by.total_seconds()}", 1)
    return replace(sending, subscribing=subscribing, lease=lease)


@pytest.mark.requirement("pas22.spec-51", "pas22.spec-54", "pas22.spec-60", "pas22.spec-61")
def test_a_decision_is_told_after_a_handshake_with_the_full_answer(payer: Payer, receiver: Receiver) -> None:
    made = subscribed(payer, subscription(receiver.url))
    assert made["status"] == "requested"
    name = submitted(payer)
    decide(payer, name)
    assert of(payer).sending.run() == 2
    assert receiver.kinds() == ["handshake", "event-notification"]
    notice, headers = receiver.came[1]
    assert notice["type"] == "history"
    assert headers["Authorization"] == "Bearer abc"
    answer = notice["entry"][1]["resource"]
    assert reviews(answer) == {1: "A1"}
    assert answer.pop("id") == notice["entry"][1]["fullUrl"].rpartition("/")[2], "it stands under an address of ours"
    assert answer == payer.submit(request_of(sample("02")))
    told = notice["entry"][0]["resource"]["parameter"]
    (event,) = [one["part"] for one in told if one["name"] == "notification-event"]
    assert {one["name"]: next(v for k, v in one.items() if k != "name") for one in event}["event-number"] == "1"
    assert payer.client.get(f"{URL}/{made['id']}").get_json()["status"] == "active"
    assert of(payer).sending.run() == 0


def test_what_is_not_taken_is_tried_again_later_and_nothing_is_lost(payer: Payer, receiver: Receiver) -> None:
    subscribed(payer, subscription(receiver.url))
    name = submitted(payer)
    receiver.status = 503
    decide(payer, name, Act.ASK, words="Please send the report.")
    decide(payer, name)
    assert of(payer).sending.run() == 0
    receiver.status = 200
    assert of(payer).sending.run() == 0
    assert later(payer, timedelta(seconds=14)).run() == 0
    assert later(payer, timedelta(seconds=31)).run() == 3
    assert receiver.kinds() == ["handshake", "event-notification", "event-notification"]
    assert [parameters(one)["events-since-subscription-start"] for one, _ in receiver.came] == ["0", "1", "2"]
    assert [reviews(one["entry"][1]["resource"])[1] for one, _ in receiver.came[1:]] == ["A4", "A1"]


def test_a_receiver_that_is_gone_is_waited_for_longer_each_time(payer: Payer) -> None:
    subscribed(payer, subscription("http://127.0.0.1:9/nobody"))
    waits = []
    for number in range(3):
        sending = later(payer, timedelta(days=number))
        sending.run()
        with of(payer).store.engine.connect() as connection:
            (tries,) = connection.exec_driver_sql("select tries from pa_notices").scalars()
        waits.append(tries)
    assert waits == [1, 2, 3]


def test_only_one_process_sends_at_a_time(payer: Payer, receiver: Receiver) -> None:
    subscribed(payer, subscription(receiver.url))
    sending = of(payer).sending
    other = replace(sending, lease=Lease(sending.lease.engine, LEASES, sending.lease.task, 2))
    assert other.lease.take()
    assert sending.run() == 0
    assert other.run() == 1
    other.lease.give_back()


def test_a_heartbeat_comes_when_it_is_due(payer: Payer, receiver: Receiver) -> None:
    beat = {"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": 60}
    subscribed(payer, subscription(receiver.url, extension=[beat]))
    of(payer).sending.run()
    later(payer, timedelta(seconds=50)).run()
    assert receiver.kinds() == ["handshake"]
    later(payer, timedelta(seconds=70)).run()
    assert receiver.kinds() == ["handshake", "heartbeat"]


def test_answers_to_other_organizations_are_not_told(payer: Payer, receiver: Receiver) -> None:
    subscribed(payer, subscription(receiver.url, organization="1043233208"))
    decide(payer, submitted(payer))
    of(payer).sending.run()
    assert receiver.kinds() == ["handshake"]


@pytest.mark.parametrize(
    "endpoint",
    ["https://evil.example.org/x", "http://evil.example.org/x", "http://10.0.0.1/x", "file:///etc/passwd", "x"],
)
def test_nothing_is_sent_outside_of_the_registration(payer: Payer, endpoint: str) -> None:
    subscribed(payer, subscription(endpoint), 422)


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://ehr.example.org/notices/a", True),
        ("https://ehr.example.org/notices", True),
        ("https://ehr.example.org/other", False),
        ("https://ehr.example.org.evil.org/notices", False),
        ("https://ehr.example.org/notices/../other", False),
        ("http://ehr.example.org/notices", False),
        ("http://127.0.0.1/notices", False),
    ],
)
def test_a_registered_client_is_told_at_its_own_addresses_alone(payer: Payer, endpoint: str, *, allowed: bool) -> None:
    registered = {"ehr": ("https://ehr.example.org/notices",)}
    subscribing = replace(of(payer).subscribing, endpoints=registered)
    body = json.dumps(subscription(endpoint)).encode()
    if allowed:
        assert subscribing.create(body, "ehr").tenant == "ehr"
        with pytest.raises(BundleError):
            subscribing.create(body, "another")
    else:
        with pytest.raises(BundleError):
            subscribing.create(body, "ehr")


def test_an_address_that_is_registered_no_more_is_not_sent_to(payer: Payer, receiver: Receiver) -> None:
    """It is looked at each time that something is sent, and what waits is kept for when it is registered again."""
    subscribed(payer, subscription(receiver.url))
    sending = of(payer).sending
    registered = replace(sending, subscribing=replace(sending.subscribing, endpoints={"open": ("https://a.example",)}))
    assert (registered.run(), receiver.came) == (0, [])
    sending.lease.give_back()
    assert later(payer, timedelta(seconds=16)).run() == 1


@pytest.mark.requirement("pas22.spec-56", "pas22.spec-62")
@pytest.mark.parametrize(
    "change",
    [
        {"resourceType": "Patient"},
        {"status": "off"},
        {"reason": ""},
        {"criteria": "Observation?code=1"},
        {"_criteria": {}},
        {"channel": {}},
        {"channel": subscription("http://127.0.0.1/x", type="websocket")["channel"]},
        {"channel": subscription("http://127.0.0.1/x", payload="application/xml")["channel"]},
        {"channel": subscription("http://127.0.0.1/x", _payload={})["channel"]},
        {"channel": subscription("http://127.0.0.1/x", header=["Host: a"])["channel"]},
        {"channel": subscription("http://127.0.0.1/x", header=["X: a\r\nY: b"])["channel"]},
    ],
)
def test_a_subscription_that_does_not_conform_is_refused(payer: Payer, change: Json) -> None:
    subscribed(payer, subscription("http://127.0.0.1/x") | change, 422)


@pytest.mark.requirement("pas22.spec-59")
def test_a_subscription_is_changed_and_ended_by_its_own_client(payer: Payer, receiver: Receiver) -> None:
    made = subscribed(payer, subscription("http://127.0.0.1:9/nobody"))
    url = f"{URL}/{made['id']}"
    assert payer.client.put(url, data=json.dumps(subscription(receiver.url))).status_code == 200
    assert of(payer).sending.run() == 1
    assert of(payer).subscribing.notices.find(made["id"], "another") is None
    assert not of(payer).subscribing.notices.drop(made["id"], "another")
    assert payer.client.delete(url).status_code == 204
    assert payer.client.get(url).status_code == 404
    assert payer.client.put(url, data=json.dumps(subscription(receiver.url))).status_code == 404
    assert payer.client.post(URL, data=b"{").status_code == 400


def test_the_thread_of_a_process_ends_when_it_is_told(payer: Payer) -> None:
    started = sender.start(of(payer).sending, payer)
    assert started.thread.is_alive()
    started.end()
    assert not started.thread.is_alive()


def test_the_thread_of_a_process_ends_with_its_application(payer: Payer) -> None:
    application = create_app(payer.container)
    thread = sender.start(application.extensions[PRIOR_AUTH].sending, application).thread
    del application
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_an_application_that_serves_has_a_thread_that_sends(
    as_served: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-11-25")
    assert as_served().extensions[SENDER].thread.is_alive()


@pytest.mark.requirement("pas22.spec-55")
def test_the_base_says_which_topic_it_serves(payer: Payer) -> None:
    stated = payer.client.get("/fhir/pas/metadata").get_json()["rest"][0]["resource"]
    (told,) = [one for one in stated if one["type"] == "Subscription"]
    assert [one["valueCanonical"] for one in told["extension"]] == [TOPIC]
    assert {"create", "update", "delete"} <= {one["code"] for one in told["interaction"]}
