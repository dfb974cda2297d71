"""How a request goes to a WSGI application whose body was read, and how its answer comes back."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from cds_service.front.wsgi_call import answered

Start = Callable[..., Callable[[bytes], Any]]


def scope(*headers: tuple[bytes, bytes], path: str = "/", query: bytes = b"", **more: Any) -> dict[str, Any]:
    about = {"method": "POST", "path": path, "query_string": query, "http_version": "1.1", "headers": list(headers)}
    return about | {"client": ("10.0.0.9", 4000), "server": ("cds", 8000)} | more


def seen(asked: dict[str, Any], body: bytes = b"") -> dict[str, Any]:
    """Return what an application sees of a request."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        found.update(environ, body=environ["wsgi.input"].read())
        start("204 NO CONTENT", [])
        return []

    assert answered(application, asked, body).status == 204
    return found


@pytest.mark.parametrize(
    ("headers", "name", "value"),
    [
        ([(b"Content-Type", b"text/plain")], "CONTENT_TYPE", "text/plain"),
        ([(b"x-one", b"a"), (b"X-One", b"b")], "HTTP_X_ONE", "a,b"),
        ([(b"x-one", b"\xe9")], "HTTP_X_ONE", "\xe9"),
        ([(b"content-length", b"999")], "CONTENT_LENGTH", "4"),
        ([(b"Transfer-Encoding", b"chunked")], "HTTP_TRANSFER_ENCODING", None),
        ([(b"expect", b"100-continue")], "HTTP_EXPECT", None),
    ],
)
def test_headers_have_the_names_of_wsgi_and_the_length_is_that_of_the_body(
    headers: list[tuple[bytes, bytes]], name: str, value: str | None
) -> None:
    found = seen(scope(*headers), b"{  }")
    assert found.get(name) == value
    assert found["CONTENT_LENGTH"] == "4"
    assert found["body"] == b"{  }"


def test_path_query_and_addresses_come_as_wsgi_has_them() -> None:
    found = seen(scope(path="/ä b", query=b"a=\xc3\xa4&b=%20"))
    assert found["PATH_INFO"].encode("latin-1").decode() == "/ä b"
    assert found["QUERY_STRING"] == "a=%C3%A4&b=%20"
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"], found["SERVER_PORT"]) == ("10.0.0.9", "cds", "8000")
    assert "REMOTE_ADDR" not in seen(scope(client=None))


class Pieces:
    """A body in pieces, which fails after the first one if asked to."""

    def __init__(self, *, fails: bool) -> None:
        self.fails, self.is_closed = fails, False

    def __iter__(self) -> Iterator[bytes]:
        yield b"b"
        if self.fails:
            raise ValueError("it failed")
        yield b"c"

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_is_whole_and_always_closed(*, fails: bool) -> None:
    pieces = Pieces(fails=fails)

    def application(_: dict[str, Any], start: Start) -> Pieces:
        start("500 INTERNAL SERVER ERROR", [("X-Early", "1")])
        write = start("201 CREATED", [("X-One", "é"), ("X-One", "2")])
        write(b"a")
        return pieces

    if fails:
        with pytest.raises(ValueError, match="it failed"):
            answered(application, scope(), b"")
    else:
        reply = answered(application, scope(), b"")
        assert (reply.status, reply.body) == (201, b"abc")
        assert reply.headers == [(b"x-one", b"\xe9"), (b"x-one", b"2")]
    assert pieces.is_closed
