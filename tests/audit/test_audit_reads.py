"""Every read of a determination, a form or an answered form is noted, without the reader waiting for it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.auditevent import AuditEvent
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.audit.audit_events import reads_since
from cds_service.audit.patient_record import Patient, record_of
from cds_service.audit.read_log import ADMINISTRATOR, Read, ReadLog
from cds_service.commands.main import main
from cds_service.database.transactions import writing
from cds_service.retention.purge import READS_DAYS, Purging
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import READS
from policies.catalogue import Catalogue
from tests.databases import new_url
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled, sent, signed
from tests.service.calls import body, order_sign
from tests.storage.test_storage_purging import NOW, TODAY

BASE = "https://cds.example.org"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def service(policies_on_file: Catalogue, engine: Engine) -> Container:
    return compose(Settings(base_url=BASE), policies_on_file, TODAY, engine, admin_token="secret")


@pytest.fixture
def client(service: Container) -> FlaskClient:
    return create_app(service).test_client()


def noted(service: Container) -> list[tuple[str, str, str, bool]]:
    assert service.reads is not None
    service.reads.settle()
    with service.reads.engine.connect() as connection:
        rows = connection.execute(select(READS).order_by(READS.c.at, READS.c.id)).all()
    return [(one.reader, one.kind, one.name, one.refused) for one in rows]


def test_each_way_of_reading_is_noted_with_who_read_what(client: FlaskClient, service: Container) -> None:
    name = str(signed(client)["coverage-assertion-id"])
    assert noted(service) == [], "a call of a hook reads nothing that was kept for people"
    client.get(f"/determinations/{name}")
    client.get(f"/determinations/{name}", headers={"Authorization": "Bearer secret"})
    assert noted(service) == [("open", "Determination", name, False), (ADMINISTRATOR, "Determination", name, False)]
    answered = filled(draft(client, name), ANSWERS)
    kept = sent(client, answered)["id"]
    client.get(f"/fhir/QuestionnaireResponse/{kept}")
    assert noted(service)[2:] == [
        ("open", "Questionnaire", name, False),
        ("open", "QuestionnaireResponse", kept, False),
    ]


def test_what_is_refused_is_noted_as_refused_and_repeats_nothing_that_is_no_id_of_ours(
    client: FlaskClient, service: Container
) -> None:
    for one in (NOBODYS, "MARKED-VALUE", "x" * 300):
        assert client.get(f"/determinations/{one}").status_code == 404
    assert noted(service) == [("open", "Determination", one, True) for one in (NOBODYS, "", "")]


def test_a_form_page_is_noted(client: FlaskClient, service: Container) -> None:
    said = signed(client)
    name = str(said["coverage-assertion-id"])
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign())).get_json()
    links = {one["url"] for card in reply["cards"] for one in card.get("links", ()) if "/forms/" in one["url"]}
    (link,) = {one for one in links if not one.endswith("/determination")}
    path = link.removeprefix(BASE)
    assert client.get(f"{path}/content").status_code == 200
    assert client.get(f"{path}/determination").status_code == 200
    assert noted(service) == [("open", one, name, False) for one in ("Questionnaire", "Determination")]


def test_the_export_is_fhir(client: FlaskClient, service: Container, engine: Engine) -> None:
    name = str(signed(client)["coverage-assertion-id"])
    client.get(f"/determinations/{name}")
    client.get(f"/determinations/{NOBODYS}")
    noted(service)
    events = list(reads_since(engine, None, BASE))
    for one in events:
        AuditEvent.model_validate(one)
    assert [one["outcome"] for one in events] == ["0", "4"]
    assert events[0]["entity"][0]["what"] == {"identifier": {"system": f"{BASE}/determination", "value": name}}
    assert list(reads_since(engine, NOW.date() + timedelta(days=2), BASE)) == []


def test_a_read_waits_for_no_writer_and_is_kept_when_the_database_can_be_written_again(
    client: FlaskClient, service: Container, tmp_path: Path, policies_on_file: Catalogue
) -> None:
    """Another holds the write lock: the read is answered all the same, and is in the record after it."""
    opened = open_engine(new_url(tmp_path), 0.2)
    own = compose(Settings(base_url=BASE), policies_on_file, TODAY, opened)
    name = str(signed(create_app(own).test_client())["coverage-assertion-id"])
    with writing(opened):
        assert create_app(own).test_client().get(f"/determinations/{name}").status_code == 200
        if opened.dialect.name == "sqlite":
            assert noted(own) == []
    assert create_app(own).test_client().get(f"/determinations/{name}").status_code == 200
    assert noted(own) == [("open", "Determination", name, False)] * 2
    opened.dispose()


def test_reads_go_after_their_own_time(engine: Engine) -> None:
    log = ReadLog(engine)
    log.keep(Read("a", "Determination", NOBODYS))
    for days, left in ((READS_DAYS - 1, 1), (READS_DAYS + 1, 0)):
        with engine.begin() as connection:
            connection.execute(update(READS).values(at=NOW - timedelta(days=days)))
        Purging(engine, 1, between=lambda _: None).purge(NOW, TODAY)
        assert len(list(reads_since(engine, None, BASE))) == left


def test_the_record_of_a_patient_holds_what_is_on_file_and_who_read_it(
    client: FlaskClient, service: Container, engine: Engine
) -> None:
    name = str(signed(client)["coverage-assertion-id"])
    sent(client, filled(draft(client, name), ANSWERS))
    client.get(f"/determinations/{name}")
    noted(service)
    found = list(record_of(engine, Patient("p1"), BASE))
    tables = {one["table"] for one in found}
    assert tables >= {"determinations", "revisions", "responses", "calls", "sent_cards", "reads"}
    (call,) = [one for one in found if one["table"] == "calls"]
    assert call["request"]["call"]["context"]["patientId"] == "p1"
    assert json.loads(json.dumps(found)) == found
    assert list(record_of(engine, Patient("p2"), BASE)) == []
    assert list(record_of(engine, Patient("p1", fhir_server="https://other.example.org"), BASE)) == []


def test_the_commands(tmp_path: Path, policies_on_file: Catalogue) -> None:
    url = new_url(tmp_path)
    opened = open_engine(url)
    own = compose(Settings(base_url=BASE), policies_on_file, TODAY, opened)
    signed(create_app(own).test_client())

    def run(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(main, ["audit", *arguments], env={"CDS_DATABASE_URL": url})
        return found.exit_code, found.output

    code, head = run("head")
    assert (code, head.split(":")[0]) == (0, "2")
    assert run("verify", "--head", head.strip()) == (
        0,
        f"2 entries, 0 of them of rows that were purged; head {head.strip()}; 0 faults\n",
    )
    code, said = run("verify", "--head", f"2:{'0' * 64}")
    assert (code, "chain 2: is not what the noted head says" in said) == (1, True)
    assert run("verify", "--head", "nonsense")[0] == 2
    assert [json.loads(one)["number"] for one in run("export", "--chain")[1].splitlines()] == [1, 2]
    assert {json.loads(one)["table"] for one in run("record", "--patient", "p1")[1].splitlines()} >= {"calls"}
    (event,) = [json.loads(one) for one in run("export")[1].splitlines()]
    assert event["entity"][0]["what"] == {"reference": "Patient/p1"}, "an export is a read"
    with opened.begin() as connection:
        connection.exec_driver_sql("UPDATE revisions SET cause = 'another'")
    code, said = run("verify")
    assert (code, "/1: edited" in said, "1 faults" in said) == (1, True, True)
    opened.dispose()
