"""What a tester loads into the certification kit: bodies for every hook, each answered as the kit wants it."""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.certification.preset import HOOKS, bodies
from cds_service.certification.preset_members import members
from cds_service.commands.main import main
from tests.certification.asked import asked_faults

Json = dict[str, Any]
INSTANCE = r'\\"hookInstance\\": \\"[0-9a-f-]{36}'


@pytest.fixture
def loaded(client: FlaskClient) -> Json:
    reply = client.get("/certification/preset.json")
    assert (reply.status_code, reply.content_type) == (200, "application/json")
    return dict(reply.get_json())


def inputs(preset: Json) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in preset["inputs"]}


def test_the_preset_is_for_the_suite_and_names_this_service(loaded: Json) -> None:
    assert loaded["test_suite_id"] == "crd_server"
    assert inputs(loaded)["base_url"] == "https://cds.example.org"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_body_of_a_hook_is_answered_and_none_is_not_covered(client: FlaskClient, loaded: Json, hook: str) -> None:
    bodies = json.loads(inputs(loaded)[f"{hook.replace('-', '_')}_request_bodies"])
    assert bodies
    acted = 0
    for body in bodies:
        assert body["hook"] == hook
        assert list(asked_faults(hook, body)) == []
        assert "davinci-crd.requestedVersion" not in body.get("extension", {})
        assert "dispatchedOrders" not in body["context"]
        reply = client.post(f"/cds-services/{hook}-crd", json=body)
        assert reply.status_code == 200, reply.text
        acted += bool(reply.get_json()["systemActions"])
        assert '"not-covered"' not in reply.text
    assert acted, "coverage information is asked for at every hook"


def of_one_session(preset: Json) -> str:
    """Return a preset as text, without the name of its session."""
    text = json.dumps(preset)
    patient = json.loads(inputs(preset)["any_hook_request_body"])["context"]["patientId"]
    session = patient.rpartition("-")[2]
    assert text.count(session) > len(HOOKS)
    return re.sub(INSTANCE, "", text.replace(f"-{session}", ""))


def test_the_command_prints_the_same_for_another_address_and_another_session(loaded: Json) -> None:
    done = CliRunner().invoke(main, ["certify-kit", "https://other.example.org/"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.output)
    assert inputs(printed)["base_url"] == "https://other.example.org"
    assert json.dumps(inputs(printed)) != json.dumps(inputs(loaded))
    assert of_one_session(printed).replace("other.example.org", "cds.example.org") == of_one_session(loaded)


def test_the_command_prints_the_directory_of_the_members_too() -> None:
    done = CliRunner().invoke(main, ["certify-kit", "https://other.example.org/", "--members"])
    assert (done.exit_code, done.output) == (0, members(bodies()))
