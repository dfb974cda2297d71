"""The operator's first key comes to one replica after the other: who does not have it yet answers nothing wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.encryption.operator_keys import KeyRing
from cds_service.encryption.tenant_keys import use_keys
from cds_service.storage.tables import AUTHORIZATIONS, PRIOR_AUTH_REQUESTS
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.prior_auth.request_bundles import inquiry, request_of, sample
from tests.storage.conftest import opened
from tests.storage.test_storage_encryption import FIRST, SECOND, ring
from tests.world import compose

Json = dict[str, Any]
SIGN, SUBMIT, INQUIRE = "/cds-services/order-sign-crd", "/fhir/pas/Claim/$submit", "/fhir/pas/Claim/$inquire"
MET = sample("01")


class Replicas:
    """Replicas on one database, each started with the keys that it has."""

    def __init__(self, policies: Catalogue, one: Engine, two: Engine) -> None:
        self.policies, self.engines = policies, (one, two)

    def started(self, number: int, keys: KeyRing | None) -> FlaskClient:
        use_keys(self.engines[number], keys)
        settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
        return create_app(compose(settings, self.policies, TODAY, self.engines[number])).test_client()


@pytest.fixture
def replicas(policies_on_file: Catalogue, address: str) -> Iterator[Replicas]:
    with opened(address, 30) as one, opened(address, 30) as two:
        yield Replicas(policies_on_file, one, two)


def posted(client: FlaskClient, url: str, sent: Json) -> tuple[int, str]:
    reply = client.post(url, data=json.dumps(sent))
    return reply.status_code, reply.text


def number(client: FlaskClient) -> str:
    """The authorization that a signed order is told; empty where it is told none."""
    status, text = posted(client, SIGN, MET)
    assert status == 200
    return next((one for one in text.split('"') if one.startswith("PA") and one[2:].isalnum()), "")


def is_technical(client: FlaskClient) -> bool:
    """Whether an order is answered without an id and a number: nothing was kept."""
    return not number(client) and "coverage-assertion-id" not in posted(client, SIGN, MET)[1]


def is_ready(client: FlaskClient) -> bool:
    return client.get("/health/ready").status_code == 200


def counted(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.parametrize("is_first", [False, True], ids=["a first call", "a member who was authorized before"])
def test_who_has_no_key_yet_authorizes_nobody_a_second_time(replicas: Replicas, *, is_first: bool) -> None:
    before = replicas.started(0, None)
    given = number(before) if is_first else ""
    keyed = replicas.started(1, ring(FIRST))
    assert is_ready(before), "until something is kept under a key it serves on"
    told = number(keyed)
    assert told
    assert told == (given or told)
    assert is_technical(before)
    assert (is_ready(before), is_ready(keyed)) == (False, True)
    assert counted(replicas.engines[1], AUTHORIZATIONS) == 1
    started_again = replicas.started(0, ring(FIRST))
    assert number(started_again) == told
    assert is_ready(started_again)


def test_the_same_order_again_on_the_same_day_is_no_stale_answer(replicas: Replicas) -> None:
    """Nothing new would be kept of it, and yet it could be authorized by now."""
    before = replicas.started(0, None)
    for _ in range(2):
        number(before)
    number(replicas.started(1, ring(FIRST)))
    assert is_technical(before)


def test_a_request_is_neither_taken_twice_nor_said_not_to_be_there(replicas: Replicas) -> None:
    before = replicas.started(0, None)
    keyed = replicas.started(1, ring(FIRST))
    assert posted(keyed, SUBMIT, request_of(MET))[0] == 200
    assert posted(before, SUBMIT, request_of(MET))[0] == 503
    assert posted(before, INQUIRE, inquiry(MET))[0] == 503
    assert counted(replicas.engines[1], PRIOR_AUTH_REQUESTS) == 1


def test_who_has_another_key_is_not_ready_and_authorizes_nobody(replicas: Replicas) -> None:
    """Two replicas that were given different first keys, before either kept anything."""
    one, other = replicas.started(0, ring(FIRST)), replicas.started(1, ring(SECOND))
    assert number(one)
    assert is_technical(other)
    assert (is_ready(one), is_ready(other)) == (True, False)
    assert counted(replicas.engines[0], AUTHORIZATIONS) == 1
