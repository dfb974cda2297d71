"""What is older than `retention_days` goes, and what an authorization that still runs rests on stays until it ends."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, Table, func, select, update

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.purge_count import PurgeCount
from cds_service.commands.main import main
from cds_service.database.leases import Lease
from cds_service.database.locks import hold
from cds_service.database.transactions import writing
from cds_service.database_commands.purge import BusyError, purged
from cds_service.retention.purge import READS_DAYS, Purging
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    CHAIN,
    DATA_KEYS,
    DETERMINATIONS,
    FEEDBACK,
    FORM_ERRORS,
    LEASES,
    METADATA,
    READS,
    RESPONSES,
    REVISIONS,
    SHOWN_CARDS,
)
from policies.catalogue import Catalogue
from tests import world
from tests.databases import new_url
from tests.dtr.test_dtr_answered import ANSWERS, SAMPLES, draft, filled, sent, signed
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign
from tests.world import compose

DAYS = 90
PATIENT_SECONDS = 30
OUTLIVING = {CHAIN, READS, DATA_KEYS}  # a key is needed as long as one row that it encrypted
PATIENT = ("tenant", "fhir_server", "patient")
NOW = datetime.now(UTC)
TODAY = NOW.date()
MET = (SAMPLES / "01-margetuximab-everything-met.json").read_bytes()


def service(policies: Catalogue, engine: Engine, **settings: Any) -> Container:
    made = Settings(base_url="https://cds.example.org", retention_days=DAYS, **settings)
    return compose(made, policies, TODAY, engine)


@pytest.fixture
def client(policies_on_file: Catalogue, engine: Engine) -> FlaskClient:
    return create_app(service(policies_on_file, engine)).test_client()


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table holds, without those that hold none, and without what outlives what it is about.

    The chain and the record of reads hold nothing of a patient (`test_audit_chain`, `test_audit_reads`).
    """
    with engine.connect() as connection:
        found = {
            one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in METADATA.sorted_tables
            if one not in OUTLIVING
        }
    return {name: number for name, number in found.items() if number}


def aged(engine: Engine, days: int, *tables: Table) -> None:
    """Make everything, or some tables, so many days older."""
    with engine.begin() as connection:
        for one in tables or METADATA.sorted_tables:
            if "received" in one.c:
                connection.execute(update(one).values(received=NOW - timedelta(days=days)))
            for name in {"day", "told_again"} & set(one.c.keys()):
                connection.execute(update(one).values({name: TODAY - timedelta(days=days)}))


def purge(engine: Engine) -> dict[str, int]:
    """Purge; whatever goes, it was counted before."""
    counted = PurgeCount(engine, DAYS, READS_DAYS).count(NOW, TODAY)
    gone = Purging(engine, DAYS, between=lambda _: None).purge(NOW, TODAY)
    assert gone == counted
    return gone


def filled_store(client: FlaskClient) -> str:
    """A call, its determination and answered form, feedback, and an error of a form."""
    name = str(signed(client)["coverage-assertion-id"])
    sent(client, filled(draft(client, name), ANSWERS))
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign())).get_json()
    said = {"card": reply["cards"][0]["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}]}
    said |= {"outcomeTimestamp": "2026-11-25T10:00:00Z"}
    assert client.post("/cds-services/order-sign-crd/feedback", json={"feedback": [said]}).status_code == 200
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    told = [{"name": "questionnaire", "valueCanonical": "x"}, {"name": "operationOutcome", "resource": outcome}]
    content = {"resourceType": "Parameters", "parameter": told}
    client.post("/fhir/Questionnaire/$log-questionnaire-errors", json=content)
    return name


def test_what_is_young_stays_and_what_is_old_goes(client: FlaskClient, engine: Engine) -> None:
    filled_store(client)
    before = rows(engine)
    assert {"calls", "determinations", "revisions", "responses", "feedback", "form_errors"} <= before.keys()
    aged(engine, DAYS - 1)
    assert purge(engine) == {}
    assert rows(engine) == before
    aged(engine, DAYS + 1)
    assert purge(engine) == before
    assert rows(engine) == {}


def test_what_was_told_again_stays_with_what_it_rests_on(client: FlaskClient, engine: Engine) -> None:
    """The same question signed again makes no new revision, but somebody works with its id."""
    name = str(signed(client)["coverage-assertion-id"])
    aged(engine, DAYS + 1)
    assert signed(client)["coverage-assertion-id"] == name
    purge(engine)
    now = client.get(f"/determinations/{name}").get_json()
    assert [one["number"] for one in now["revisions"]] == [1]
    assert draft(client, name)["identifier"]["value"] == name
    aged(engine, DAYS + 1)
    purge(engine)
    assert rows(engine) == {}


def test_what_is_purged_is_gone_for_every_reader(client: FlaskClient, engine: Engine) -> None:
    name = filled_store(client)
    aged(engine, DAYS + 1)
    purge(engine)
    assert client.get(f"/determinations/{name}").status_code == 404
    asked = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]}
    assert client.post("/fhir/Questionnaire/$questionnaire-package", json=asked).status_code == 422
    again = signed(client)["coverage-assertion-id"]
    assert again != name


