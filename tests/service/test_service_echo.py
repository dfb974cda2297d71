"""The order that goes back is the order that came, with our coverage information and nothing else changed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_mappings.coverage.coverage_information import EXTENSION, annotated
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign

URL = "/cds-services/order-sign-crd"
Json = dict[str, Any]

ODD = {
    "meta": {"profile": ["http://example.org/x"], "unknownMember": {"deep": [1, "2", None, True]}},
    "text": {"status": "generated", "div": "<div>Größe 5 µg „quoted“</div>"},
    "contained": [{"resourceType": "Basic", "id": "b", "code": {"text": "kept"}}],
    "extension": [{"url": "http://example.org/unknown", "valueString": "kept"}],
    "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": "DECIMAL", "unit": "mg"}}]}],
    "_status": {"id": "primitive-extension"},
}


def exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def sent_back(client: FlaskClient, sent: bytes) -> Json:
    reply = client.post(URL, data=sent, content_type="application/json")
    assert reply.status_code == 200, reply.text
    return dict(exact(reply.data)["systemActions"][0]["resource"])


def without_ours(resource: Json) -> Json:
    kept = [one for one in resource.get("extension", []) if one["url"] != EXTENSION]
    return {**{name: value for name, value in resource.items() if name != "extension"}, "extension": kept}


@pytest.mark.requirement("hooks.132", "crd22.resp-37", "crd22.resp-47", "crd20.action")
@pytest.mark.certification("cert.3.6.11")
def test_every_member_comes_back_as_it_was(client: FlaskClient) -> None:
    sent = body(order_sign(medication_request(MARGETUXIMAB, **ODD))).replace(b'"DECIMAL"', b"1050.10")
    order = exact(sent)["context"]["draftOrders"]["entry"][0]["resource"]
    assert without_ours(sent_back(client, sent)) == order


@pytest.mark.requirement("crd22.resp-37")
def test_decimals_come_back_as_written(client: FlaskClient) -> None:
    sent = body(order_sign(medication_request(MARGETUXIMAB, **ODD)))
    for written in (b"1.10", b"0.0", b"15.000", b"1e2", b"12345678901234567890.123456789", b"-0.50"):
        reply = client.post(URL, data=sent.replace(b'"DECIMAL"', written), content_type="application/json")
        found = exact(reply.data)["systemActions"][0]["resource"]["dosageInstruction"][0]["doseAndRate"][0]
        assert str(found["doseQuantity"]["value"]) == str(Decimal(written.decode()))


def coverage_information(coverage: str, assertion_id: str) -> Json:
    return {
        "url": EXTENSION,
        "extension": [
            {"url": "coverage", "valueReference": {"reference": coverage}},
            {"url": "coverage-assertion-id", "valueString": assertion_id},
        ],
    }


@pytest.mark.requirement("crd20.ci-foreign", "crd20.ci-one-id", "crd22.covinfo-1")
def test_another_payers_coverage_information_stays_and_our_older_one_is_replaced(client: FlaskClient) -> None:
    present = [
        coverage_information("Coverage/theirs", "theirs"),
        coverage_information("https://ehr.example.org/fhir/Coverage/cov1", "ours"),
    ]
    resource = sent_back(client, body(order_sign(medication_request(MARGETUXIMAB, extension=present))))
    assert resource["extension"][0] == present[0]
    assert len(resource["extension"]) == 2
    assert "ours" not in json.dumps(resource, default=str)


def test_the_same_call_gets_the_same_assertion_id_and_another_dose_another(client: FlaskClient) -> None:
    def assertion_id(**members: Any) -> str:
        resource = sent_back(client, body(order_sign(medication_request(MARGETUXIMAB, **members))))
        parts = resource["extension"][-1]["extension"]
        return next(str(part["valueString"]) for part in parts if part["url"] == "coverage-assertion-id")

    dose = {"dosageInstruction": [{"text": "15 mg/kg every 3 weeks"}]}
    assert assertion_id() == assertion_id(name="another-draft-id")
    assert assertion_id() != assertion_id(**dose)


def test_odd_extensions_on_an_order_do_not_disturb() -> None:
    for odd in (7, "x", {}, {"url": EXTENSION}, {"url": EXTENSION, "extension": [3, {"url": "coverage"}]}):
        order = {"resourceType": "MedicationRequest", "extension": [odd]}
        assert annotated(order, {"url": "new"}, "Coverage/c")["extension"] == [odd, {"url": "new"}]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.requirement("hooks.132", "crd22.resp-37", "crd22.found-33")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLAIN)
def test_whatever_an_order_holds_comes_back(client: FlaskClient, value: object) -> None:
    sent = body(order_sign(medication_request(MARGETUXIMAB, somethingElse=value)))
    assert sent_back(client, sent)["somethingElse"] == value
