"""Every HTTP call that leaves this process; nothing else may use `requests`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import HTTPError

_TIMEOUT_SECONDS = 10
Session = requests.Session


class OutgoingError(Exception):
    """What was asked for cannot be had; the message says why, without what was sent along."""


@contextmanager
def session() -> Iterator[Session]:
    """Yield a session that takes no proxy and no credentials from the environment."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def answers(http: Session, url: str) -> bool:
    """Tell whether an address answers with success."""
    try:
        return http.get(url, timeout=_TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


def post_json(http: Session, url: str, body: bytes) -> tuple[int, Any]:
    """Post a body as JSON; returns the status and the reply."""
    reply = http.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=_TIMEOUT_SECONDS)
    return reply.status_code, reply.json()


def fetch(url: str, *, most_bytes: int, timeout: float) -> bytes:
    """Get what is behind an address; raises OutgoingError. No redirect is followed, too much is refused."""
    try:
        with session() as http, http.get(url, timeout=timeout, allow_redirects=False, stream=True) as reply:
            if reply.status_code != 200:
                raise OutgoingError(f"the answer is HTTP {reply.status_code}")
            content = reply.raw.read(most_bytes + 1, decode_content=True)
    except (requests.RequestException, HTTPError) as error:
        raise OutgoingError(type(error).__name__) from None
    if len(content) > most_bytes:
        raise OutgoingError(f"the answer is larger than {most_bytes} bytes")
    return bytes(content)


def exchange(http: Session, url: str, body: bytes | None, token: str) -> tuple[int, str, bytes]:
    """Get an address, or post JSON to it, with a bearer token if there is one; raises OutgoingError.

    Returns the status, the media type and the content, whatever they are. No redirect is followed.
    """
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    headers |= {"Content-Type": "application/json"} if body is not None else {}
    method = "GET" if body is None else "POST"
    try:
        reply = http.request(method, url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise OutgoingError(f"{url}: {type(error).__name__}") from None
    return reply.status_code, reply.headers.get("Content-Type", "").partition(";")[0].strip(), reply.content
