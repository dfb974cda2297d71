"""The report of what looked like a fact and could not decide: counted by code, texts only for who asks."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.app.container import Container, compose, from_environment
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.main import main
from cds_service.storage.engine import MEMORY, open_engine
from hooks.protocol.client import Caller
from policies.catalogue import Catalogue
from tests import databases
from tests.conftest import TODAY
from tests.dtr.test_dtr_answered import draft, filled, sent
from tests.dtr.test_dtr_proposals import call_with, condition, name_of

Json = dict[str, Any]
LOCAL = {"system": "urn:oid:1.2.3.4", "code": "PATH-9", "display": "HER2 IHC result"}


def local(name: str, value: str, **members: Any) -> Json:
    about = {"status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-03-01"}
    return (
        {"resourceType": "Observation", "id": name, "code": {"coding": [LOCAL]}, "valueString": value} | about | members
    )


CHART = (condition("c1", "C50.911"), local("o1", "3+"))
NOTE = {
    "resourceType": "DiagnosticReport",
    "id": "r1",
    "status": "final",
    "code": {"text": "Pathology"},
    "conclusion": "HER2 IHC 3+ in Ms Example",
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-03-01",
}


@pytest.fixture
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, open_engine(MEMORY))


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def test_a_local_code_is_counted_once_a_determination_with_what_people_said(
    client: FlaskClient, container: Container
) -> None:
    assert container.unmapped is not None
    name = name_of(client, call_with(*CHART))
    assert name_of(client, call_with(*CHART)) == name
    sent(client, filled(draft(client, name), {"her2_ihc_score:confirm": True}, status="in-progress"))
    found = container.unmapped.report(TODAY, TODAY, lambda *_: False)
    (ihc,) = [one for one in found if one.code == "PATH-9" and one.fact.endswith("her2_ihc_score")]
    assert (ihc.fact, ihc.system, ihc.name) == ("margetuximab her2_ihc_score", LOCAL["system"], LOCAL["display"])
    assert (ihc.times, ihc.yes, ihc.no) == (1, 1, 0)
    assert container.unmapped.report(date(2026, 1, 1), date(2026, 1, 31), lambda *_: False) == ()
    assert [one for one in container.unmapped.report(TODAY, TODAY, lambda *_: True) if one.code] == []


def test_texts_are_counted_by_their_length_and_shown_to_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = databases.new_file(tmp_path / "kept.sqlite3")
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    monkeypatch.setenv("CDS_TODAY", TODAY.isoformat())
    assert "Nothing of" in CliRunner().invoke(main, ["report", "unmapped"]).output
    kept = from_environment({"CDS_DATABASE_URL": url, "CDS_TODAY": TODAY.isoformat()}, tmp_path)
    client = create_app(kept).test_client()
    name_of(client, call_with(*CHART, NOTE))
    told = CliRunner().invoke(main, ["report", "unmapped"]).output
    assert f"margetuximab her2_ihc_score  {LOCAL['system']}|PATH-9  HER2 IHC result" in told
    assert "text, up to 50 characters" in told
    assert "Ms Example" not in told
    assert "3+" not in told
    assert "Ms Example" in CliRunner().invoke(main, ["report", "unmapped", "--texts"]).output
    outside = CliRunner().invoke(main, ["report", "unmapped", "--from", "2026-01-01", "--to", "2026-01-31"]).output
    assert "Nothing of 2026-01-01 to 2026-01-31" in outside


def test_a_local_code_is_printed_as_a_mapping_to_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted as it is, it stops the start: nobody said yet what it means."""
    monkeypatch.chdir(tmp_path)
    head = (
        'base_url = "https://cds.example.org"\n[[clients]]\nname = "North"\ntenant = "n"\niss = "https://n.example.org"\n'
        'jku = "https://n.example.org/jwks"\n'
    )
    (tmp_path / "cds-service.toml").write_text(head)
    for name, value in (("DATABASE_URL", databases.new_file(tmp_path / "kept.sqlite3")), ("TODAY", TODAY.isoformat())):
        monkeypatch.setenv(f"CDS_{name}", value)
    kept = from_environment(os.environ, tmp_path)
    kept.order_sign.answer(call_with(*CHART), Caller("n"))
    told = CliRunner().invoke(main, ["report", "unmapped"]).output.partition("To complete and confirm")[2]
    (entry,) = tomllib.loads(told.partition("\n")[2])["mappings"]
    assert entry == {"client": "North", "system": LOCAL["system"], "code": "PATH-9"} | dict.fromkeys(
        ("means_system", "means_code", "confirmed_by", "from"), ""
    )
    (tmp_path / "cds-service.toml").write_text(head + told.partition("\n")[2])
    assert CliRunner().invoke(main, ["report", "unmapped"]).exit_code == 1
