"""Whatever a chart says: a request that brings it is ruled as the order that is signed with it, in each criterion."""

import json
from datetime import date
from typing import Any

from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.cases.drawn_case import kit_of
from fhir_mappings.sketches.parts import PATIENT
from policies.testcases.casebook import Case
from tests.charts.charts_on_file import catalogue_on_file, charts, is_judged
from tests.databases import SQLITE, new_engine
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import request_of, response, reviews
from tests.service.calls import coverage, order_sign, searchset
from tests.world import compose

Json = dict[str, Any]
DATABASES = (SQLITE,)
"""It is about the ruling: what is kept is tested on each database elsewhere."""


def call_of(case: Case) -> Json:
    """Return the signing of the order of a chart."""
    names = kit_of(catalogue_on_file(), case.policy).names
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
        call = call_of(case)
        told = signing.sign(call)
        answer = asking.submit(request_of(call, f"c-{number}"))
        assert reviews(answer) == {1: "A4"}
        request = asking.client.application.extensions["prior_auth"].store.find(response(answer)["id"])
        ours = truths(asking, request.about["1"]["determination"])
        if ours != truths(signing, told["coverage-assertion-id"]):
            differing.append(case.sentence)
    assert differing == []
