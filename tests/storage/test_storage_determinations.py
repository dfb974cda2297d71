"""Determinations that last: ids, revisions, authorizations, replay, and what happens when the store fails."""

import json
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.main import main
from cds_service.replay.replay import ReplayError, replay
from cds_service.storage.archive import Sought
from cds_service.storage.engine import StorageError, open_engine
from cds_service.storage.tables import AUTHORIZATIONS, CALLS, METADATA, REVISIONS
from fhir_mappings.coverage.coverage_information import EXTENSION
from hooks.discovery import for_call
from hooks.protocol.client import Caller
from policies.catalogue import Catalogue, load
from tests import stored_revisions
from tests.databases import new_engine, new_url
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign, searchset, without
from tests.world import compose

Json = dict[str, Any]
SAMPLES = Path(__file__).parents[2] / "cds_service" / "samples"
MET = json.loads((SAMPLES / "01-margetuximab-everything-met.json").read_text(encoding="utf-8"))
DOSE = {"dosageInstruction": [{"text": "15 mg/kg every 3 weeks"}]}
TODAY = date(2026, 11, 25)


def service(policies: Catalogue, engine: Engine, *, approve: bool = False) -> Container:
    return compose(Settings(automatic_approval=approve), policies, TODAY, engine)


@pytest.fixture
def kept(policies_on_file: Catalogue, engine: Engine) -> Container:
    return service(policies_on_file, engine)


@pytest.fixture
def approving(policies_on_file: Catalogue, engine: Engine) -> Container:
    return service(policies_on_file, engine, approve=True)


def signed(container: Container, call: Json) -> dict[str, Any]:
    """Sign a call and return the coverage information of its first order, by name."""
    reply = json.loads(container.order_sign.answer(body(call)).body)
    extensions = reply["systemActions"][0]["resource"]["extension"]
    parts = next(one["extension"] for one in extensions if one["url"] == EXTENSION)
    return {
        part["url"]: next(value for name, value in part.items() if name.startswith("value"))
        for part in parts
        if "extension" not in part
    }


def of_order(container: Container, **members: Any) -> str:
    return str(signed(container, order_sign(medication_request(MARGETUXIMAB, **members)))["coverage-assertion-id"])


def page(container: Container, name: str) -> Json:
    return dict(create_app(container).test_client().get(f"/determinations/{name}").get_json())


def with_condition(call: Json) -> Json:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}]},
    }
    return call | {"prefetch": call["prefetch"] | {"more": searchset(condition)}}


def test_the_same_question_keeps_its_id_whatever_the_draft_is_called(kept: Container) -> None:
    first = of_order(kept)
    assert of_order(kept) == first
    assert of_order(kept, name="another-draft", authoredOn="2026-06-02") == first
    assert page(kept, first)["revision"] == 1


def test_an_id_cannot_be_guessed(policies_on_file: Catalogue) -> None:
    ids = {of_order(service(policies_on_file, new_engine())) for _ in range(3)}
    assert len(ids) == 3


def test_each_tenant_finds_its_own_newest_determination(kept: Container) -> None:
    """Two tenants have the same patient, coverage and policy: each finds its own, an administrator the last."""
    assert kept.archive is not None
    of = Sought("p1", "Coverage/cov1", "margetuximab", "initial")
    sent = [body(order_sign()), body(order_sign(medication_request(MARGETUXIMAB, **DOSE)))]
    for tenant, one in [("north", sent[0]), ("north", sent[1]), ("south", sent[0])]:
        kept.order_sign.answer(one, Caller(tenant))
    north, south, newest = (kept.archive.newest(of, tenant) for tenant in ("north", "south", None))
    assert len(north) == 2
    assert kept.archive.find(north[0], "north")["supersedes"] == north[1]  # type: ignore[index]
    assert len(south) == 1
    assert newest == (*south, *north)
    assert kept.archive.newest(of, "west") == ()


def test_another_dose_is_another_determination_that_points_to_the_old(kept: Container) -> None:
    first = of_order(kept)
    second = of_order(kept, **DOSE)
    assert second != first
    assert page(kept, second)["supersedes"] == first
    assert page(kept, first)["supersedes"] is None


@pytest.mark.parametrize("change", [{"fhirServer": "https://other.example.org/fhir"}])
def test_another_server_is_another_determination(kept: Container, change: Json) -> None:
    first = signed(kept, order_sign())["coverage-assertion-id"]
    second = signed(kept, order_sign() | change)["coverage-assertion-id"]
    assert second != first
    assert page(kept, second)["supersedes"] is None


def test_new_evidence_makes_a_new_revision_of_the_same_id(kept: Container) -> None:
    name = signed(kept, order_sign())["coverage-assertion-id"]
    assert signed(kept, with_condition(order_sign()))["coverage-assertion-id"] == name
    found = page(kept, name)
    assert (found["revision"], [one["number"] for one in found["revisions"]]) == (2, [1, 2])
    assert all(one["cause"] and one["date"] == "2026-11-25" for one in found["revisions"])


