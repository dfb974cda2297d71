"""Starting the service, its logs, and the demonstration."""

import io
import json
import socket
import sys
from collections.abc import Callable

import pytest
import responses
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from cds_service import logs
from cds_service.app.container import Container
from cds_service.application import create_app
from cds_service.commands import demo, serve
from cds_service.commands.main import main
from cds_service.demonstration.loop import Loop, LoopError
from cds_service.http import http_client
from hooks.discovery import HOOKS
from tests.service.calls import body, order_sign


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.start()
    return written


def test_a_call_is_logged_with_its_instance_and_nothing_of_the_chart(client: FlaskClient, lines: io.StringIO) -> None:
    call = order_sign()
    call["prefetch"]["patient"]["name"] = [{"family": "Invented"}]
    client.post("/cds-services/order-sign-crd", data=body(call))
    client.post("/cds-services/order-sign-crd", data=b"{")
    answered, refused = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (answered["message"], answered["hookInstance"]) == ("answered", call["hookInstance"])
    assert (answered["orders"], answered["rulings"]) == (1, ["unknown"])
    assert (refused["message"], refused["status"]) == ("refused", 400)
    for value in ("Invented", "p1", "margetuximab", "2473851"):
        assert value not in lines.getvalue()


def test_a_fault_of_ours_is_a_500_without_its_text(container: Container, lines: io.StringIO) -> None:
    app = create_app(container)

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("a value of a chart")

    reply = app.test_client().get("/broken")
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (500, "exception")
    line = json.loads(lines.getvalue())
    assert (line["level"], line["error"]) == ("error", "ZeroDivisionError")
    assert any("broken" in place for place in line["at"])
    assert "value of a chart" not in lines.getvalue() + reply.text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_may_be_open(host: str) -> None:
    serve.check_open(host, "")


@pytest.mark.requirement("hooks.177")
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_beyond_loopback_the_service_is_not_open_unless_asked_for(host: str, lines: io.StringIO) -> None:
    for allowed in ("", "0", "yes"):
        with pytest.raises(serve.ServingError, match="CDS_ALLOW_OPEN=1"):
            serve.check_open(host, allowed)
    serve.check_open(host, "1")
    assert json.loads(lines.getvalue())["level"] == "warning"


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(serve.ServingError, match=str(port)):
            serve.check_free("127.0.0.1", port)
        result = CliRunner().invoke(main, ["serve", "--port", str(port)])
        assert result.exit_code == 2


def test_the_server_loads_the_application_from_the_environment(
    as_served: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-11-25")
    assert as_served().test_client().get("/health/live").status_code == 200


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_demonstration_prints_a_screen_and_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-11-25")
    port = free_port()
    result = CliRunner().invoke(main, ["demo", "--port", str(port), "--exit"])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line]
    assert len(lines) <= 24
    for step in ("form        answered (ecog: 1): met", "A4 Pending", "A1 Certified in total", "again: PA"):
        assert step in result.output
    assert "The desk: " in result.output
    assert f"{len(demo.samples())} calls sent, 0 failed." in result.output
    assert "which result stands?" in result.output
    assert f"http://127.0.0.1:{port}/try" in lines[-1]


def test_the_loop_ends_at_the_first_step_that_is_not_answered() -> None:
    """An order that gets no coverage information, a refused request, and a service that offers no desk."""
    base = "http://127.0.0.1:1"
    with http_client.session() as http, responses.RequestsMock() as net:
        net.add("POST", f"{base}/cds-services/order-sign-crd", json={"cards": []})
        with pytest.raises(LoopError, match="coverage information"):
            list(Loop(http, base, "x").walk({"hook": "order-sign"}))
        net.add("POST", f"{base}/cds-services/order-select-crd", status=401)
        with pytest.raises(LoopError, match="HTTP 401"):
            list(Loop(http, base, "x").walk({"hook": "order-select"}))
        net.add("POST", f"{base}/review/sign-in", status=404)
        net.add("GET", f"{base}/review/r", status=404)
        with pytest.raises(LoopError, match="let nobody in"):
            Loop(http, base, "x")._decided("r")


def test_a_port_that_is_taken_is_said_with_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["demo", "--port", str(port), "--exit"])
    assert result.exit_code != 0
    assert f"PORT={port + 1}" in result.output


def test_the_demonstration_sends_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-11-25")
    monkeypatch.setenv("DEMO_FULL", "1")
    result = CliRunner().invoke(main, ["demo", "--port", str(free_port()), "--exit"])
    assert result.exit_code == 0, result.output
    assert f"{len(demo.samples())} calls sent, 0 failed." in result.output
    for told in ("MedicationRequest/", "Appointment/", "Encounter/"):
        assert f"Coverage information on {told}" in result.output
    for hook in HOOKS:
        assert f"{hook.service_id}, HTTP 200" in result.output
    assert "✓ " in result.output


def test_a_demonstration_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_MAX_DEPTH", "nothing")
    result = CliRunner().invoke(main, ["demo", "--port", str(free_port()), "--exit"])
    assert result.exit_code == 1
    assert "did not start" in result.stderr
