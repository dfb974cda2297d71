"""The example of a proxy in docs/deployment.md, as it stands there, before a service: calls pass, floods do not.

It is run with nginx where that is installed; only its address, the service's, and TLS are changed.
"""

import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.front.serving import CALL, HEAD, URL, connected, free_port, running, sent, served

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PAGE = Path(__file__).parents[2] / "docs" / "deployment.md"
BURST, OPEN = 40, 50

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def example() -> str:
    """Return the example of the page."""
    found = re.search(r"(?m)^    limit_req_zone .*\n(?:(?:    .*)?\n)*?    \}\n", PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return found.group()


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def proxied(folder: Path, *changes: tuple[str, str]) -> Iterator[int]:
    """Run the service behind the example, with changes; yields the port of the proxy."""
    folder.mkdir()
    with served(folder) as behind:
        port = free_port()
        addresses = ("listen 443 ssl;", f"listen 127.0.0.1:{port};"), ("127.0.0.1:8000", f"127.0.0.1:{behind}")
        temporary = "".join(f"{one}_temp_path {folder}/{one};\n" for one in ("client_body", "proxy"))
        inner = f"access_log off;\n{temporary}{replaced(example(), *addresses, *changes)}"
        (folder / "nginx.conf").write_text(
            f"daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{inner}}}\n", encoding="utf-8"
        )
        command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
        with running(command, port, "/health/live"):
            yield port


def test_a_call_passes_and_a_flood_is_cut(tmp_path: Path) -> None:
    with proxied(tmp_path / "x") as port:
        status, _, reply = sent(port, "POST", URL, CALL)
        assert (status, "systemActions" in reply) == (200, True)
        begun = time.monotonic()
        counted = Counter(sent(port, "GET", "/health/live")[0] for _ in range(4 * BURST))
        assert set(counted) == {200, 429}
        assert BURST - 2 <= counted[200] <= BURST + 2 + 20 * (time.monotonic() - begun)


def test_more_open_connections_than_the_example_lets_one_client_have_are_refused(tmp_path: Path) -> None:
    with proxied(tmp_path / "x", (f"burst={BURST}", "burst=1000")) as port:
        with connected(port, OPEN, HEAD + b"Content-Length: 500\r\n\r\n{"):
            _settled(port)
            assert sent(port, "GET", "/health/live")[0] == 503
        _freed(port)


def _settled(port: int) -> None:
    """Wait until all connections are counted."""
    until = time.monotonic() + 10
    while sent(port, "GET", "/health/live")[0] != 503:
        assert time.monotonic() < until, "every connection was let in"


def _freed(port: int) -> None:
    """Hold that the client is let in again once its connections have ended."""
    until = time.monotonic() + 10
    while sent(port, "GET", "/health/live")[0] != 200:
        assert time.monotonic() < until, "the client is not let in again"
