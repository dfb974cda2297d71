"""With a key of the operator nothing of a chart can be read in the database, and everything goes on as without."""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Engine, Table, event, select, update

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.clear_rows import ClearRows
from cds_service.audit.patient_record import Patient, record_of
from cds_service.commands.main import main
from cds_service.database.transactions import StoreError, writing
from cds_service.encryption import tenant_keys
from cds_service.encryption.operator_keys import EncryptionKeyError, KeyRing, key_ring
from cds_service.encryption.tenant_keys import PAYER, UnreadableError, use_keys
from cds_service.replay.replay import replay
from cds_service.retention.purge import Purging
from cds_service.storage.archive import Archive
from cds_service.storage.engine import open_engine
from cds_service.storage.feedback import SqlFeedback
from cds_service.storage.form_errors import FormErrors, FormIssue, SqlFormErrors
from cds_service.storage.tables import CALLS, DATA_KEYS, DETERMINATIONS, FEEDBACK, METADATA, RESPONSES, REVISIONS
from hooks.feedback import Feedback
from policies.catalogue import Catalogue
from tests.databases import new_url
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled, sent, signed
from tests.service.calls import body, order_sign, searchset
from tests.world import compose

TODAY = datetime.now(UTC).date()
MARK = "Zwetschgenmarker"
TENANT = "open"


def written(name: str) -> str:
    return f"{name}:{b64encode(urandom(32)).decode()}"


FIRST, SECOND = written("first"), written("second")


def ring(*keys: str) -> KeyRing:
    made = key_ring({"CDS_ENCRYPTION_KEYS": ",".join(keys)}, "")
    assert made is not None
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return new_url(tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    use_keys(engine, ring(FIRST))
    yield engine
    engine.dispose()


@pytest.fixture
def container(policies_on_file: Catalogue, store: Engine) -> Container:
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return compose(settings, policies_on_file, TODAY, store)


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def marked() -> bytes:
    """Return a call with a marked value in the chart: a text that the evidence repeats."""
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.911"}], "text": MARK}
    condition = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}, "code": code}
    call = order_sign()
    return body(call | {"prefetch": call["prefetch"] | {"conditions": searchset(condition)}})


def of_another() -> bytes:
    """Return the same call about another patient."""
    return marked().replace(b'"p1"', b'"p2"').replace(b"Patient/p1", b"Patient/p2")


def answered(client: FlaskClient) -> str:
    """Have a call answered and its form filled in; return the id of the determination."""
    name = str(signed(client, marked())["coverage-assertion-id"])
    answers = ANSWERS | {"combination_partner": "vinorelbine"}
    sent(client, filled(draft(client, name), answers))
    return name


def told(engine: Engine) -> None:
    """Keep a comment and an error that repeat a value."""
    given = Feedback("card", "overridden", datetime.now(UTC), (), "reason", f"because of {MARK}")
    SqlFeedback(engine).keep(TENANT, "order-sign-crd", [given])
    SqlFormErrors(engine).keep(TENANT, FormErrors(("https://x.example.org/q",), (FormIssue("error", "x", "y", MARK),)))


def dumped(engine: Engine) -> bytes:
    """Return every value of every table, as it is kept; packed ones unpacked where they can be."""
    found = []
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(select(table)):
                found += [bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in row]
    return b"\n".join(unpacked(one) for one in found)


def unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def first(engine: Engine, table: Table) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(select(table)).mappings().first() or {})


def test_no_marked_value_stands_in_any_row_or_file(client: FlaskClient, store: Engine, url: str) -> None:
    answered(client)
    told(store)
    assert MARK.encode() not in dumped(store)
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        files = [path, path.with_name(path.name + "-wal")]
        assert not any(MARK.encode() in one.read_bytes() for one in files if one.exists())


def test_without_a_key_the_same_values_are_found(policies_on_file: Catalogue, url: str) -> None:
    engine = open_engine(url)
    service = create_app(compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine))
    answered(service.test_client())
    told(engine)
    assert dumped(engine).count(MARK.encode()) >= 4
    engine.dispose()


def test_everything_reads_as_without_encryption(client: FlaskClient, container: Container, store: Engine) -> None:
    name = answered(client)
    told(store)
    assert client.get(f"/determinations/{name}").status_code == 200
    assert replay(container.archive, container.order_sign, name, None).same
    found = ChainCheck(store).run()
    assert (found.faults, found.entries > 0) == ([], True)
    patient = str(first(store, DETERMINATIONS)["patient"])
    assert MARK in json.dumps(list(record_of(store, Patient(patient), "")))
    assert SqlFeedback(store).report()[0].comments == (f"because of {MARK}",)
    assert SqlFormErrors(store).report()[0].texts == (f"y: {MARK}",)
    again = signed(client, marked())
    assert again["coverage-assertion-id"] == name


def test_a_purge_goes_as_without_encryption(client: FlaskClient, store: Engine) -> None:
    answered(client)
    later = datetime.now(UTC) + timedelta(days=4000)
    Purging(store, 90, between=lambda _: None).purge(later, later.date())
    assert first(store, RESPONSES) == {}
    assert ChainCheck(store).run().faults == []


