"""The figures of prior authorization: what is counted, and what a report of them holds."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from cds_service.app.container import from_environment
from cds_service.application import PRIOR_AUTH, create_app
from cds_service.commands.main import main
from cds_service.encryption import tenant_keys
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.requests_on_file.figures import histories, metric_data, opened, yearly
from cds_service.requests_on_file.tables import REQUESTS
from cds_service.reviewers.reviewer_file import Reviewer, Reviewers, Role
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import request_of, response, sample

Json = dict[str, Any]
YEAR = 2026
PAYER = {"system": "https://payer.example.org/identifier", "value": "MMM"}


def of(payer: Payer) -> PriorAuth:
    found: PriorAuth = payer.client.application.extensions[PRIOR_AUTH]
    return found


def decide(payer: Payer, name: str, act: Act, **told: Any) -> None:
    request = of(payer).store.find(name)
    assert request is not None
    of(payer).decisions.decide(request, Verdict(act, "Rita Muster (rita)", 1, **told))


def submitted(payer: Payer, name: str) -> str:
    return str(response(payer.submit(request_of(sample(name), f"f-{name}")))["id"])


def aged(payer: Payer, name: str, by: timedelta) -> None:
    """Make a request so much older."""
    request = of(payer).store.find(name)
    assert request is not None
    with of(payer).store.engine.begin() as connection:
        connection.execute(update(REQUESTS).where(REQUESTS.c.id == name).values(submitted=request.submitted - by))


def test_each_decision_is_counted_once_and_its_time_is_taken(payer: Payer) -> None:
    submitted(payer, "01")
    denied, appealed, extended = (submitted(payer, name) for name in ("03", "02", "08"))
    submitted(payer, "06")
    decide(payer, denied, Act.DENY, criterion="HER2", words="IHC is 1+.")
    decide(payer, appealed, Act.DENY, criterion="HER2", words="Nothing came.")
    decide(payer, appealed, Act.APPEAL)
    decide(payer, appealed, Act.APPROVE)
    decide(payer, extended, Act.EXTEND)
    decide(payer, extended, Act.APPROVE)
    aged(payer, denied, timedelta(hours=10))
    standard, expedited = yearly(histories(of(payer).store, YEAR), YEAR)
    assert {name: standard[name] for name in ("requests", "decided", "approved", "denied")} == {
        "requests": 5,
        "decided": 4,
        "approved": 2,
        "denied": 2,
    }
    assert (standard["approved_after_appeal"], standard["extended_and_approved"]) == (1, 1)
    assert (standard["approved_percent"], standard["denied_percent"]) == (50.0, 50.0)
    assert standard["mean_hours"] == pytest.approx(2.5, abs=0.05)
    assert standard["median_hours"] < 0.1
    assert (expedited["requests"], expedited["approved_percent"], expedited["mean_hours"]) == (0, None, None)
    assert yearly(histories(of(payer).store, YEAR - 1), YEAR - 1)[0]["requests"] == 0


@pytest.mark.requirement("pas22.metric-1", "pas22.metric-2")
def test_metric_data_names_no_patient(payer: Payer) -> None:
    name = submitted(payer, "01")
    store = of(payer).store
    (one,) = metric_data(opened(store, histories(store, YEAR))[0], PAYER)
    assert one["itemDetail"][0]["result"] == "approved"
    assert one["exchange"][0]["type"] == "initial"
    assert set(one) >= {"source", "providerId", "groupId", "payerId", "exchange"}
    assert "alba" not in json.dumps(one)
    assert name


def test_the_report_is_printed_as_json_and_as_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/store.sqlite")
    rows = json.loads(CliRunner().invoke(main, ["report", "pas", "--year", "2026"]).stdout)
    assert [one["expedited"] for one in rows] == [False, True]
    table = CliRunner().invoke(main, ["report", "pas", "--csv"]).stdout.splitlines()
    assert len(table) == 3
    assert table[0].startswith("year,expedited,requests,decided,approved,denied")
    assert json.loads(CliRunner().invoke(main, ["report", "pas", "--metrics"]).stdout) == []


def test_the_hash_of_a_password_lets_in_by_it_alone() -> None:
    printed = CliRunner().invoke(main, ["reviewer", "password", "--password", "a b c"]).stdout.strip()
    known = Reviewers({"r": Reviewer("r", "R", Role.REVIEWER, printed)})
    assert known.signed_in("r", "a b c") is not None
    assert known.signed_in("r", "a b") is None
    assert "a b c" not in printed


def test_requests_whose_key_was_destroyed_are_counted_and_said_to_be_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"k:{'A' * 43}="
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/store.sqlite")
    monkeypatch.setenv("CDS_ENCRYPTION_KEYS", keys)
    monkeypatch.setenv("CDS_TODAY", "2026-11-25")
    container = from_environment(os.environ, tmp_path)
    client = create_app(container).test_client()
    sealed = [submitted(Payer(container, client), name) for name in ("01", "03")]
    assert container.archive is not None
    assert tenant_keys.destroy(container.archive.engine, "open") == 1
    readable = submitted(Payer(container, client), "06")
    assert len({*sealed, readable}) == 3
    report = CliRunner().invoke(main, ["report", "pas", "--year", "2026"])
    assert report.exit_code == 0, report.output
    assert json.loads(report.stdout)[0]["requests"] == 3
    assert "2 of 3 requests are sealed" in report.stderr
    metrics = CliRunner().invoke(main, ["report", "pas", "--metrics"])
    assert len(json.loads(metrics.stdout)) == 1
    assert "2 of 3 requests are sealed" in metrics.stderr
