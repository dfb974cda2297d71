"""What we send is FHIR R4: read back with the models of fhir.resources, and held to CRD 2.0.1's invariants."""

import json
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.app.container import Container
from fhir_mappings.coverage.coverage_information import EXTENSION
from tests.service.calls import AMOXICILLIN, MARGETUXIMAB, body, coverage, medication_request, order_sign, searchset

Json = dict[str, Any]
TEXT_ONLY = {"medicationCodeableConcept": {"text": "Margenza"}}
CALLS = {
    "unknown": order_sign(),
    "no policy": order_sign(medication_request(AMOXICILLIN)),
    "text only": order_sign(medication_request(MARGETUXIMAB) | TEXT_ONLY),
    "no policy yet": order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-01-01")),
    "coverage ended": order_sign(prefetch={"c": searchset(coverage(period={"end": "2026-01-01"}))}),
    "deceased": order_sign(
        prefetch={"p": {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}, "c": coverage()}
    ),
}


@pytest.fixture(params=CALLS.values(), ids=CALLS.keys())
def action(request: pytest.FixtureRequest, container: Container) -> Json:
    (found,) = json.loads(container.order_sign.answer(body(request.param)).body)["systemActions"]
    return dict(found)


@pytest.mark.requirement("hooks.130", "crd22.resp-47")
@pytest.mark.certification("cert.3.6.11")
def test_an_annotated_order_is_a_valid_resource(action: Json) -> None:
    resource = action["resource"]
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@pytest.mark.requirement("crd20.ci-q1", "crd20.ci-q2", "crd20.ci-q3", "crd20.ci-coverage", "crd20.ci-covered")
@pytest.mark.requirement("crd20.ci-date", "crd20.ci-assertion-id")
@pytest.mark.certification("cert.3.6.11", "cert.3.7.03")
def test_coverage_information_keeps_the_invariants(action: Json) -> None:
    parts = next(one["extension"] for one in action["resource"]["extension"] if one["url"] == EXTENSION)
    names = [part["url"] for part in parts]
    codes = {part["url"]: part["valueCode"] for part in parts if "valueCode" in part}
    for name in ("coverage", "covered", "date", "coverage-assertion-id", "reason"):
        assert names.count(name) == 1, name
    assert ("pa-needed" in names) is (codes["covered"] != "not-covered")
    assert ("info-needed" in names) is ("conditional" in codes.values())
    assert "satisfied" not in codes.values()
    if "questionnaire" in names or "doc-purpose" in names:
        assert "doc-needed" in names