def test_a_call_that_a_younger_answer_rests_on_stays(client: FlaskClient, engine: Engine) -> None:
    name = filled_store(client)
    aged(engine, DAYS + 1, CALLS, FEEDBACK, FORM_ERRORS)
    with engine.begin() as connection:
        connection.execute(update(REVISIONS).where(REVISIONS.c.number == 1).values(day=date(2020, 1, 1)))
    assert purge(engine) == {"revisions": 1, "feedback": 1, "form_errors": 1, "calls": 1, "sent_cards": 1}
    now = client.get(f"/determinations/{name}").get_json()
    assert [one["number"] for one in now["revisions"]] == [2]
    assert draft(client, name)["identifier"]["value"] == name


def test_a_determination_stays_readable_while_an_answer_to_its_form_is_young(
    client: FlaskClient, engine: Engine
) -> None:
    name = str(signed(client)["coverage-assertion-id"])
    aged(engine, DAYS + 1)
    sent(client, draft(client, name) | {"status": "in-progress"})
    assert purge(engine) == {}
    assert client.get(f"/determinations/{name}").get_json()["id"] == name
    assert draft(client, name)["identifier"]["value"] == name
    aged(engine, DAYS + 1)
    purge(engine)
    assert rows(engine) == {}


def test_what_a_running_authorization_rests_on_stays_until_it_has_ended(
    policies_on_file: Catalogue, engine: Engine
) -> None:
    container = service(policies_on_file, engine, automatic_approval=True)
    client = create_app(container).test_client()
    first = signed(client, MET)
    assert first["pa-needed"] == "satisfied"
    before = rows(engine)
    aged(engine, 400)
    ends(engine, TODAY)
    assert purge(engine) == {}
    assert rows(engine) == before
    assert signed(client, MET)["satisfied-pa-id"] == first["satisfied-pa-id"]
    aged(engine, 400)
    ends(engine, TODAY - timedelta(days=1))
    gone = purge(engine)
    assert rows(engine).keys() == {"authorizations", "calls", "sent_cards", "shown_cards"}
    assert gone["determinations"] == 2, "the request, and its renewal, which was offered on the last day"
    ends(engine, TODAY - timedelta(days=DAYS))
    assert purge(engine) == {}
    ends(engine, TODAY - timedelta(days=DAYS + 1))
    assert purge(engine).keys() == {"authorizations", "calls", "sent_cards", "shown_cards"}
    assert rows(engine) == {}


def ends(engine: Engine, last: date) -> None:
    with engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).values(start=date(2025, 1, 1), end=last))


def test_another_patients_authorization_keeps_nothing(policies_on_file: Catalogue, engine: Engine) -> None:
    client = create_app(service(policies_on_file, engine, automatic_approval=True)).test_client()
    signed(client, MET)
    signed(client)
    aged(engine, 400)
    gone = purge(engine)
    assert (gone["calls"], gone["determinations"]) == (1, 1)
    with engine.connect() as connection:
        (left,) = connection.execute(select(DETERMINATIONS.c.patient)).scalars()
    assert left != "p1"


def test_what_came_after_a_purged_determination_stands_by_itself(client: FlaskClient, engine: Engine) -> None:
    signed(client)
    aged(engine, DAYS + 1)
    other = medication_request(MARGETUXIMAB, dosageInstruction=[{"text": "another dose"}])
    name = signed(client, body(order_sign(other)))["coverage-assertion-id"]
    assert client.get(f"/determinations/{name}").get_json()["supersedes"]
    gone = purge(engine)
    assert (gone["revisions"], gone["calls"], gone["determinations"]) == (1, 1, 1)
    assert client.get(f"/determinations/{name}").get_json()["supersedes"] is None


