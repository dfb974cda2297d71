"""Nobody is held by a server that never ends: what asks another server ends with its time, whatever drips."""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import pytest

from cds_service.app.review_provider import ReviewProvider
from cds_service.clients import key_sets
from cds_service.clients.key_sets import KeySets, over_http
from cds_service.clients.registered_clients import Client
from cds_service.forms import smart_authorization
from cds_service.forms.smart_authorization import RecordSystem, SmartError
from cds_service.http.deadline import session_until
from cds_service.http.http_client import OutgoingError, deliver, fetch, post_form
from cds_service.reviewers.identity_provider import IdentityProvider, ProviderError
from hooks.protocol.client import Caller
from tests.clients.signing import key_set
from tests.fetching.dripping import BODY, HEAD, dripping

SECONDS = 0.3
LATE = 10.0
"""Long after the time of each, and long before the server ends by itself."""


def fetched(base: str, until: float) -> None:
    with session_until(until) as http:
        fetch(http, base, {}, until, 100_000)


def posted(base: str, until: float) -> None:
    with session_until(until) as http:
        post_form(http, base, {"a": "b"}, until, 100_000)


@pytest.mark.parametrize("begun", [HEAD, BODY])
@pytest.mark.parametrize("ask", [fetched, posted])
def test_whatever_asks_ends_with_its_time(ask: Callable[[str, float], None], begun: bytes) -> None:
    with dripping(begun) as base:
        at = monotonic()
        with pytest.raises(OutgoingError):
            ask(base, at + SECONDS)
        assert monotonic() - at < LATE


def test_what_is_delivered_ends_with_its_time() -> None:
    with dripping(HEAD) as base:
        at = monotonic()
        with pytest.raises(OutgoingError), session_until(at + SECONDS) as http:
            deliver(http, base, b"{}", {}, at + SECONDS)
        assert monotonic() - at < LATE


@pytest.mark.parametrize("begun", [HEAD, BODY])
def test_each_that_asks_does(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key sets, SMART launches, and the desk's provider."""
    monkeypatch.setattr(key_sets, "_TIMEOUT_SECONDS", SECONDS)
    monkeypatch.setattr(smart_authorization, "_SECONDS", SECONDS)
    with dripping(begun) as base:
        asking = {
            "key set": (OutgoingError, lambda: over_http(base)),
            "discovery": (SmartError, lambda: RecordSystem(base).endpoints()),
            "token": (SmartError, lambda: RecordSystem(base).token(base, {"code": "x"})),
            "provider": (
                ProviderError,
                lambda: IdentityProvider(ReviewProvider(issuer=base, client_id="desk")).endpoints(),
            ),
        }
        for name, (error, ask) in asking.items():
            at = monotonic()
            with pytest.raises(error):
                ask()
            assert monotonic() - at < LATE, name


def test_nobody_waits_for_the_keys_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = Event(), Event()

    def fetched_keys(url: str) -> bytes:
        if url.endswith("slow"):
            asked.set()
            answered.wait(LATE)
        return key_set()

    sets = KeySets(fetched_keys)
    slow, other = (
        Client(one, "iss", f"https://keys.example.org/{one}", "", (), ("ES384",), Caller(one)) for one in ("slow", "b")
    )
    thread = Thread(target=sets.refresh, args=(slow,))
    thread.start()
    asked.wait(LATE)
    at = monotonic()
    sets.refresh(other)
    took = monotonic() - at
    answered.set()
    thread.join()
    assert took < LATE / 2
    assert sets.has_keys(other)
