"""Connections that are idle or slow hold up nobody: 300 of each kind, and every other call is answered as without."""

import socket
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.front.serving import CALL, HEAD, READ_SECONDS, URL, connected, sent, served

KINDS = {
    "silent": b"",
    "half a line": b"POST /cds",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 500\r\n\r\n{",
    "half of a chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "an answer that is not read": HEAD + f"Content-Length: {len(CALL)}\r\n\r\n".encode() + CALL,
}
LONG = 120
"""So many seconds a slow body is waited for: whoever waited for it would not be answered within the test."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("front")) as found:
        yield found


def answered(port: int) -> int:
    """Call a service until it is not too busy: whole calls of the others are answered like any other, one by one."""
    while (status := sent(port, "POST", URL, CALL)[0]) == HTTPStatus.SERVICE_UNAVAILABLE:
        pass
    return status


@pytest.fixture(scope="module")
def waiting_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("waiting"), read_seconds=LONG) as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_three_hundred_slow_connections_delay_no_call(waiting_port: int, kind: str) -> None:
    """All others are answered while these are still waited for; by how much later, `make bench-connections` shows."""
    with connected(waiting_port, 300, KINDS[kind]):
        assert sent(waiting_port, "GET", "/health/live")[0] == 200
        assert sent(waiting_port, "GET", "/health/ready")[0] == 200
        assert answered(waiting_port) == 200


@pytest.mark.parametrize("framing", [b"Content-Length: 500\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_dripping_body_ends_at_its_deadline(port: int, framing: bytes) -> None:
    with connected(port, 1, HEAD + framing) as (one,):
        begun, stop = time.monotonic(), Event()
        dripping = Thread(target=_drip, args=(one, b"1\r\n \r\n" if b"chunked" in framing else b" ", stop))
        dripping.start()
        one.settimeout(3 * READ_SECONDS)
        answer = one.recv(4000)
        stop.set()
        dripping.join()
    assert b" 408 " in answer.splitlines()[0]
    assert READ_SECONDS - 0.2 <= time.monotonic() - begun <= READ_SECONDS + 1


def _drip(one: socket.socket, piece: bytes, stop: Event) -> None:
    while not stop.wait(0.1):
        try:
            one.sendall(piece)
        except OSError:
            return


def test_a_dripping_head_is_hung_up_on(port: int) -> None:
    with connected(port, 1, b"GET /health/live HTTP/1.1\r\n") as (one,):
        stop = Event()
        dripping = Thread(target=_drip, args=(one, b"X-A: b\r\n", stop))
        dripping.start()
        one.settimeout(3 * READ_SECONDS)
        try:
            answer = one.recv(4000)
        except ConnectionResetError:
            answer = b""
        stop.set()
        dripping.join()
    assert answer == b"" or b" 408 " in answer.splitlines()[0]


@pytest.mark.parametrize(("size", "status"), [(20_000_001, 413), (10**30, 413)])
def test_a_body_that_is_announced_too_large_is_refused_unread(port: int, size: int, status: int) -> None:
    with connected(port, 1, HEAD + f"Content-Length: {size}\r\n\r\n".encode()) as (one,):
        one.settimeout(READ_SECONDS / 2)
        line = one.recv(4000).splitlines()[0].decode()
    assert line.split()[1] in {str(status), "400"}, line


def test_what_is_refused_by_its_head_is_refused_before_its_body(port: int) -> None:
    text = HEAD.replace(b"application/json", b"text/plain") + b"Content-Length: 500\r\n\r\n"
    with connected(port, 1, text) as (one,):
        one.settimeout(READ_SECONDS / 2)
        assert b" 415 " in one.recv(4000).splitlines()[0]


def test_a_query_beyond_ascii_is_no_fault_of_ours(port: int) -> None:
    with connected(port, 1, "GET /policies?é=ü HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()) as (one,):
        one.settimeout(READ_SECONDS)
        assert one.recv(100).split()[1] in {b"200", b"400"}


def test_a_call_sent_in_chunks_is_answered(port: int) -> None:
    chunked = (
        HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(CALL), CALL)
    )
    with connected(port, 1, chunked) as (one,):
        one.settimeout(READ_SECONDS * 2)
        assert one.recv(4000).split()[1] == b"200"


def test_the_figures_count_what_is_refused_early(port: int) -> None:
    sent(port, "POST", URL, b"{}", Content_Type="text/plain")
    assert 'route="none",status="415"' in sent(port, "GET", "/metrics")[2]


def test_several_processes_tell_the_same_figures(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "2") as port:
        for _ in range(12):
            assert sent(port, "POST", URL, CALL)[0] == 200
        told = [sent(port, "GET", "/metrics")[2] for _ in range(6)]
    lines = [line for text in told for line in text.splitlines() if line.startswith("cds_service_calls_total{")]
    assert len(lines) == 6
    assert {line.rpartition(" ")[2] for line in lines} == {"12.0"}