def test_a_determination_is_read_in_the_vocabulary_of_evaluate(kept: Container) -> None:
    name = signed(kept, with_condition(order_sign()))["coverage-assertion-id"]
    found = page(kept, name)
    assert (found["id"], found["date"], found["patient"], found["coverage"]) == (
        name,
        "2026-11-25",
        "Patient/p1",
        "Coverage/cov1",
    )
    assert found["policy"] == {"id": "margetuximab", "version": "2026-05-06"}
    truths = {one["id"]: one["truth"] for one in found["criteria"]}
    assert truths["diagnosis.breast-cancer"] == "met"
    assert found["questions"]
    assert found["coverage_information"]["covered"] == "covered"
    assert found["value_sets"]["drugs"]


def test_an_unknown_determination_is_not_found(client: FlaskClient) -> None:
    assert client.get("/determinations/none").status_code == 404


@pytest.mark.requirement("crd22.found-37")
def test_call_and_reply_are_kept_before_the_reply_is_sent(kept: Container, engine: Engine) -> None:
    sent = body(without(order_sign(), "fhirServer"))
    reply = kept.order_sign.answer(sent)
    with engine.connect() as connection:
        row = connection.execute(select(CALLS)).one()
    assert (zlib.decompress(row.request), zlib.decompress(row.reply)) == (sent, reply.body)
    assert row.hook_instance == reply.hook_instance


def test_without_the_setting_nothing_is_authorized_though_all_is_met(kept: Container) -> None:
    told = signed(kept, MET)
    assert (told["pa-needed"], told["doc-purpose"]) == ("auth-needed", "withpa")


@pytest.mark.requirement("crd20.ci-q4", "crd20.ci-q5")
def test_with_the_setting_a_request_that_is_met_is_authorized(approving: Container) -> None:
    told = signed(approving, MET)
    assert told["pa-needed"] == "satisfied"
    assert told["satisfied-pa-id"].startswith("PA")
    assert "doc-needed" not in told
    assert "questionnaire" not in told


def test_the_card_of_an_authorized_request_gives_the_number_and_asks_nothing(approving: Container) -> None:
    reply = json.loads(approving.order_sign.answer(body(MET)).body)
    number = signed(approving, MET)["satisfied-pa-id"]
    card = reply["cards"][0]
    assert number in card["summary"]
    assert "Open points" not in card["detail"]
    assert "nothing" in card["detail"]


@pytest.mark.requirement("crd22.resp-36")
def test_a_live_authorization_is_told_again_and_not_given_twice(approving: Container) -> None:
    first = signed(approving, MET)
    assert signed(approving, MET)["satisfied-pa-id"] == first["satisfied-pa-id"]
    dose = json.loads(json.dumps(MET))
    dose["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"] = DOSE["dosageInstruction"]
    assert signed(approving, dose)["satisfied-pa-id"] == first["satisfied-pa-id"]


def on_day(call: Json, day: str) -> Json:
    changed: Json = json.loads(json.dumps(call))
    changed["context"]["draftOrders"]["entry"][0]["resource"]["authoredOn"] = day
    return changed


def test_an_authorization_begins_on_the_day_of_the_call_and_ends_after_the_policys_months(approving: Container) -> None:
    signed(approving, on_day(MET, "2026-07-01"))
    with approving.archive.engine.connect() as connection:  # type: ignore[union-attr]
        row = connection.execute(select(AUTHORIZATIONS.c.start, AUTHORIZATIONS.c.end)).one()
    assert tuple(row) == (date(2026, 11, 25), date(2027, 5, 24))


@pytest.mark.requirement("crd22.dev-14", "crd22.dev-10", "crd20.configuration")
@pytest.mark.parametrize("wanted", [False, True])
def test_a_what_if_call_gets_no_determination_that_it_did_not_ask_for(approving: Container, wanted: bool) -> None:
    call = MET | {"extension": {"davinci-crd.configuration": {"unsolicited-determ": wanted}}}
    assert (signed(approving, call)["pa-needed"] == "satisfied") is wanted


def test_an_open_request_is_never_authorized(approving: Container) -> None:
    assert signed(approving, order_sign())["pa-needed"] == "auth-needed"


def weakened(call: Json) -> Json:
    """Return the call with its therapies as prescriptions marked completed only."""
    text_ = json.dumps(call)
    return dict(
        json.loads(
            text_.replace('"MedicationAdministration"', '"MedicationRequest"').replace(
                '"effectiveDateTime"', '"authoredOn"'
            )
        )
    )


def test_weak_evidence_meets_a_criterion_but_authorizes_nothing(approving: Container) -> None:
    call = weakened(MET)
    call["context"] = MET["context"]
    report = approving.order_sign
    read = report.read(body(call))
    (decided,) = report.decide(read, report.chart(read), TODAY)
    if decided.judgement.ruling is not None and decided.judgement.ruling.truth.value == "met":
        assert signed(approving, call)["pa-needed"] == "auth-needed"


