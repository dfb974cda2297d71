"""`cds-service call` for what goes wrong: a sentence that says what, and an exit code, and no traceback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from cds_service.commands.main import main

CALL = '{"hook": "order-sign"}'


def called(file: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["call", str(file), *more])


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """A server on loopback that answers everything alike."""

    @Request.application
    def answer(_: Request) -> Response:
        return Response(body, status=status, content_type="application/json")

    server = make_server("127.0.0.1", 0, answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"hook": \n}', "call.json:2:1: this is no JSON"),
        (b"", "call.json:1:1: this is no JSON"),
        (b"\xff\xfe", "call.json is no text in UTF-8"),
        (b"[]", "call.json is no call of a hook"),
        (b'{"resourceType": "Bundle"}', "it has no 'hook'"),
        (b'{"hook": 7}', "it has no 'hook'"),
    ],
)
def test_a_file_that_is_no_call_is_not_sent(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "call.json"
    file.write_bytes(content)
    found = called(file)
    assert (found.exit_code, said in found.output) == (2, True), found.output
    assert isinstance(found.exception, SystemExit)


def test_where_no_service_answers_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text(CALL, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "nowhere", "http://"):
        found = called(file, "--url", url)
        assert (found.exit_code, "no service answers there" in found.output) == (2, True), found.output
        assert "cds-service serve" in found.output


def test_a_client_without_its_keys_is_told(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text(CALL, "utf-8")
    found = called(file, "--as", "nobody")
    assert (found.exit_code, "`cds-service client new nobody` makes it" in found.output) == (2, True)


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (200, '{"cards": []}', 0, '"cards": []'),
        (400, '{"resourceType": "OperationOutcome"}', 1, "OperationOutcome"),
        (404, "<html>no such page</html>", 1, "The reply is no JSON: <html>"),
        (500, "", 1, "The reply is no JSON: "),
    ],
)
def test_what_is_answered_is_printed_with_its_status(
    tmp_path: Path, status: int, body: str, code: int, said: str
) -> None:
    file = tmp_path / "call.json"
    file.write_text(CALL, "utf-8")
    with answering(status, body) as url:
        found = called(file, "--url", url)
    assert (found.exit_code, said in found.output) == (code, True), found.output
    assert f"HTTP {status}" in found.output
