"""The use of a token is noted with what is kept of its call: in one transaction, once, whatever becomes of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError

from cds_service.storage.tables import CALLS, USED_TOKENS
from policies.catalogue import Catalogue
from tests.clients.signing import token
from tests.service.calls import body, order_sign
from tests.storage.test_storage_replicas import CALL, SIGN, engines, keys, replica

__all__ = ["engines", "keys"]
pytestmark = pytest.mark.usefixtures("keys")
Engines = tuple[Engine, Engine]


def signed(client: FlaskClient, jti: str, content: bytes = CALL) -> int:
    headers = {"Authorization": f"Bearer {token(jti=jti)}"}
    return client.post(SIGN, data=content, headers=headers).status_code


def rows(engine: Engine) -> tuple[int, int]:
    """How many calls and how many used tokens are on file."""
    with engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (CALLS, USED_TOKENS)
        ]
    return counts[0], counts[1]


def test_a_signed_call_commits_once(policies_on_file: Catalogue, engines: Engines) -> None:
    client, commits = replica(policies_on_file, engines[0]), []
    assert signed(client, "before") == 200, "what has expired is swept with it"
    event.listen(engines[0], "commit", commits.append)
    assert signed(client, "counted", body(order_sign(order={"id": "other"}))) == 200
    assert len(commits) == 1
    assert rows(engines[1]) == (2, 2)


@pytest.mark.parametrize("content", [b"{", body({"hook": "order-sign"})])
def test_a_call_that_is_refused_uses_its_token_up(
    policies_on_file: Catalogue, engines: Engines, content: bytes
) -> None:
    client = replica(policies_on_file, engines[0], jti_replay="strict")
    assert signed(client, "refused", content) in {400, 422}
    assert rows(engines[1]) == (0, 1)
    assert signed(client, "refused") == 401


@pytest.mark.parametrize("times", range(4))
def test_of_two_calls_with_one_token_at_once_one_is_answered(
    policies_on_file: Catalogue, engines: Engines, times: int
) -> None:
    clients, together = [replica(policies_on_file, one) for one in engines], Barrier(2)
    headers = {"Authorization": f"Bearer {token(jti=f'both {times}')}"}

    def send(client: FlaskClient) -> int:
        together.wait()
        return client.post(SIGN, data=CALL, headers=headers).status_code

    with ThreadPoolExecutor(2) as senders:
        assert sorted(senders.map(send, clients)) == [200, 401]
    assert rows(engines[0]) == (1, 1)


def test_a_commit_whose_end_is_not_known_does_not_use_the_token_up(
    policies_on_file: Catalogue, engines: Engines
) -> None:
    client, cut = replica(policies_on_file, engines[0]), []

    def commit_and_cut(connection: object) -> None:
        if not cut:
            cut.append(connection)
            connection.connection.driver_connection.commit()  # type: ignore[attr-defined]
            raise OperationalError("", {}, Exception("cut"), connection_invalidated=True)

    event.listen(engines[0], "commit", commit_and_cut)
    assert signed(client, "cut") == 200
    assert rows(engines[1]) == (2, 1), "both tries are kept, as they were without a token"
    assert signed(client, "cut") == 401
