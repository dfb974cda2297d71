"""What members, Claims, providers and senders are found by is under a key where there is one, and rows from before it
are found all the same: a number is easily guessed, and a plain hash of it is no protection.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from cds_service.app.settings import Settings
from cds_service.application import PRIOR_AUTH, create_app
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.clear_rows import ClearRows
from cds_service.encryption import tenant_keys
from cds_service.encryption.tenant_keys import PAYER, use_keys
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.storage.feedback import SqlFeedback
from cds_service.storage.form_errors import FormErrors, FormIssue, SqlFormErrors
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    DATA_KEYS,
    FEEDBACK,
    FORM_ERRORS,
    PRIOR_AUTH_MEMBERS,
    PRIOR_AUTH_REQUESTS,
    SUBSCRIPTIONS,
)
from hooks.feedback import Feedback
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.prior_auth.request_bundles import inquiry, request_of, sample, subscription
from tests.storage.test_storage_encryption import FIRST, SECOND, ring, rows_of
from tests.world import compose

Json = dict[str, Any]
HASHED = {
    AUTHORIZATIONS: ("member",),
    PRIOR_AUTH_REQUESTS: ("claim", "content", "members", "providers", "senders"),
    PRIOR_AUTH_MEMBERS: ("name",),
    SUBSCRIPTIONS: ("senders",),
}
SIGN, SUBMIT, INQUIRE = "/cds-services/order-sign-crd", "/fhir/pas/Claim/$submit", "/fhir/pas/Claim/$inquire"
MET = sample("01")


@pytest.fixture
def client(policies_on_file: Catalogue, store: Engine) -> FlaskClient:
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return create_app(compose(settings, policies_on_file, TODAY, store)).test_client()


def posted(client: FlaskClient, url: str, sent: Json, status: int = 200) -> Json:
    reply = client.post(url, data=json.dumps(sent))
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def number(client: FlaskClient, call: Json = MET) -> str:
    """Sign an order; return the number of the authorization that it is told."""
    return next(one for one in json.dumps(posted(client, SIGN, call)).split('"') if one.startswith("PA"))


def used(client: FlaskClient) -> str:
    """Have an authorization given, a request kept and a subscription; return the number."""
    given = number(client)
    posted(client, SUBMIT, request_of(MET))
    posted(client, "/fhir/pas/Subscription", subscription("http://127.0.0.1:9/nobody"), 201)
    return given


def hashes(engine: Engine) -> list[str]:
    found = [
        str(row[column]) for table, columns in HASHED.items() for row in rows_of(engine, table) for column in columns
    ]
    return [one for each in found for one in each.split()]


def matched(client: FlaskClient) -> int:
    return len(posted(client, INQUIRE, inquiry(MET)).get("parameter", []))


def of_other_hospital() -> Json:
    """The same member, as another hospital's record has it."""
    return dict(json.loads(json.dumps(MET).replace("ehr.example.org", "other.example.org")))


@pytest.mark.parametrize("keys", [None, ring(FIRST)], ids=["clear", "encrypted"])
def test_no_hash_is_plain_where_there_is_a_key(client: FlaskClient, store: Engine, keys: Any) -> None:
    use_keys(store, keys)
    used(client)
    assert all(rows_of(store, table) for table in HASHED), "each table has rows, else this shows nothing"
    assert {one.startswith("k") for one in hashes(store)} == {keys is not None}


