"""An authorization of ours that has run makes a request a continuation, whatever the chart holds."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.replay.replay import replay
from cds_service.storage.tables import AUTHORIZATIONS, DETERMINATIONS
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from tests import stored_revisions
from tests.service.calls import body
from tests.world import compose

SAMPLES = Path(__file__).parents[2] / "cds_service" / "samples"
MET = json.loads((SAMPLES / "01-margetuximab-everything-met.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 25)
MEMBER = "MEMBER-01-SYNTHETIC"
Json = dict[str, Any]


@pytest.fixture
def approving(policies_on_file: Catalogue, engine: Engine) -> Container:
    return compose(Settings(automatic_approval=True), policies_on_file, TODAY, engine)


def signed(container: Container, call: Json) -> Json:
    return dict(json.loads(container.order_sign.answer(body(call)).body))


def determined(engine: Engine) -> dict[str, str]:
    """The id of each determination, by the kind of its request."""
    with engine.connect() as connection:
        rows = connection.execute(select(DETERMINATIONS.c.request, DETERMINATIONS.c.id))
        return {row.request: row.id for row in rows}


def authorized_until(container: Container, engine: Engine, last: date) -> None:
    """Let the request be authorized, and its authorization end on a day."""
    signed(container, MET)
    with engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).values(start=date(2026, 1, 1), end=last))


@pytest.mark.parametrize(
    ("last", "kinds"), [(date(2026, 11, 24), {"initial", "continuation"}), (date(2026, 12, 26), {"initial"})]
)
def test_an_authorization_that_is_over_makes_a_continuation_and_one_that_runs_on_does_not(
    approving: Container, engine: Engine, last: date, kinds: set[str]
) -> None:
    authorized_until(approving, engine, last)
    reply = signed(approving, MET)
    assert set(determined(engine)) == kinds
    assert ("(continuation)" in reply["cards"][0]["detail"]) is ("continuation" in kinds)


def test_a_continuation_has_its_own_criteria_form_and_no_table_of_lines(approving: Container, engine: Engine) -> None:
    authorized_until(approving, engine, date(2026, 6, 14))
    signed(approving, MET)
    found = approving.archive.find(determined(engine)["continuation"], "open")  # type: ignore[union-attr]
    assert found is not None
    assert (found["request"], found["ruling"], found["lines"]) == ("continuation", "unknown", None)
    assert {one["linkId"] for one in found["questions"]} >= {"progression_on_therapy", "oncology_note"}
    assert "margetuximab-continuation|" in found["coverage_information"]["questionnaire"][0]


@pytest.mark.parametrize(("member", "kinds"), [("OTHER-MEMBER", {"initial"}), (MEMBER, {"initial", "continuation"})])
def test_an_authorization_is_the_members_whatever_the_patient_is_called(
    approving: Container, engine: Engine, member: str, kinds: set[str]
) -> None:
    authorized_until(approving, engine, date(2026, 6, 14))
    elsewhere = json.dumps(MET).replace("alba-ficticia-01", "somebody").replace(MEMBER, member)
    signed(approving, json.loads(elsewhere))
    assert set(determined(engine)) == kinds


def test_a_replay_judges_it_as_the_continuation_that_it_was(approving: Container, engine: Engine) -> None:
    authorized_until(approving, engine, date(2026, 6, 14))
    signed(approving, MET)
    for name in determined(engine).values():
        found = replay(approving.archive, approving.order_sign, name)
        assert (found.same, found.differences) == (True, ())


def test_the_determination_holds_the_table_of_lines(approving: Container, engine: Engine) -> None:
    signed(approving, MET)
    found = approving.archive.find(determined(engine)["initial"], "open")  # type: ignore[union-attr]
    assert found is not None
    table = found["lines"]
    assert (table["at_least"], table["at_most"], table["possible"]) == (3, None, [])
    second = table["certain"][1]
    assert second["start"] == "2025-07-28"
    assert (second["number"], second["setting"], second["opening"]) == (2, "metastatic", "progression")
    assert wording().report(second["why"]).startswith("Progression was recorded on 2025-07-14")
    assert second["drugs"] == ["fam-trastuzumab deruxtecan (T-DXd)"]
    assert second["evidence"][0].keys() == {"reference", "summary", "date"}


def test_a_determination_that_was_kept_without_a_table_is_still_read_and_replayed(
    approving: Container, engine: Engine
) -> None:
    signed(approving, MET)
    name = determined(engine)["initial"]
    (kept,) = stored_revisions.told(engine)
    report = json.loads(kept["report"])
    del report["lines"]
    stored_revisions.keep_as_before(engine, report=json.dumps(report))
    found = approving.archive.find(name, "open")  # type: ignore[union-attr]
    assert found is not None
    assert "lines" not in found
    assert replay(approving.archive, approving.order_sign, name).same
