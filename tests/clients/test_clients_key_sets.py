"""Key sets: read strictly, kept, and fetched anew when a client has changed its keys, but never too often."""

import json
import socket
import threading
from typing import Any

import jwt
import pytest

from cds_service.clients.key_sets import KeySetError, KeySets, over_http, read
from cds_service.clients.registered_clients import Client
from cds_service.http.http_client import OutgoingError
from hooks.protocol.client import Caller
from tests.clients.signing import key, key_set, public

CLIENT = Client("ehr", "iss", "https://ehr.example.org/jwks.json", "", (), ("ES384",), Caller("ehr"))


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Source:
    """Gives the key sets of a list in turn, the last one again and again; counts how often it was asked."""

    def __init__(self, *texts: bytes | None) -> None:
        self.texts = list(texts)
        self.asked: list[str] = []
        self.done = threading.Event()

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        self.done.set()
        if text is None:
            raise OutgoingError("ConnectionError")
        return text


def test_a_key_set_is_fetched_once() -> None:
    source = Source(key_set())
    keys = KeySets(source, Clock())
    assert keys.key(CLIENT, "ES384").kid == "ES384"
    assert keys.key(CLIENT, "RS384").kid == "RS384"
    assert source.asked == [CLIENT.jku]


def test_an_unknown_key_is_looked_for_again_but_not_at_once() -> None:
    clock, source = Clock(), Source(key_set(public("ES384")), key_set(public("RS384")))
    keys = KeySets(source, clock)
    keys.key(CLIENT, "ES384")
    clock.seconds += 30
    with pytest.raises(KeySetError, match="no key with the kid"):
        keys.key(CLIENT, "RS384")
    assert len(source.asked) == 1
    clock.seconds += 1
    assert keys.key(CLIENT, "RS384").kid == "RS384"
    with pytest.raises(KeySetError):
        keys.key(CLIENT, "ES384")


def test_an_old_key_set_serves_while_it_is_fetched_anew() -> None:
    clock, source = Clock(), Source(key_set())
    keys = KeySets(source, clock)
    keys.key(CLIENT, "ES384")
    source.done.clear()
    clock.seconds += 601
    assert keys.key(CLIENT, "ES384").kid == "ES384"
    assert source.done.wait(10)
    assert len(source.asked) == 2


def test_keys_stay_where_a_fetch_fails() -> None:
    clock, source = Clock(), Source(key_set(), None)
    keys = KeySets(source, clock)
    keys.key(CLIENT, "ES384")
    clock.seconds += 60
    keys.refresh(CLIENT)
    assert keys.key(CLIENT, "ES384").kid == "ES384"
    with pytest.raises(KeySetError, match="cannot be fetched"):
        keys.key(CLIENT, "other")


def test_keys_are_fetched_before_they_are_needed() -> None:
    source = Source(key_set())
    KeySets(source, Clock()).warm([CLIENT])
    assert source.done.wait(10)


@pytest.mark.requirement("hooks.199")
def test_a_key_set_can_stand_in_a_file(tmp_path: Any) -> None:
    file = tmp_path / "keys.json"
    client = Client("ehr", "iss", "", str(file), (), ("ES384",), Caller("ehr"))
    with pytest.raises(KeySetError, match="cannot be read"):
        KeySets(Source(None), Clock()).key(client, "ES384")
    file.write_bytes(key_set())
    assert KeySets(Source(None), Clock()).key(client, "ES384").kid == "ES384"


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1"])
def test_a_key_set_over_http_is_had_from_this_machine_alone(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The name is looked up once; if it leads elsewhere nothing is sent, and else just to the address that it gave."""
    tried: list[str] = []

    def connect(place: tuple[str, int], *_: Any) -> None:
        tried.append(place[0])
        raise ConnectionRefusedError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OutgoingError):
        over_http("http://keys.localhost/jwks")
    assert set(tried) == ({address} if address == "127.0.0.1" else set())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JWK Set"),
        (b'["-----BEGIN PUBLIC KEY-----"]', "no JWK Set"),
        (b'{"keys": {}}', "no JWK Set"),
        (b'{"keys": []}', "no public"),
        (b'{"keys": [1, {"kty": "oct", "kid": "a", "k": "AA"}, {"kty": "EC", "kid": "b"}]}', "no public"),
    ],
)
def test_what_is_no_key_set_is_told(text: bytes, said: str) -> None:
    with pytest.raises(KeySetError, match=said):
        read(text)


@pytest.mark.parametrize("change", [{"kid": None}, {"kid": 7}, {"use": "enc"}, {"d": "AA"}])
def test_only_public_keys_that_sign_and_have_a_name_are_read(change: dict[str, Any]) -> None:
    assert list(read(key_set(public("RS384"), public("ES384") | change))) == ["RS384"]


def test_a_private_key_is_not_used() -> None:
    made = json.loads(jwt.get_algorithm_by_name("ES384").to_jwk(key("ES384")))  # type: ignore[attr-defined]
    with pytest.raises(KeySetError):
        read(key_set(made | {"kid": "ES384"}))
