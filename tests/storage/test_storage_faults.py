"""Faults of the database under calls: the answer says that we failed, bears no id, and what was told before is kept."""

import json
import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import Engine, event, text

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.storage.engine import open_engine
from policies.catalogue import Catalogue
from tests import databases
from tests.clients.signing import BASE, ISSUER, JKU, key_set, token
from tests.conftest import TODAY
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled, information
from tests.dtr.test_dtr_answered import signed as form_signed
from tests.service.calls import body, order_sign

Json = dict[str, Any]
SECONDS = 0.2
"""How long a call waits for the database here."""
SIGN = "/cds-services/order-sign-crd"


@pytest.fixture
def service(policies_on_file: Catalogue, store: Engine) -> Container:
    return compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, store)


@pytest.fixture
def client(service: Container) -> FlaskClient:
    return create_app(service).test_client()


@contextmanager
def locked(_store: Engine, other: Engine) -> Iterator[None]:
    """Another transaction holds what every call needs."""
    with writing(other) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE"))
        yield


@contextmanager
def read_only(store: Engine, other: Engine) -> Iterator[None]:
    if store.dialect.name == "sqlite":
        with _pragma(store, "query_only=ON", "query_only=OFF"):
            yield
        return
    name = store.url.database
    _alter(other, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    _cut(other)
    try:
        yield
    finally:
        _alter(
            other, f"SET default_transaction_read_only = off; ALTER DATABASE {name} RESET default_transaction_read_only"
        )
        _cut(other)


@contextmanager
def full(store: Engine, other: Engine) -> Iterator[None]:
    """No page more: as SQLite tells it of a full disk. A server's disk is not ours to fill: its table takes no row."""
    if store.dialect.name == "sqlite":
        _fill_pages(store)
        with store.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        with _pragma(store, f"max_page_count={pages}", "max_page_count=1000000"):
            yield
        return
    _alter(
        other,
        "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$",
    )
    for table in ("calls", "responses", "used_tokens", "feedback"):
        _alter(other, f"CREATE TRIGGER no_space BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_space()")
    yield
    _alter(other, "DROP FUNCTION no_space CASCADE")


def _fill_pages(store: Engine) -> None:
    """Leave no room for a call or an answered form in the pages of their tables: a row is smaller than a page."""
    at = "'2026-11-25 10:00:00.000000'"
    fillers = {
        "calls (id, hook, hook_instance, received, today, request, reply)": f"'x', '', '', {at}, '2026-11-25'",
        "responses (id, determination, content, received, response, reply)": f"'x', '', '', {at}",
    }
    connection = sqlite3.connect(str(store.url.database))
    for columns, values in fillers.items():
        connection.execute(f"INSERT INTO {columns} VALUES ({values}, zeroblob(3800), x'')")
    connection.commit()
    connection.close()


@contextmanager
def _pragma(store: Engine, on: str, off: str) -> Iterator[None]:
    """Set something on every connection; the pool's are made anew."""

    def set_up(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {on}").close()

    store.dispose()
    event.listen(store, "connect", set_up)
    yield
    event.remove(store, "connect", set_up)
    with store.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {off}")
    store.dispose()


def _alter(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)


def _cut(engine: Engine) -> None:
    """Cut every other connection to the database, as a restart or a proxy does."""
    mine = "pg_backend_pid()"
    others = f"FROM pg_stat_activity WHERE datname = current_database() AND pid <> {mine}"
    cut = f"SELECT pg_terminate_backend(pid, 5000) {others}"
    _alter(engine, cut)


FAULTS = pytest.mark.parametrize("fault", [locked, read_only, full])
Fault = Callable[[Engine, Engine], Any]


def told(reply: Any) -> Json:
    assert reply.status_code == 200, reply.data
    return information(json.loads(reply.data)["systemActions"][0]["resource"]["extension"])


@FAULTS
def test_while_the_store_fails_the_answer_says_so_and_bears_no_id(
    client: FlaskClient, store: Engine, other: Engine, fault: Fault
) -> None:
    before = told(client.post(SIGN, data=body(order_sign())))
    with fault(store, other):
        failed = told(client.post(SIGN, data=body(order_sign())))
        assert (failed["covered"], failed["pa-needed"]) == ("conditional", "conditional")
        assert {"coverage-assertion-id", "satisfied-pa-id", "questionnaire"}.isdisjoint(failed)
    assert told(client.post(SIGN, data=body(order_sign()))) == before


@FAULTS
def test_an_answered_form_that_cannot_be_kept_is_a_503_and_can_be_sent_again(
    client: FlaskClient, store: Engine, other: Engine, fault: Fault
) -> None:
    answered = filled(draft(client, form_signed(client)["coverage-assertion-id"]), ANSWERS)
    with fault(store, other):
        failed = client.post("/fhir/QuestionnaireResponse", json=answered)
        assert (failed.status_code, failed.get_json()["issue"][0]["code"]) == (503, "transient")
    assert client.post("/fhir/QuestionnaireResponse", json=answered).status_code == 201


@pytest.fixture
def keys() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield net


def bearer(path: str) -> Json:
    return {"Authorization": f"Bearer {token(aud=f'{BASE}{path}')}"}


def feedback_of(client: FlaskClient) -> Any:
    said = {"card": "c1", "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}]}
    said |= {"outcomeTimestamp": "2026-11-25T10:00:00Z"}
    path = f"{SIGN}/feedback"
    return client.post(path, json={"feedback": [said]}, headers=bearer(path))


@FAULTS
@pytest.mark.usefixtures("keys")
def test_a_registered_client_gets_the_technical_answer_too(
    policies_on_file: Catalogue, store: Engine, other: Engine, fault: Fault
) -> None:
    """Whether its token was used before cannot be known: nothing is kept, and nothing fetched."""
    settings = convert({"base_url": BASE, "clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}]}, Settings)
    client = create_app(compose(settings, policies_on_file, TODAY, store)).test_client()
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    sent = body(order_sign() | {"extension": {"davinci-crd.requestedVersion": "2.2"}})
    with fault(store, other):
        failed = told(client.post(SIGN, data=sent, headers=headers))
        assert failed["reason"]["coding"][0]["code"] == "technical"
        assert "coverage-assertion-id" not in failed
        beside = [client.get("/determinations/x", headers=bearer("/determinations/x")), feedback_of(client)]
        if fault is read_only:
            assert {one.status_code for one in beside} == {503}
            assert {one.get_json()["issue"][0]["code"] for one in beside} == {"transient"}
            assert all(one.headers["Retry-After"] for one in beside)
        assert {one.status_code for one in beside} <= {200, 404, 503}
    anew = {"Authorization": f"Bearer {token(jti='anew')}"}
    assert "coverage-assertion-id" in told(client.post(SIGN, data=sent, headers=anew))


@FAULTS
def test_nothing_is_fetched_for_a_token_whose_use_cannot_be_noted(
    policies_on_file: Catalogue, store: Engine, other: Engine, fault: Fault, keys: responses.RequestsMock
) -> None:
    """Nor a second time for a token that was used: what a call lacks is asked for once its token is noted."""
    ehr = "https://ehr.example.org/fhir"
    registered = {"name": "ehr", "iss": ISSUER, "jku": JKU, "fhir_servers": [ehr]}
    settings = convert({"base_url": BASE, "clients": [registered]}, Settings)
    client = create_app(compose(settings, policies_on_file, TODAY, store)).test_client()
    asked: list[str] = []

    def answered(request: Any) -> tuple[int, Json, str]:
        asked.append(request.url)
        return 200, {}, json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": []})

    keys.add_callback("GET", re.compile(f"{ehr}/.*"), answered)
    sent = body(order_sign(fhirServer=ehr, extension={"davinci-crd.requestedVersion": "2.2"}))
    headers = {"Authorization": f"Bearer {token()}"}
    with fault(store, other):
        assert told(client.post(SIGN, data=sent, headers=headers))["reason"]["coding"][0]["code"] == "technical"
    with reading(other) as connection:  # some faults leave room for the note alone
        is_noted = connection.execute(text("SELECT count(*) FROM used_tokens")).scalar_one() > 0
    assert bool(asked) == is_noted
    assert is_noted == ((fault, store.dialect.name) in {(full, "sqlite"), (locked, "postgresql")})
    used = {"Authorization": f"Bearer {token(jti='used')}"}
    assert "coverage-assertion-id" in told(client.post(SIGN, data=sent, headers=used))
    before = len(asked)
    assert before
    assert client.post(SIGN, data=sent, headers=used).status_code == 401
    assert len(asked) == before


@FAULTS
def test_readiness_follows_the_store(client: FlaskClient, store: Engine, other: Engine, fault: Fault) -> None:
    assert client.get("/health/ready").status_code == 200
    with fault(store, other):
        asked = client.get("/health/ready")
        if fault is not full and not (fault is locked and store.dialect.name == "postgresql"):
            assert (asked.status_code, asked.get_json()["status"]) == (503, "down")
            assert asked.get_json()["checks"]["store"] != "ok"
        assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").get_json()["checks"] == dict.fromkeys(
        ("store", "disk", "policies", "key_sets"), "ok"
    )


def test_without_tables_it_is_not_ready(client: FlaskClient, other: Engine) -> None:
    with other.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert client.get("/health/ready").get_json()["checks"]["store"] == "its tables are not those of this release"
    with other.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
    assert client.get("/health/ready").get_json()["checks"]["store"] == "its tables are older than this release"


def test_what_only_reads_does_not_wait_for_a_writer(client: FlaskClient, store: Engine, other: Engine) -> None:
    name = told(client.post(SIGN, data=body(order_sign())))["coverage-assertion-id"]
    with writing(other) as connection:
        connection.execute(text("DELETE FROM feedback"))
        assert client.get(f"/determinations/{name}").status_code == 200
        with reading(store) as one, reading(other) as two:
            assert [each.execute(text("SELECT count(*) FROM calls")).scalar() for each in (one, two)] == [1, 1]


def test_a_writer_that_is_late_is_told_and_the_next_one_is_served(store: Engine, other: Engine) -> None:
    with locked(store, other), pytest.raises(StoreError) as raised, writing(store) as connection:
        connection.execute(text("DELETE FROM calls"))
    assert not raised.value.passing
    with writing(store) as connection:
        connection.execute(text("DELETE FROM calls"))


def test_a_savepoint_is_undone_alone(store: Engine) -> None:
    add = "INSERT INTO used_tokens (use, until) VALUES ('{}', '2026-12-01 00:00:00+00')"
    with writing(store) as connection:
        connection.execute(text(add.format("before")))
        with connection.begin_nested() as point:
            connection.execute(text(add.format("inside")))
            point.rollback()
        connection.execute(text(add.format("after")))
    with reading(store) as connection:
        assert set(connection.execute(text("SELECT use FROM used_tokens")).scalars()) == {"before", "after"}


def test_cut_connections_cost_no_answer(client: FlaskClient, service: Container, other: Engine) -> None:
    """The pool's connections are dead when a call takes one; and one dies while a call holds it."""
    if other.dialect.name == "sqlite":
        return
    client.post(SIGN, data=body(order_sign()))
    _cut(other)
    assert "coverage-assertion-id" in told(client.post(SIGN, data=body(order_sign())))
    times: list[int] = []

    def cut_once(*_: object) -> None:
        times.append(1)
        if len(times) == 1:
            _cut(other)

    assert service.archive is not None
    event.listen(service.archive.engine, "commit", cut_once)
    assert "coverage-assertion-id" in told(client.post(SIGN, data=body(order_sign())))
    assert len(times) == 2


def _ask_a_stopped_server(store: Engine, stopped: list[int]) -> None:
    with reading(store) as connection:
        stopped.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        os.kill(stopped[0], signal.SIGSTOP)
        connection.execute(text("SELECT 1"))


def test_a_server_that_does_not_answer_is_given_up(client: FlaskClient, store: Engine, other: Engine) -> None:
    if store.dialect.name == "sqlite":
        return
    stopped: list[int] = []
    with pytest.raises(StoreError) as raised:
        _ask_a_stopped_server(store, stopped)
    os.kill(stopped[0], signal.SIGCONT)
    assert not raised.value.passing
    assert "coverage-assertion-id" in told(client.post(SIGN, data=body(order_sign())))


def test_a_file_is_its_owners_and_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    if databases.kind() == databases.POSTGRESQL:
        return
    path = tmp_path / "private.sqlite"
    path.touch(mode=0o666)
    path.chmod(0o666)
    engine = open_engine(f"sqlite:///{path}")
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM calls"))
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    modes = {one.name: oct(one.stat().st_mode & 0o777) for one in tmp_path.glob("private.sqlite*")}
    engine.dispose()
    assert modes == dict.fromkeys(("private.sqlite", "private.sqlite-wal", "private.sqlite-shm"), "0o600")
