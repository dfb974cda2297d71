"""A service that is busy, and clients that it does not know: what is refused, when, and what is answered still."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.signing import ISSUER, key_set, token
from tests.front.serving import CALL, HEAD, READ_SECONDS, URL, connected, sent, served

BUDGET = 2
FEW = f"worker_threads = 2\nmax_waiting = 1\ntime_budget_seconds = {BUDGET}\n"


@contextmanager
def silent_ehr() -> Iterator[bytes]:
    """A FHIR server that takes calls and never answers; yields a call that names it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        call = json.loads(CALL) | {"fhirServer": f"http://127.0.0.1:{server.getsockname()[1]}/fhir"}
        yield json.dumps(call).encode()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("busy"), settings=FEW) as port:
        yield port


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "keys.json").write_bytes(key_set())
    client = f'[[clients]]\nname = "ehr"\niss = "{ISSUER}"\njwks = "{folder / "keys.json"}"\n'
    settings = f'base_url = "http://localhost:1"\ncalls_per_minute = 20\n{client}'
    with served(folder, settings=settings) as port:
        yield port


def test_calls_to_a_slow_ehr_fill_the_places_and_one_more_is_refused_early(busy: int) -> None:
    with silent_ehr() as slow, ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(sent, busy, "POST", URL, slow) for _ in range(6)]
        while sum(one.done() for one in calls) < 3:
            time.sleep(0.01)
        begun = time.monotonic()
        assert sent(busy, "GET", "/health/live")[0] == 200
        assert sent(busy, "GET", "/health/ready")[0] == 200
        assert sent(busy, "GET", "/metrics")[0] == 200
        status, headers, told = sent(busy, "POST", URL, CALL)
        assert time.monotonic() - begun < BUDGET / 2
        assert (status, headers["retry-after"], told["issue"][0]["code"]) == (503, "1", "throttled")
        answers = sorted(one.result()[0] for one in calls)
    assert answers[:2] == [200, 200]
    assert set(answers[3:]) == {503}
    assert sent(busy, "POST", URL, CALL)[0] == 200


@pytest.mark.parametrize("path", [URL, f"{URL}/feedback", "/fhir/QuestionnaireResponse"])
@pytest.mark.parametrize("bearer", ["", "Authorization: Bearer not.a.token\r\n", "Authorization: Bearer unknown\r\n"])
def test_without_a_token_that_holds_no_body_is_read(guarded: int, path: str, bearer: str) -> None:
    head = HEAD.replace(URL.encode(), path.encode()) + bearer.encode()
    with connected(guarded, 1, head + b"Content-Length: 500\r\n\r\n{") as (one,):
        one.settimeout(READ_SECONDS / 2)
        answer = one.recv(4000)
    assert b" 401 " in answer.splitlines()[0]
    assert b"www-authenticate: Bearer" in answer


def test_a_client_that_calls_too_often_waits(guarded: int) -> None:
    def called(name: int) -> int:
        bearer = token(aud=f"http://localhost:1{URL}", jti=f"call-{name}")
        return sent(guarded, "POST", URL, CALL, Authorization=f"Bearer {bearer}")[0]

    answers = [called(one) for one in range(22)]
    assert answers[:18] == [200] * 18
    assert answers[-1] == 429


def test_a_token_serves_once_though_it_is_looked_at_twice(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(key_set())
    client = f'[[clients]]\nname = "ehr"\niss = "{ISSUER}"\njwks = "{tmp_path / "keys.json"}"\n'
    strict = f'base_url = "http://localhost:1"\njti_replay = "strict"\n{client}'
    bearer = token(aud=f"http://localhost:1{URL}")
    with served(tmp_path, settings=strict) as port, ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(sent, port, "POST", URL, CALL, Authorization=f"Bearer {bearer}") for _ in range(4)]
        assert sorted(one.result()[0] for one in calls) == [200, 401, 401, 401]
