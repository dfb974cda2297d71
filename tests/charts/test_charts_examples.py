"""Whole patients of the example policies: as the reader judges them, and through the service, from order to answer."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.cases import case_runner
from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.cases.drawn_case import draw_case, kit_of
from fhir_mappings.judgement.judge import Judge
from policies.model.criteria import Fact
from policies.model.findings import Interval, Range
from policies.model.truth import Truth
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests import world
from tests.databases import new_engine
from tests.dtr.packages import parameters
from tests.service.calls import coverage, searchset

Json = dict[str, Any]
LEAST = 40
HERE = Path(__file__).parent / "examples"
POLICIES = tuple(world.examples().ids)
BASE = "https://cds.example.org"
PATIENT = "sketched"
ENCODER = msgspec.json.Encoder(decimal_format="number")
each_policy = pytest.mark.parametrize("policy", POLICIES)


@cache
def charts() -> tuple[Case, ...]:
    return reader.load(world.examples(), HERE)


def charts_of(policy: str) -> list[Case]:
    return [one for one in charts() if one.policy == policy]


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    (day,) = {one.order.judged_on for one in charts()}
    engine = new_engine()
    yield create_app(world.compose(Settings(base_url=BASE), world.examples(), day, engine)).test_client()
    engine.dispose()


@each_policy
def test_there_are_charts_enough_and_each_is_judged_as_by_hand(policy: str) -> None:
    found, judge = charts_of(policy), Judge(world.examples())
    results = [case_runner.judged(draw_case(one, world.examples()), judge) for one in found]
    wrong = [one for one in results if not one.passed]
    assert len(found) >= LEAST
    assert {one.expect.ruling for one in found} == set(Truth)
    assert wrong == [], case_runner.report(wrong)


@each_policy
def test_the_service_rules_as_by_hand_from_order_to_answered_form(client: FlaskClient, policy: str) -> None:
    assert [one.sentence for one in charts_of(policy) if _ruled(client, one) != one.expect.ruling] == []


def _ruled(client: FlaskClient, case: Case) -> Truth:
    """Sign the order of a chart; where a person answers, fetch the form, answer it, and look again."""
    name, ruling = _signed(client, case)
    if not case.answered or case.expect.ruling is Truth.UNKNOWN:
        return Truth(ruling)
    package = client.post("/fhir/Questionnaire/$questionnaire-package", json=_context(name)).get_json()
    (bundle,) = [one["resource"] for one in parameters(package)]
    entries = bundle["entry"]
    response = next(one["resource"] for one in entries if one["resource"]["resourceType"] == "QuestionnaireResponse")
    facts = world.examples().versions(case.policy).policies[-1].facts
    answers = {key: _value(facts[key], found.value) for key, found in case.answered.items()}
    content = response | {"status": "completed", "item": [_filled(one, answers) for one in response["item"]]}
    reply = client.post("/fhir/QuestionnaireResponse", data=json.dumps(content))
    assert reply.status_code == 201, (case.sentence, reply.text)
    return Truth(client.get(f"/determinations/{name}").get_json()["ruling"])


def _signed(client: FlaskClient, case: Case) -> tuple[str, str]:
    """Sign an order with its whole chart in the call; return the name of the determination, and the ruling.

    Each chart is of a patient of its own, since answers and determinations stay on file.
    """
    names = kit_of(world.examples(), case.policy).names
    (patient, *rest), (order,) = draw(case.chart, names), draw_orders(case.order, names)
    subject = {"reference": f"Patient/{patient['id']}"}
    call = {
        "hook": "order-sign",
        "hookInstance": "0a9f3a52-6b1f-4b8e-9a35-6a7d4a6c2f10",
        "context": {
            "userId": "Practitioner/dr1",
            "patientId": patient["id"],
            "draftOrders": searchset(order | {"requester": {"reference": "Practitioner/dr1"}}),
        },
        "prefetch": {
            "patient": patient,
            "coverage": searchset(coverage(beneficiary=subject)),
            "chart": searchset(*rest),
        },
    }
    own = f"{PATIENT}-{case.policy}-{charts().index(case)}"
    content = ENCODER.encode(call).replace(PATIENT.encode(), own.encode())
    reply = json.loads(client.post("/cds-services/order-sign-crd", data=content).data)
    (told,) = reply["extension"]["cds-service.explain"]["orders"]
    (action,) = reply["systemActions"]
    parts = [one for each in action["resource"]["extension"] for one in each.get("extension", ())]
    return next(one["valueString"] for one in parts if one["url"] == "coverage-assertion-id"), told["ruling"]


def _context(name: str) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]}


def _value(fact: Fact, value: object) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, Range):
        return {"valueInteger": value.at_least}
    if isinstance(value, Interval):
        assert isinstance(value.only, Decimal)
        return {"valueDecimal": float(value.only)}
    assert value in fact.options
    return {"valueCoding": {"system": f"{BASE}/fhir/CodeSystem/answers", "code": value}}


def _filled(item: Json, answers: dict[str, Json]) -> Json:
    inner = {"item": [_filled(one, answers) for one in item["item"]]} if "item" in item else {}
    given = {"answer": [answers[item["linkId"]]]} if item["linkId"] in answers else {}
    return item | inner | given


def test_the_charts_are_of_the_day_on_which_they_are_judged() -> None:
    assert {one.order.judged_on for one in charts()} == {date(2026, 12, 14)}
