"""How long subscriptions and what waits for them are kept, in whose record they stand, and that they are encrypted."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, LargeBinary, event, insert, select, update
from sqlalchemy.exc import OperationalError

from cds_service.audit import clear_rows
from cds_service.audit.clear_rows import ClearRows
from cds_service.audit.patient_record import Patient, record_of
from cds_service.audit.purge_count import PurgeCount
from cds_service.database.transactions import StoreError
from cds_service.encryption import tenant_keys
from cds_service.encryption.operator_keys import key_ring
from cds_service.requests_on_file.notices import ACTIVE, REQUESTED, SqlNotices, Subscription
from cds_service.requests_on_file.tables import ANSWERS, NOTICES, REQUESTS, SUBSCRIPTIONS
from cds_service.retention.purge import READS_DAYS, Purging
from cds_service.storage.tables import DATA_KEYS, METADATA

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAYS = 30
OLD, YOUNG = timedelta(days=DAYS, seconds=1), timedelta(days=DAYS)
SENDER = "a" * 64
ROOMS = frozenset({"north", "south"})


def subscribed(engine: Engine, name: str, tenant: str = "north", status: str = ACTIVE, age: timedelta = OLD) -> None:
    """Keep a subscription whose handshake was taken, unless it is still only requested."""
    made = Subscription(name, tenant, status, frozenset({SENDER}), 0, 60, NOW - age, NOW - age, {"id": name})
    SqlNotices(engine).add(made, "handshake")
    if status == ACTIVE:
        with engine.begin() as connection:
            connection.execute(NOTICES.delete().where(NOTICES.c.subscription == name))


def waiting(engine: Engine, name: str, age: timedelta, request: str | None = None) -> None:
    row = {"id": f"{name}-{age.total_seconds()}", "subscription": name, "kind": "event-notification", "event": 1}
    row |= {"request_id": request, "number": 1, "made": NOW - age, "tries": 3, "next_try": NOW}
    with engine.begin() as connection:
        connection.execute(insert(NOTICES), row)


def asked(engine: Engine, name: str, answered: timedelta) -> None:
    """Keep a request of long ago, and when it was decided."""
    long_ago = NOW - timedelta(days=900)
    row: dict[str, object] = {
        "id": name,
        "tenant": "north",
        "fhir_server": "",
        "patient": "p1",
        "claim": name,
        "content": name,
    }
    row |= {"first": name, "kind": "medical", "state": "decided", "submitted": long_ago, "due": long_ago}
    row |= {"expedited": False, "last_day": date(2025, 1, 1), "members": "", "providers": "", "senders": SENDER}
    answer: dict[str, object] = {
        "request_id": name,
        "number": 1,
        "tenant": "north",
        "at": NOW - answered,
        "act": "approved",
    }
    answer |= {"person": "", "codes": "A1", "items": "[]", "said": "{}", "reply": b""}
    with engine.begin() as connection:
        connection.execute(insert(REQUESTS), row | {"request": b"", "about": "{}"})
        connection.execute(insert(ANSWERS), answer)


def purged(engine: Engine, tenants: frozenset[str] | None = ROOMS) -> dict[str, int]:
    """Purge; whatever goes, it was counted before."""
    counted = PurgeCount(engine, DAYS, READS_DAYS, tenants).count(NOW, NOW.date())
    gone = Purging(engine, DAYS, between=lambda _: None, tenants=tenants).purge(NOW, NOW.date())
    assert gone == counted
    return gone


def test_what_could_not_be_sent_goes_when_it_is_old_and_its_subscription_stays(engine: Engine) -> None:
    subscribed(engine, "s")
    for age in (OLD, YOUNG):
        waiting(engine, "s", age)
    assert purged(engine) == {"pa_notices": 1}
    assert purged(engine) == {}


@pytest.mark.parametrize(
    ("tenant", "status", "age", "known", "goes"),
    [
        ("north", ACTIVE, OLD, ROOMS, False),
        ("gone", ACTIVE, OLD, ROOMS, True),
        ("gone", ACTIVE, YOUNG, ROOMS, False),
        ("gone", ACTIVE, OLD, None, False),
        ("north", REQUESTED, OLD, ROOMS, True),
        ("north", REQUESTED, OLD, None, True),
        ("north", REQUESTED, YOUNG, ROOMS, False),
    ],
)
def test_a_subscription_goes_with_its_client_or_where_nobody_was_ever_reached(
    engine: Engine, tenant: str, status: str, age: timedelta, known: frozenset[str] | None, *, goes: bool
) -> None:
    subscribed(engine, "s", tenant, status, age)
    waiting(engine, "s", timedelta())
    number = 2 if status == REQUESTED else 1
    assert purged(engine, known) == ({"pa_subscriptions": 1, "pa_notices": number} if goes else {})


@pytest.mark.parametrize(("answered", "goes"), [(OLD, True), (YOUNG, False)])
def test_a_request_of_long_ago_is_kept_until_its_last_answer_is_old(
    engine: Engine, answered: timedelta, *, goes: bool
) -> None:
    """A person decided late: whoever subscribed is still to hear of it."""
    asked(engine, "r", answered)
    subscribed(engine, "s")
    waiting(engine, "s", answered, "r")
    assert purged(engine) == ({"pa_requests": 1, "pa_answers": 1, "pa_notices": 1} if goes else {})


def status(engine: Engine, name: str = "s") -> str:
    found = SqlNotices(engine).find(name, "north")
    assert found is not None
    return found.status


def test_a_handshake_that_was_taken_is_kept_with_what_it_changes_or_comes_again(engine: Engine) -> None:
    """A process that ends in between would leave a subscription that was reached, and goes with the next purge."""
    subscribed(engine, "s", status=REQUESTED)
    notices = SqlNotices(engine)
    (due,) = notices.due(NOW)

    def ends(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE pa_subscriptions"):
            raise OperationalError(statement, {}, Exception("the process ended"))

    event.listen(engine, "before_cursor_execute", ends)
    with pytest.raises(StoreError):
        notices.sent(due, NOW)
    event.remove(engine, "before_cursor_execute", ends)
    assert [one.id for one in notices.due(NOW)] == [due.id]
    notices.sent(due, NOW)
    assert (status(engine), notices.due(NOW)) == (ACTIVE, ())


@pytest.mark.parametrize("way", ["handshake", "event", "heartbeat"])
def test_what_the_old_address_took_makes_no_changed_subscription_active(engine: Engine, way: str) -> None:
    """It was under way when the client named another address: that one has its own handshake to take."""
    subscribed(engine, "s", status=REQUESTED if way == "handshake" else ACTIVE)
    if way == "event":
        waiting(engine, "s", timedelta())
    notices = SqlNotices(engine)
    found = notices.find("s", "north")
    assert found is not None
    under_way = notices.due(NOW)
    notices.add(replace(found, status=REQUESTED, resource={"id": "s", "at": "elsewhere"}), "handshake")
    for one in under_way:
        notices.sent(one, NOW)
    if way == "heartbeat":
        notices.beat(found, NOW)
    assert status(engine) == REQUESTED
    (first, *_) = notices.due(NOW)
    assert first.kind == "handshake"
    notices.sent(first, NOW)
    assert status(engine) == ACTIVE


def test_what_is_still_to_be_sent_stands_in_the_record_of_its_patient(engine: Engine) -> None:
    for one in ("r", "other"):
        asked(engine, one, YOUNG)
    with engine.begin() as connection:
        connection.execute(update(REQUESTS).where(REQUESTS.c.id == "other").values(patient="p2"))
    subscribed(engine, "s")
    waiting(engine, "s", YOUNG, "r")
    waiting(engine, "s", timedelta(), "other")
    told = [one["request_id"] for one in record_of_rows(engine) if one["table"] == "pa_notices"]
    assert told == ["r"]


def record_of_rows(engine: Engine) -> Iterator[dict[str, object]]:
    yield from record_of(engine, Patient("p1"), "")


def keyed(engine: Engine) -> None:
    ring = key_ring({"CDS_ENCRYPTION_KEYS": f"first:{b64encode(b'k' * 32).decode()}"}, "")
    assert ring is not None
    tenant_keys.use_keys(engine, ring)


def test_a_subscription_from_before_the_key_is_encrypted(engine: Engine) -> None:
    subscribed(engine, "s")
    keyed(engine)
    assert ClearRows(engine).encrypt() == {"pa_subscriptions": 1}
    assert ClearRows(engine).encrypt() == {}
    found = SqlNotices(engine).find("s", "north")
    assert found is not None
    assert found.resource == {"id": "s"}


def test_every_column_that_holds_a_payload_is_encrypted_by_the_command() -> None:
    """A payload is kept in bytes; the only other bytes on file are the wrapped keys themselves."""
    kept = {
        (table, one.name) for table in METADATA.sorted_tables for one in table.c if isinstance(one.type, LargeBinary)
    }
    listed = {(table, one) for table, columns in clear_rows._COLUMNS.items() for one in columns}
    assert {(table.name, one) for table, one in kept - listed if table is not DATA_KEYS} == set()


def test_a_destroyed_key_of_one_tenant_keeps_no_other_from_being_served(engine: Engine) -> None:
    keyed(engine)
    for name, tenant in (("a", "south"), ("s", "north")):
        subscribed(engine, name, tenant)
        waiting(engine, name, timedelta(days=1))
    assert tenant_keys.destroy(engine, "south") == 1
    notices = SqlNotices(engine)
    assert [one.subscription.id for one in notices.due(NOW)] == ["s"]
    assert [one.id for one in notices.beats(NOW)] == ["s"]
    with engine.connect() as connection:
        assert len(connection.execute(select(SUBSCRIPTIONS.c.id)).all()) == 2
