"""The explain block: a tester sees how an answer came about, and no value of the chart."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

import cds_service
from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import AMOXICILLIN, MARGETUXIMAB, body, medication_request, order_sign, without

Json = dict[str, Any]
APPROVING = Settings(automatic_approval=True)
SAMPLES = Path(cds_service.__file__).parent / "samples"


def explained(client: FlaskClient, content: bytes) -> Json:
    reply = json.loads(client.post("/cds-services/order-sign-crd", data=content).data)
    return dict(reply["extension"]["cds-service.explain"])


def test_every_criterion_is_told_with_its_truth_and_evidence(client: FlaskClient) -> None:
    told = explained(client, (SAMPLES / "01-margetuximab-everything-met.json").read_bytes())
    (order,) = told["orders"]
    assert (order["policy"], order["request"]) == ({"id": "margetuximab", "version": "2026-05-06"}, "initial")
    assert order["ruling"] == "met"
    assert not {"questions", "conflicts"} & order.keys()
    by_id = {one["id"]: one for one in order["criteria"]}
    assert by_id["her2-positive.ihc"] == {
        "id": "her2-positive.ihc",
        "truth": "met",
        "evidence": ["Observation/obs-her2-ihc"],
    }
    assert "why-not" not in order
    assert {"patient", "coverage", "observations"} <= set(told["prefetch"])


def test_a_conflict_is_told_with_both_sides(client: FlaskClient) -> None:
    (order,) = explained(client, (SAMPLES / "05-margetuximab-ish-conflict.json").read_bytes())["orders"]
    (conflict,) = order["conflicts"]
    assert conflict["criterion"] == "her2-positive.ish"
    assert len(conflict["evidence"]) > 1


def test_each_step_has_its_time(client: FlaskClient) -> None:
    told = explained(client, body(order_sign()))
    assert list(told["ms"]) == ["read", "chart", "decide", "determine"]
    assert all(value >= 0 for value in told["ms"].values())


def test_what_was_not_fetched_is_told_with_the_reason(client: FlaskClient) -> None:
    told = explained(client, body(order_sign()))
    assert told["fetched"]
    assert {one["result"] for one in told["fetched"]} != {"had"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (order_sign(medication_request(MARGETUXIMAB, doNotPerform=True)), "is not to be done"),
        (without(order_sign(), "prefetch", "coverage"), "none"),
    ],
)
def test_an_order_without_an_action_is_told_why(client: FlaskClient, call: Json, said: str) -> None:
    (order,) = explained(client, body(call))["orders"]
    assert said in order["why-not"]


def test_an_order_without_a_policy_says_so(client: FlaskClient) -> None:
    (order,) = explained(client, body(order_sign(medication_request(AMOXICILLIN))))["orders"]
    assert (order.get("policy"), order["outcome"]) == (None, "no policy covers the product")


@pytest.mark.parametrize(
    ("settings", "sample", "configured", "why"),
    [
        (Settings(), "01-margetuximab-everything-met", {}, "approval-not-automatic"),
        (APPROVING, "01-margetuximab-everything-met", {}, None),
        (APPROVING, "01-margetuximab-everything-met", {"unsolicited-determ": False}, "what-if-call"),
        (APPROVING, "02-margetuximab-sparse-chart", {}, "criteria-not-met"),
        (APPROVING, "05-margetuximab-ish-conflict", {}, "criteria-not-met"),
        (APPROVING, "12-coverage-ended", {}, "no-active-coverage"),
        (APPROVING, "20-margetuximab-dose-above", {}, "dose-above-policy"),
    ],
)
def test_an_order_that_is_not_authorized_is_told_what_stands_against_it(
    policies_on_file: Catalogue, engine: Engine, settings: Settings, sample: str, configured: Json, why: str | None
) -> None:
    call = json.loads((SAMPLES / f"{sample}.json").read_bytes())
    call["extension"] = call.get("extension", {}) | {"davinci-crd.configuration": configured}
    opened = create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    (order,) = explained(opened, body(call))["orders"]
    assert order.get("not-authorized") == why


def test_it_holds_no_value_of_the_chart(client: FlaskClient) -> None:
    told = json.dumps(explained(client, (SAMPLES / "01-margetuximab-everything-met.json").read_bytes()))
    for value in ("3+", "docetaxel", "1968", "Ficticia", "71"):
        assert f'"{value}' not in told
