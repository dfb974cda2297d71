"""Every HTTP call that leaves this process; nothing else may use `requests`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

_TIMEOUT_SECONDS = 10
Session = requests.Session


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