def test_what_a_purged_call_has_shown_goes_with_it(policies_on_file: Catalogue, engine: Engine) -> None:
    client = create_app(service(policies_on_file, engine)).test_client()
    signed(client, MET)
    assert rows(engine)[SHOWN_CARDS.name]
    aged(engine, DAYS + 1)
    assert purge(engine)[SHOWN_CARDS.name]
    assert rows(engine) == {}


def test_every_table_is_purged_expires_or_hangs_on_one_that_is() -> None:
    """`made` is the age of a subscription and of what is to be sent to it (`test_prior_auth_notices_kept`)."""
    for one in set(METADATA.sorted_tables) - OUTLIVING:
        ways = {"received", "call", "until", "determination", "key", "first", "request_id", "made"}
        assert ways & set(one.c.keys()), one.name


def test_without_the_setting_everything_is_kept(policies_on_file: Catalogue, engine: Engine) -> None:
    container = compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    filled_store(create_app(container).test_client())
    aged(engine, 4000)
    before = rows(engine)
    assert purged(container) == {}
    assert rows(engine) == before


def test_with_the_setting_everything_old_goes(policies_on_file: Catalogue, engine: Engine) -> None:
    container = service(policies_on_file, engine)
    filled_store(create_app(container).test_client())
    aged(engine, DAYS + 1)
    assert purged(container)[RESPONSES.name] == 1
    assert rows(engine) == {}


def test_the_command_purges_the_store_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policies_on_file: Catalogue
) -> None:
    monkeypatch.chdir(tmp_path)
    url = new_url(tmp_path)
    (tmp_path / "cds-service.toml").write_text(f'base_url = "https://cds.example.org"\ndatabase_url = "{url}"\n')
    refused = CliRunner().invoke(main, ["purge"], env={})
    assert (refused.exit_code, "retention_days is not set" in refused.output) == (1, True)
    engine = open_engine(url)
    container = compose(Settings(base_url="https://cds.example.org"), world.policies(), TODAY, engine)
    container.order_sign.answer(body(order_sign()))
    nothing = CliRunner().invoke(main, ["purge"], env={"CDS_RETENTION_DAYS": "90"})
    assert (nothing.exit_code, nothing.output) == (0, "Nothing is older than that.\n")
    aged(engine, DAYS + 1)
    before = rows(engine)
    counted = CliRunner().invoke(main, ["purge", "--dry-run"], env={"CDS_RETENTION_DAYS": "90"})
    assert rows(engine) == before
    done = CliRunner().invoke(main, ["purge"], env={"CDS_RETENTION_DAYS": "90"})
    assert sorted(counted.output.splitlines()) == sorted(done.output.splitlines())
    assert done.exit_code == 0
    told = {table: int(number) for number, table in (line.split() for line in done.output.splitlines())}
    assert told.items() >= {"revisions": 1, "calls": 1, "form_keys": 1, "determinations": 1}.items()
    assert rows(engine) == {}
    engine.dispose()


def test_a_negative_number_of_days_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="retention_days"):
        load({"CDS_RETENTION_DAYS": "-1"}, tmp_path)
    assert load({"CDS_RETENTION_DAYS": "30"}, tmp_path).retention_days == 30
    assert load({}, tmp_path).retention_days == 0


def test_a_purge_goes_in_small_steps_and_every_row_is_looked_at_once(client: FlaskClient, engine: Engine) -> None:
    """Twice the rows take twice the statements, and no transaction holds more than a batch."""
    taken: list[int] = []
    for times in (1, 2):
        copied(client, engine, 150 * times)
        aged(engine, DAYS + 1)
        steps: list[float] = []
        gone = Purging(engine, DAYS, between=steps.append, longest_seconds=inf).purge(NOW, TODAY)
        assert gone["determinations"] == gone["calls"] == 150 * times
        assert rows(engine) == {}
        taken.append(len(steps))
    assert taken == [4, 6]


def test_a_purge_whose_transactions_take_long_goes_in_smaller_ones(client: FlaskClient, engine: Engine) -> None:
    """On a busy machine calls wait for a transaction that waits for its turn: 100, 50, 25, 12, then ten at a time."""
    copied(client, engine, 187)
    aged(engine, DAYS + 1)
    steps: list[float] = []
    gone = Purging(engine, DAYS, between=steps.append, longest_seconds=0).purge(NOW, TODAY)
    assert gone["determinations"] == gone["calls"] == 187
    assert len(steps) == 2 * 4
    assert rows(engine) == {}


