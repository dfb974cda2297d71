"""Answers beside a chart: what they authorize by themselves, and how a contradiction is shown to a reviewer."""

from pathlib import Path

import pytest

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.coverage.coverages import own_coverage
from hooks.coverage_decision.authorization import Refusal, refusal
from hooks.coverage_decision.determination_table import Decided
from hooks.records.determination_key import key_of, record_of
from policies.catalogue import Catalogue
from policies.model.findings import Evidence, Finding, Origin, Range, Strength, Value
from policies.model.truth import Truth
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.service.calls import body
from tests.world import compose

SAMPLE = Path(__file__).parents[2] / "cds_service" / "samples" / "01-margetuximab-everything-met.json"
WORD = "QuestionnaireResponse/qr1"


@pytest.fixture
def service(policies_on_file: Catalogue) -> Container:
    return compose(Settings(automatic_approval=True), policies_on_file, TODAY, new_engine())


def answered(value: Value, strength: Strength = Strength.WEAK) -> Finding:
    return Finding.known(value, (Evidence(WORD, "Answered", strength=strength),), "Answered.", Origin.ANSWER)


def decided(service: Container, answers: dict[str, Finding]) -> Decided:
    """Judge the sample whose chart proves everything, with answers laid over it."""
    call = service.order_sign.read(SAMPLE.read_bytes())
    chart = service.order_sign.chart(call)
    (judgement,) = service.order_sign.judge.judge(call.orders, chart, TODAY, answers)
    coverage = own_coverage(chart, service.order_sign.payer.identifiers, judgement.as_of.day)
    told = service.order_sign.table.determination(judgement, coverage)
    return Decided(judgement, coverage, told)


def against(service: Container, found: Decided) -> Refusal | None:
    """Return what stands against authorizing it at once."""
    call = service.order_sign.read(SAMPLE.read_bytes())
    return refusal(found.judgement, found.coverage, service.order_sign.payer, call)


@pytest.mark.parametrize(
    ("answers", "why_not"),
    [
        ({}, None),
        ({"her2_ihc_score": answered("3+")}, None),
        ({"breast_cancer": answered(value=True)}, None),
        ({"combination_partner": answered("eribulin")}, Refusal.CONFLICT),
        ({"prior_lines_advanced": answered(Range.exactly(9))}, Refusal.WEAK_EVIDENCE),
        ({"her2_ish_result": Finding.known("positive", origin=Origin.ANSWER)}, Refusal.ANSWERED),
    ],
)
def test_only_an_answer_that_repeats_the_chart_authorizes_at_once(
    service: Container, answers: dict[str, Finding], why_not: Refusal | None
) -> None:
    """Against the chart, beyond it, or without anything to show for it, an answer waits for a person."""
    found = decided(service, answers)
    assert found.judgement.ruling is not None
    assert found.judgement.ruling.truth is Truth.MET
    assert against(service, found) is why_not


def test_an_answer_that_proves_something_against_the_chart_still_waits_for_a_person(service: Container) -> None:
    found = decided(service, {"combination_partner": answered("eribulin", Strength.STRONG)})
    assert against(service, found) is Refusal.CONFLICT


def test_a_contradiction_is_listed_with_both_sides_in_the_determination(service: Container) -> None:
    one = decided(service, {"combination_partner": answered("eribulin")})
    call = service.order_sign.read(SAMPLE.read_bytes())
    with service.order_sign.register.session("order-sign", call.hook_instance, TODAY, body({}), "open") as session:
        name = session.determine(key_of(call, one, "open"), record_of(one, "cause.form", "2.0"))
    shown = create_app(service).test_client().get(f"/determinations/{name}").get_json()
    (conflict,) = shown["conflicts"]
    assert conflict["criterion"] == "combination-chemotherapy"
    assert conflict["evidence"][0] == WORD
    assert len(conflict["evidence"]) > 1
    assert "The chart says otherwise: " in conflict["note"]
    assert shown["questions"] == []
    (criterion,) = (one for one in shown["criteria"] if one["id"] == "combination-chemotherapy")
    assert [item["reference"] for item in criterion["evidence"]] == [WORD]
