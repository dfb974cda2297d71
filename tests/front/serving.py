"""The service as a process on loopback, and clients that send slowly, or nothing."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.service.calls import order_sign

READ_SECONDS = 2
CALL = json.dumps(order_sign()).encode()
URL = "/cds-services/order-sign-crd"
HEAD = f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    folder: Path, *options: str, settings: str = "", read_seconds: int = READ_SECONDS, **environment: str
) -> Iterator[int]:
    """Run the service in a folder until the block ends; yields its port."""
    port = free_port()
    config = folder / "settings.toml"
    config.write_text(f'database_url = "sqlite:///{folder / "kept.sqlite"}"\nread_seconds = {read_seconds}\n{settings}')
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--config", str(config), *options]
    with (
        (folder / "log").open("wb") as log,
        running(command, port, "/health/ready", cwd=folder, env=os.environ | environment, stderr=log),
    ):
        yield port


@contextmanager
def running(command: list[str], port: int, path: str, **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends, which begins once it answers at a path; yields its process."""
    process = subprocess.Popen(command, **options)
    try:
        _wait(port, path, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if sent(port, "GET", path)[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{process.args!r} did not start")


def sent(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """Send a request; returns status, headers by small letters, and the JSON that came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    given = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, path, body, given | {name.replace("_", "-"): one for name, one in headers.items()})
        reply = connection.getresponse()
        text = reply.read()
    finally:
        connection.close()
    plain = reply.headers.get_content_type() != "application/json" or not text
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, text.decode() if plain else json.loads(text)


@contextmanager
def connected(port: int, count: int, *begins: bytes) -> Iterator[list[socket.socket]]:
    """Open so many connections, each of which sends a beginning of something."""
    with ExitStack() as held:
        opened = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]
        for index, one in enumerate(opened):
            one.sendall(begins[index % len(begins)])
        yield opened