def copied(client: FlaskClient, engine: Engine, times: int) -> None:
    """Have a call and its determination so many times, each for a patient of its own."""
    signed(client)
    with engine.begin() as connection:
        for table in (CALLS, DETERMINATIONS, REVISIONS):
            (row,) = connection.execute(select(table)).mappings().all()
            named = {"id", "key", "patient", "call", "determination"} & set(table.c.keys())
            more = [dict(row) | {name: f"{row[name][:20]}-{number}" for name in named} for number in range(1, times)]
            connection.execute(table.insert(), more)


def test_a_patient_about_whom_somebody_asks_is_left_for_the_next_time(client: FlaskClient, engine: Engine) -> None:
    signed(client)
    aged(engine, DAYS + 1)
    if engine.dialect.name == "sqlite":
        return
    with writing(engine) as connection:
        hold(connection, "patient", *connection.execute(select(*(DETERMINATIONS.c[one] for one in PATIENT))).one())
        gone = Purging(engine, DAYS, between=lambda _: None).purge(NOW, TODAY)
        assert "determinations" not in gone
    assert purge(engine)["determinations"] == 1


def test_one_process_purges_at_a_time(policies_on_file: Catalogue, engine: Engine) -> None:
    container = service(policies_on_file, engine)
    another = Lease(engine, LEASES, "purge", 10)
    assert another.take()
    with pytest.raises(BusyError, match="another process"):
        purged(container)
    another.give_back()
    assert purged(container) == {}


def test_a_start_does_not_purge(
    as_served: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_DATABASE_URL", new_url(tmp_path))
    monkeypatch.setenv("CDS_RETENTION_DAYS", "90")
    container = from_environment(os.environ, tmp_path)
    assert container.archive is not None
    engine = container.archive.engine
    signed(create_app(container).test_client())
    aged(engine, DAYS + 1)
    before = rows(engine)
    as_served()
    assert rows(engine) == before
    engine.dispose()


def test_calls_beside_a_purge_are_all_answered(policies_on_file: Catalogue, tmp_path: Path) -> None:
    """The old determination of the very patient goes, or is told again; whoever asks gets an id that is kept."""
    url = new_url(tmp_path)
    store, beside = open_engine(url), open_engine(url, 30)
    client = create_app(service(policies_on_file, store)).test_client()
    copied(client, store, 300)
    aged(store, DAYS + 1)
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(Purging(beside, DAYS, between=lambda _: None).purge, NOW, TODAY)
        names = {signed(client)["coverage-assertion-id"] for _ in range(10)}
        gone = going.result()
    assert gone["determinations"] >= 299
    assert [client.get(f"/determinations/{one}").status_code for one in names] == [200]
    store.dispose()
    beside.dispose()


def test_calls_that_share_a_commit_beside_a_purge_of_their_own_determinations_are_kept(
    policies_on_file: Catalogue, tmp_path: Path
) -> None:
    """In one process, as `--every` runs beside workers on one file: what was told is on file, and no id was two."""
    url = new_url(tmp_path)
    store, beside = open_engine(url, PATIENT_SECONDS), open_engine(url, PATIENT_SECONDS)
    client = create_app(service(policies_on_file, store)).test_client()
    copied(client, store, 200)
    aged(store, DAYS + 1)
    call = body(order_sign()).decode()

    def sign(number: int) -> list[tuple[str, str]]:
        own = client.application.test_client()
        told = []
        for again in range(8):
            who = f"p1-{(number * 3 + again) % 9 + 1}"
            text = call.replace("Patient/p1", f"Patient/{who}").replace('"p1"', f'"{who}"')
            told.append((who, str(signed(own, text.encode())["coverage-assertion-id"])))
        return told

    with ThreadPoolExecutor(6) as pool:
        purges = [pool.submit(Purging(one, DAYS, lambda _: None).purge, NOW, TODAY) for one in (store, beside)]
        told = {pair for one in [pool.submit(sign, number) for number in range(4)] for pair in one.result()}
        for one in purges:
            one.result()
    assert [client.get(f"/determinations/{name}").status_code for _, name in told] == [200] * len(told)
    assert len(told) == len({who for who, _ in told}), "a patient was told one id throughout"
    # What was copied past the service, and not purged yet, has no entry.
    assert [one for one in ChainCheck(store).run().faults if one.what != "added"] == []
    store.dispose()
    beside.dispose()