def test_the_same_is_found_as_without_a_key_and_after_a_rotation(client: FlaskClient, store: Engine) -> None:
    use_keys(store, ring(FIRST))
    given = used(client)
    for _ in range(2):
        assert number(client) == given
        assert number(client, of_other_hospital()) == given
        assert matched(client) == 1
        posted(client, SUBMIT, request_of(MET))
        assert len(rows_of(store, PRIOR_AUTH_REQUESTS)) == len(rows_of(store, AUTHORIZATIONS)) == 1
        tenant_keys.rotate(store, ring(SECOND, FIRST))
        use_keys(store, ring(SECOND, FIRST))
    assert ChainCheck(store).run().faults == []


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["before", "after"])
def test_rows_from_before_the_key_are_found_before_and_after_they_come_under_it(
    client: FlaskClient, store: Engine, is_encrypted: bool
) -> None:
    given = used(client)
    use_keys(store, ring(FIRST))
    if is_encrypted:
        assert ClearRows(store).encrypt()
        assert all(one.startswith("k") for one in hashes(store))
        assert ClearRows(store).encrypt() == {}
    assert number(client) == given
    assert number(client, of_other_hospital()) == given
    assert matched(client) == 1
    posted(client, SUBMIT, request_of(MET))
    assert len(rows_of(store, PRIOR_AUTH_REQUESTS)) == 1, "the same request again is the same"
    other = posted(client, SUBMIT, request_of(MET, created="2026-11-25T10:00:00Z"))
    assert "identifier" in json.dumps(other), "its identifiers are taken, also by a row from before the key"
    assert len(rows_of(store, AUTHORIZATIONS)) == 1
    assert ChainCheck(store).run().faults == []


@pytest.mark.parametrize("with_key", range(4))
def test_who_subscribed_hears_of_an_answer_whatever_of_it_was_before_the_key(
    client: FlaskClient, store: Engine, with_key: int
) -> None:
    """A subscription, a request and its decision: the key comes before one of them, or not at all."""

    def subscribe() -> None:
        posted(client, "/fhir/pas/Subscription", subscription("http://127.0.0.1:9/nobody"), 201)

    def submit() -> None:
        posted(client, SUBMIT, request_of(sample("03")))

    def decide() -> None:
        prior_auth = client.application.extensions[PRIOR_AUTH]
        (waiting,) = prior_auth.store.pended()
        prior_auth.decisions.decide(waiting, Verdict(Act.DENY, "Rita Muster (rita)", 1, criterion="HER2", words="No."))

    for place, step in enumerate((subscribe, submit, decide)):
        if place == with_key:
            use_keys(store, ring(FIRST))
        step()
    (row,) = rows_of(store, SUBSCRIPTIONS)
    assert row["events"] == 1


def test_nobody_destroys_the_key_of_the_payer_and_a_tenants_goes_alone(client: FlaskClient, store: Engine) -> None:
    use_keys(store, ring(FIRST))
    given = used(client)
    assert tenant_keys.destroy(store, PAYER) == 0
    assert tenant_keys.destroy(store, "open") >= 1
    assert number(client) == given, "an authorization is found by its member whatever became of the tenant's key"
    with store.connect() as connection:
        living = select(func.count()).select_from(DATA_KEYS).where(DATA_KEYS.c.tenant == PAYER)
        assert connection.execute(living.where(DATA_KEYS.c.destroyed.is_(None))).scalar_one() == 1


def test_a_rotation_gives_the_payer_no_second_key(client: FlaskClient, store: Engine) -> None:
    use_keys(store, ring(FIRST))
    used(client)
    assert tenant_keys.rotate(store, ring(FIRST)).renewed == 1
    with store.connect() as connection:
        of_payer = select(func.count()).select_from(DATA_KEYS).where(DATA_KEYS.c.tenant == PAYER)
        assert connection.execute(of_payer).scalar_one() == 1


def test_what_was_said_twice_is_kept_once_though_a_key_came_in_between(store: Engine) -> None:
    def say() -> list[object]:
        given = Feedback("card", "overridden", datetime(2026, 11, 25, tzinfo=UTC), (), "reason", "because")
        told = FormErrors(("https://x.example.org/q",), (FormIssue("error", "x", "y", "z"),))
        return [*SqlFeedback(store).keep("open", "order-sign-crd", [given]), SqlFormErrors(store).keep("open", told)]

    assert len(say()) == 2
    use_keys(store, ring(FIRST))
    assert say() == [False]
    store_of_key = {one["id"][0] for table in (FEEDBACK, FORM_ERRORS) for one in rows_of(store, table)}
    assert "k" not in store_of_key
    given = Feedback("other", "overridden", datetime(2026, 11, 25, tzinfo=UTC), (), "reason", "because")
    assert [len(SqlFeedback(store).keep("open", "order-sign-crd", [given])) for _ in range(2)] == [1, 0]
    assert sum(one["id"].startswith("k") for one in rows_of(store, FEEDBACK)) == 1
    assert [one.comments for one in SqlFeedback(store).report()] == [("because", "because")]