def test_of_a_deceased_patient_nothing_is_satisfied_whatever_is_on_file(approving: Container) -> None:
    assert signed(approving, MET)["pa-needed"] == "satisfied"
    dead = json.loads(json.dumps(MET))
    text_ = json.dumps(dead["prefetch"]).replace(
        '"resourceType": "Patient"', '"deceasedBoolean": true, "resourceType": "Patient"'
    )
    dead["prefetch"] = json.loads(text_)
    assert signed(approving, dead)["pa-needed"] == "auth-needed"


def test_nothing_is_authorized_where_the_coverage_does_not_run(approving: Container) -> None:
    ended = json.loads(json.dumps(MET))
    for entry in ended["prefetch"]["coverage"]["entry"]:
        if entry["resource"]["resourceType"] == "Coverage":
            entry["resource"]["status"] = "cancelled"
    told = signed(approving, ended)
    assert told["covered"] == "not-covered"
    with approving.archive.engine.connect() as connection:  # type: ignore[union-attr]
        assert connection.execute(text("select count(*) from authorizations")).scalar() == 0


def broken(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("drop table revisions"))


@pytest.mark.requirement("crd22.resp-43")
@pytest.mark.parametrize(("version", "covered"), [("2.0", "conditional"), ("2.2", "indeterminate")])
def test_if_the_store_fails_the_answer_says_that_we_failed(
    kept: Container, engine: Engine, version: str, covered: str
) -> None:
    broken(engine)
    told = signed(kept, order_sign() | {"extension": {"davinci-crd.requestedVersion": version}})
    assert (told["covered"], told["pa-needed"]) == (covered, covered)
    assert told["reason"]["text"]
    assert ("coding" in told["reason"]) is (version == "2.2")
    assert not kept.order_sign.answer(body(order_sign())).stored
    with engine.connect() as connection:
        assert connection.execute(select(CALLS)).first() is None


def test_the_card_says_so_too(kept: Container, engine: Engine) -> None:
    broken(engine)
    card, warning = json.loads(kept.order_sign.answer(body(order_sign())).body)["cards"]
    assert "technical" in card["summary"]
    assert warning["source"]["topic"]["code"] == "contraindication"


def test_a_replay_gives_the_same_ruling(kept: Container) -> None:
    for sample in sorted(SAMPLES.glob("*.json")):
        sent = sample.read_bytes()
        reply = json.loads(for_call(kept.order_sign, sent).answer(sent).body)
        for action in reply["systemActions"]:
            parts = action["resource"]["extension"][-1]["extension"]
            name = next(part["valueString"] for part in parts if part["url"] == "coverage-assertion-id")
            if page(kept, name)["ruling"] is None:
                with pytest.raises(ReplayError, match="no policy judged"):
                    replay(kept.archive, kept.order_sign, name)
            else:
                found = replay(kept.archive, kept.order_sign, name)
                assert (found.same, found.differences) == (True, ())


def test_a_replay_tells_what_is_not_as_kept(kept: Container, engine: Engine) -> None:
    name = signed(kept, with_condition(order_sign()))["coverage-assertion-id"]
    (row,) = stored_revisions.told(engine)
    findings = row["findings"].replace('"value":true', '"value":false', 1)
    report = row["report"].replace(
        '"id":"diagnosis.breast-cancer","truth":"met"', '"id":"diagnosis.breast-cancer","truth":"unknown"'
    )
    stored_revisions.keep_as_before(engine, findings=findings, report=report)
    found = replay(kept.archive, kept.order_sign, name)
    assert not found.same
    assert found.differences == ("diagnosis.breast-cancer: was unknown, is met",)


def test_what_cannot_be_replayed_is_told(kept: Container, engine: Engine) -> None:
    with pytest.raises(ReplayError, match="no determination"):
        replay(kept.archive, kept.order_sign, "none")
    name = of_order(kept)
    with pytest.raises(ReplayError, match="revision 7"):
        replay(kept.archive, kept.order_sign, name, 7)
    with engine.begin() as connection:
        connection.execute(REVISIONS.update(), {"policy_version": "1999-01-01"})
    with pytest.raises(ReplayError, match="no longer on file"):
        replay(kept.archive, kept.order_sign, name)


def test_the_command_line_replays(tmp_path: Path, policies_on_file: Catalogue) -> None:
    url = new_url(tmp_path)
    opened = open_engine(url)
    name = of_order(service(load(), opened))
    opened.dispose()
    result = CliRunner().invoke(main, ["replay", name], env={"CDS_DATABASE_URL": url})
    assert result.exit_code == 0, result.output
    assert "unknown, as kept" in result.output
    assert CliRunner().invoke(main, ["replay", "none"], env={"CDS_DATABASE_URL": url}).exit_code == 2


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_database_is_brought_up_to_date_once_and_kept(tmp_path: Path, policies_on_file: Catalogue) -> None:
    url = new_url(tmp_path)
    first = open_engine(url)
    name = of_order(service(policies_on_file, first))
    first.dispose()
    again = open_engine(url)
    assert of_order(service(policies_on_file, again)) == name
    again.dispose()


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/at/all/x.sqlite"])
def test_a_database_that_cannot_be_used_stops_the_start(url: str) -> None:
    with pytest.raises(StorageError, match="database"):
        open_engine(url)