def sealed_columns() -> list[tuple[Table, str]]:
    packed = [(CALLS, "request"), (CALLS, "reply"), (RESPONSES, "response"), (RESPONSES, "reply")]
    return [*packed, (REVISIONS, "texts")]


@pytest.mark.parametrize(("table", "column"), sealed_columns(), ids=lambda one: getattr(one, "name", one))
def test_a_payload_in_another_row_is_refused(client: FlaskClient, store: Engine, table: Table, column: str) -> None:
    answered(client)
    name = str(signed(client, of_another())["coverage-assertion-id"])
    sent(client, filled(draft(client, name), ANSWERS))
    with writing(store) as connection:
        rows = connection.execute(select(table)).mappings().all()
        key = next(iter(table.primary_key.columns))
        two = [rows[0], next(one for one in rows if one[key.name] != rows[0][key.name])]
        connection.execute(update(table).where(key == two[0][key.name]).values({column: two[1][column]}))
    patients = {str(one["patient"]) for one in rows_of(store, DETERMINATIONS)}
    with pytest.raises(UnreadableError, match="not what was encrypted"):
        records_of(store, patients)


def records_of(engine: Engine, patients: set[str]) -> list[dict[str, Any]]:
    return [row for one in patients for row in record_of(engine, Patient(one), "")]


def rows_of(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(one) for one in connection.execute(select(table)).mappings()]


def test_a_determination_moved_to_another_tenant_is_refused(client: FlaskClient, store: Engine) -> None:
    name = answered(client)
    with writing(store) as connection:
        connection.execute(update(DETERMINATIONS).values(tenant="another"))
    with pytest.raises(UnreadableError, match="another tenant"):
        Archive(store).find(name, "another")


def test_a_rotation_renews_keys_and_old_rows_are_read(client: FlaskClient, store: Engine, url: str) -> None:
    name = answered(client)
    turned = open_engine(url)
    use_keys(turned, ring(SECOND, FIRST))
    assert tenant_keys.rotate(turned, ring(SECOND, FIRST)) == tenant_keys.Rotated(wrapped=2, renewed=1)
    after = open_engine(url)
    use_keys(after, ring(SECOND))
    assert Archive(after).find(name, TENANT) is not None
    assert {one["wrapped_by"] for one in rows_of(after, DATA_KEYS)} == {"second"}
    assert ChainCheck(after).run().faults == []
    for one in (turned, after):
        one.dispose()


def test_what_comes_after_a_rotation_is_under_the_new_key(container: Container, store: Engine) -> None:
    service = create_app(container).test_client()
    answered(service)
    tenant_keys.rotate(store, ring(FIRST))
    signed(service, of_another())
    used = {bytes(one["request"])[1:17] for one in rows_of(store, CALLS)}
    assert len(used) == len([one for one in rows_of(store, DATA_KEYS) if one["tenant"] == TENANT]) == 2


def test_a_transaction_asks_for_a_key_once(client: FlaskClient, store: Engine) -> None:
    answered(client)
    transactions = [0]

    def begin(_: object) -> None:
        transactions.append(0)

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        transactions[-1] += "FROM data_keys" in statement

    event.listen(store, "begin", begin)
    event.listen(store, "before_cursor_execute", executed)
    signed(client, of_another())
    assert max(transactions) == 2, "that of the tenant, and that of the payer under which members are found"


def test_destroying_a_key_ends_reading_and_not_the_chain(client: FlaskClient, store: Engine) -> None:
    name = answered(client)
    assert tenant_keys.destroy(store, TENANT) == 1
    with pytest.raises(UnreadableError, match="destroyed"):
        Archive(store).find(name, TENANT)
    assert client.get(f"/determinations/{name}").status_code == 503
    assert ChainCheck(store).run().faults == []
    assert {one["tenant"]: bytes(one["wrapped"]) == b"" for one in rows_of(store, DATA_KEYS)} == {
        TENANT: True,
        PAYER: False,
    }


def test_what_comes_after_a_destruction_gets_a_key_of_its_own(client: FlaskClient, store: Engine) -> None:
    answered(client)
    tenant_keys.destroy(store, TENANT)
    name = str(signed(client, of_another())["coverage-assertion-id"])
    assert client.get(f"/determinations/{name}").status_code == 200


