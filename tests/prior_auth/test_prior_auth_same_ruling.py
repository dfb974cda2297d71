"""Whatever a chart says: a request that brings it is ruled as the order that is signed with it, in each criterion."""

import json
from datetime import date
from typing import Any

import pytest

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.prior_auth.request_judgement import CAUSE
from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.cases.drawn_case import kit_of
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.prior_auth.bundles import read_bundle
from fhir_mappings.prior_auth.claim import read_claim
from fhir_mappings.prior_auth.stated_case import stated
from fhir_mappings.sketches.parts import PATIENT
from hooks.ehr_data.fetch_port import NOTHING
from hooks.protocol.client import ANYONE
from hooks.protocol.crd_versions import CRD_2_2
from hooks.request.occasion import Occasion
from hooks.response.response import Material
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from policies.testcases.casebook import Case
from tests.charts.charts_on_file import catalogue_on_file, charts, is_judged
from tests.charts.test_charts_examples import charts as examples_on_file
from tests.databases import SQLITE, new_engine
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import request_of, response, reviews
from tests.service.calls import coverage, order_sign, searchset
from tests.world import compose, examples

Json = dict[str, Any]
DATABASES = (SQLITE,)
"""It is about the ruling: what is kept is tested on each database elsewhere."""


def call_of(case: Case, catalogue: Catalogue) -> Json:
    """Return the signing of the order of a chart."""
    names = kit_of(catalogue, case.policy).names
    orders = [one | {"requester": {"reference": "Practitioner/dr1"}} for one in draw_orders(case.order, names)]
    chart = [{"id": f"r{number}"} | one for number, one in enumerate(draw(case.chart, names))]
    found = [one for one in chart if one["resourceType"] == "Patient"]
    patient = found[0] if found else {"resourceType": "Patient", "id": PATIENT.partition("/")[2]}
    rest = [one for one in chart if one["resourceType"] != "Patient"]
    covered = coverage(beneficiary={"reference": PATIENT})
    call = order_sign(*orders, prefetch={"patient": patient, "coverage": searchset(covered), "chart": searchset(*rest)})
    call["context"]["patientId"] = PATIENT.partition("/")[2]
    return dict(json.loads(json.dumps(call, default=str)))


def services(day: date) -> tuple[Payer, Payer]:
    """Two services, one for each way: nothing that one keeps is known to the other."""
    containers = [compose(Settings(base_url=BASE), catalogue_on_file(), day, new_engine()) for _ in "ab"]
    signing, asking = (Payer(one, create_app(one).test_client()) for one in containers)
    return signing, asking


def truths(payer: Payer, name: str) -> tuple[str, dict[str, str]]:
    told = payer.determination(name)
    return told["ruling"], {one["id"]: one["truth"] for one in told["criteria"]}


def test_every_chart_is_ruled_alike_both_ways() -> None:
    found = [case for case in charts() if is_judged(case) and not case.order.beside and not case.order.authorized]
    assert len(found) > 40
    signing, asking = services(max(case.order.signed for case in found))
    differing = []
    for number, case in enumerate(found):
        call = call_of(case, catalogue_on_file())
        told = signing.sign(call)
        answer = asking.submit(request_of(call, f"c-{number}"))
        assert reviews(answer) == {1: "A4"}
        request = asking.client.application.extensions["prior_auth"].store.find(response(answer)["id"])
        ours = truths(asking, request.about["1"]["determination"])
        if ours != truths(signing, told["coverage-assertion-id"]):
            differing.append(case.sentence)
    assert differing == []


def rulings(service: Answering, body: bytes, day: date) -> Json:
    """How each order of a call is ruled: the product, the ruling, the truth of each criterion, and what is open."""
    call = service.read(body)
    occasion = Occasion(service.payer, call, ANYONE, CRD_2_2, CallDay(day), CAUSE)
    decided = service.judged(service.with_claims(Material(occasion, service.chart(call, NOTHING), NOTHING)))
    return {one.judgement.order.reference: _told(one.judgement) for one in decided}


def _told(judgement: Judgement) -> tuple[Any, ...]:
    ruling, product = judgement.ruling, judgement.product.words
    if ruling is None:
        return product, judgement.outcome
    truths = {one.criterion.id: one.truth for one in ruling.reasons if one.criterion.id}
    open_ = [one.fact.name for one in ruling.questions]
    return product, ruling.truth, truths, judgement.request, open_


@pytest.mark.parametrize("which", ["payer", "examples"])
def test_every_chart_of_every_policy_is_judged_alike_as_a_request_and_as_a_signed_order(which: str) -> None:
    """All of them, orders beside the order too: by the call that a request is read as, whatever is kept of it."""
    catalogue, found = (catalogue_on_file(), charts()) if which == "payer" else (examples(), examples_on_file())
    service = compose(Settings(base_url=BASE), catalogue, max(one.order.signed for one in found), None).order_sign
    differing = []
    for number, case in enumerate(found):
        call, day = call_of(case, catalogue), case.order.signed
        bundle = read_bundle(json.dumps(request_of(call, f"p-{number}")).encode(), 64)
        stated_ = stated(bundle, read_claim(bundle), service.charts.templates, call["hookInstance"])
        if rulings(service, json.dumps(call).encode(), day) != rulings(service, stated_.body, day):
            differing.append(case.sentence)
    assert len(found) > (40 if which == "payer" else 300)
    assert differing == []