@pytest.mark.parametrize("keys", [(SECOND,), (written("first"),), ()], ids=["another name", "another key", "none"])
def test_a_missing_or_wrong_key_stops_the_start(
    client: FlaskClient, url: str, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    answered(client)
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    monkeypatch.setenv("CDS_ENCRYPTION_KEYS", ",".join(keys))
    shown = CliRunner().invoke(main, ["replay", "x"])
    assert shown.exit_code == 2
    assert "encryption key 'first'" in shown.output
    assert not any(one.partition(":")[2] in shown.output for one in keys)


def test_rows_from_before_the_key_are_read_with_it(policies_on_file: Catalogue, url: str) -> None:
    engine = open_engine(url)
    settings = Settings(base_url="https://cds.example.org")
    client = create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    name = answered(client)
    use_keys(engine, ring(FIRST))
    assert client.get(f"/determinations/{name}").status_code == 200
    assert signed(client, marked())["coverage-assertion-id"] == name
    engine.dispose()


class StoppedError(Exception):
    """Somebody stopped the command."""


def before_the_key(policies: Catalogue, engine: Engine) -> tuple[FlaskClient, str]:
    """Keep what a service without a key keeps, and have the engine encrypt from then on."""
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    client = create_app(compose(settings, policies, TODAY, engine)).test_client()
    name = answered(client)
    told(engine)
    assert MARK.encode() in dumped(engine)
    use_keys(engine, ring(FIRST))
    return client, name


@pytest.mark.parametrize("batch", [1, 50])
def test_rows_from_before_the_key_are_encrypted(policies_on_file: Catalogue, url: str, batch: int) -> None:
    engine = open_engine(url)
    client, name = before_the_key(policies_on_file, engine)
    before = client.get(f"/determinations/{name}").json
    stops = iter([False, True])

    def stop() -> None:
        if next(stops):
            raise StoppedError

    with pytest.raises(StoppedError):
        ClearRows(engine, stop, batch).encrypt()
    assert ChainCheck(engine).run().faults == []
    done = ClearRows(engine, batch=batch).encrypt()
    assert (done["responses"], done["feedback"], done["form_errors"], "calls" in done) == (1, 1, 1, False)
    assert MARK.encode() not in dumped(engine)
    assert ClearRows(engine).encrypt() == {}
    assert ChainCheck(engine).run().faults == []
    assert client.get(f"/determinations/{name}").json == before
    assert signed(client, marked())["coverage-assertion-id"] == name
    assert SqlFeedback(engine).report()[0].comments == (f"because of {MARK}",)
    engine.dispose()


def test_a_row_that_was_edited_is_not_encrypted_and_still_named(policies_on_file: Catalogue, url: str) -> None:
    engine = open_engine(url)
    before_the_key(policies_on_file, engine)
    with writing(engine) as connection:
        connection.execute(update(REVISIONS).where(REVISIONS.c.number == 1).values(cause="edited"))
    assert ClearRows(engine).encrypt()["revisions left in the clear"] == 1
    assert [(one.table, one.what) for one in ChainCheck(engine).run().faults] == [("revisions", "edited")]
    engine.dispose()


def test_a_reading_process_without_the_key_fails_in_words(client: FlaskClient, url: str) -> None:
    name = answered(client)
    engine = open_engine(url)
    with pytest.raises(StoreError, match="no encryption key was given"):
        Archive(engine).find(name, TENANT)
    engine.dispose()


@pytest.mark.parametrize("text", ["\x01", "\x01sAAAA", "\x01cx", "\x01s", "plain"])
def test_a_clear_text_that_looks_encrypted_comes_back(engine: Engine, text: str) -> None:
    SqlFeedback(engine).keep(TENANT, "x", [Feedback("card", "overridden", datetime.now(UTC), (), "", text)])
    assert SqlFeedback(engine).report()[0].comments == (text,)
    assert first(engine, FEEDBACK)["comment"].removeprefix("\x01c") == text


@pytest.mark.parametrize(
    "text",
    ["x", "a:b", f"a:{b64encode(b'x' * 31).decode()}", f"a b:{b64encode(b'x' * 32).decode()}", f"{FIRST},{FIRST}"],
)
def test_keys_that_cannot_be_used_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(EncryptionKeyError) as error:
        key_ring({"CDS_ENCRYPTION_KEYS": text}, "")
    assert not any(len(one) > 8 and one in str(error.value) for one in text.replace(",", ":").split(":"))


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{FIRST}\n{SECOND}\n", encoding="ascii")
    made = key_ring({}, str(path))
    assert made is not None
    assert (made.current, set(made.ciphers)) == ("first", {"first", "second"})
    for file, content in (("none", None), ("empty", "")):
        if content is not None:
            (tmp_path / file).write_text(content, encoding="ascii")
        with pytest.raises(EncryptionKeyError, match="encryption_keys_file"):
            key_ring({}, str(tmp_path / file))


def test_the_command_line_rotates_and_destroys(client: FlaskClient, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(client)
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    monkeypatch.setenv("CDS_ENCRYPTION_KEYS", f"{SECOND},{FIRST}")
    run = CliRunner().invoke
    assert "2 keys wrapped by second; 1 tenants have a new key" in run(main, ["keys", "rotate"]).output
    assert run(main, ["keys", "status"]).output.count("wrapped by second") == 3
    assert run(main, ["keys", "destroy", "--tenant", TENANT, "--yes"]).output.startswith("2 keys destroyed")
    assert run(main, ["keys", "status"]).output.count("destroyed") == 2
    assert run(main, ["keys", "destroy", "--tenant", TENANT, "--yes"]).exit_code == 1
    assert run(main, ["keys", "destroy", "--tenant", PAYER, "--yes"]).exit_code == 1
    assert run(main, ["audit", "verify"]).exit_code == 0
