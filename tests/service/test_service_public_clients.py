"""What the public clients of CDS Hooks send, in their shape and with their faults, and what each looks for.

Written anew after what was seen of cds-hooks/sandbox, crd-request-generator and br-provider; those of DTR and the
renderers are in `tests/dtr/test_dtr_clients.py`.
"""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.certification.kit import EXTENSION
from tests.service.calls import MARGETUXIMAB, coverage, medication_request, observation

Json = dict[str, Any]
URL = "/cds-services/order-sign-crd"
PAGE = {"Origin": "http://localhost:8080"}
PATIENT = {"resourceType": "Patient", "id": "p1"}
DISPENSED = [{"coding": [{"code": "outpatient"}]}]


def collection(*resources: Json) -> Json:
    """As crd-request-generator sends what it has: a collection, whose entries say that they matched."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def sandbox() -> Json:
    """cds-hooks/sandbox: no type, no fullUrl, a category that is no list, no requester, a user who is nowhere."""
    order = medication_request(MARGETUXIMAB, "request-123", category=DISPENSED[0])
    del order["requester"]
    return {
        "hookInstance": "3f0b6f0e-2f5a-4b0e-9a57-0a8a43a4b1aa",
        "hook": "order-sign",
        "fhirServer": "http://127.0.0.1:8090/01",
        "context": {
            "userId": "Practitioner/nowhere",
            "patientId": "p1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
        "prefetch": {"patient": PATIENT, "coverage": {"resourceType": "Bundle", "entry": [{"resource": coverage()}]}},
    }


def request_generator() -> Json:
    """crd-request-generator: keys of its own, an option of its own, an empty token, an encounter that is nowhere."""
    order = medication_request(MARGETUXIMAB, "mr1", insurance=[{"reference": "Coverage/cov1"}])
    return {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "hook": "order-sign",
        "fhirServer": "http://127.0.0.1:8090/01",
        "fhirAuthorization": {
            "access_token": "",
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "patient/*.read",
            "subject": "app",
        },
        "extension": {"davinci-crd.configuration": {"alt-drug": True}},
        "context": {
            "userId": "Practitioner/nowhere",
            "patientId": "p1",
            "encounterId": "nowhere",
            "draftOrders": collection(order),
        },
        "prefetch": {
            "medicationRequestBundle": collection(order, PATIENT),
            "coverageBundle": collection(coverage()),
        },
    }


def br_provider() -> Json:
    """br-provider: no version is asked for; pages of a HAPI server, with the payor beside the Coverage."""
    payer = {
        "resourceType": "Organization",
        "id": "o1",
        "identifier": [{"system": "https://payer.example.org/identifier", "value": "MMM"}],
    }
    found = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "entry": [
            {"resource": coverage(payor=[{"reference": "Organization/o1"}]), "search": {"mode": "match"}},
            {"resource": payer, "search": {"mode": "include"}},
        ],
    }
    results = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": observation("o2", "85319-2")}]}
    return {
        "hook": "order-sign",
        "hookInstance": "0b8f4cb6-1c9e-4f5e-8d7e-52d0ad4a2a10",
        "fhirServer": "http://127.0.0.1:8090/01",
        "context": {
            "userId": "Practitioner/dr1",
            "patientId": "p1",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {
                        "fullUrl": "urn:uuid:6d2b1f0e-5a4c-4f77-9d0d-3b0b6d3f1a11",
                        "resource": medication_request(MARGETUXIMAB),
                    }
                ],
            },
        },
        "prefetch": {"patient": PATIENT, "coverage": found, "results": results},
    }


CLIENTS = pytest.mark.parametrize(
    "call", [sandbox(), request_generator(), br_provider()], ids=["sandbox", "generator", "br"]
)


def answered(client: FlaskClient, call: Json) -> Json:
    reply = client.post(URL, data=json.dumps(call), headers=PAGE)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]
    return dict(reply.get_json())


@CLIENTS
def test_each_is_answered_with_coverage_information_on_its_order_as_it_was(client: FlaskClient, call: Json) -> None:
    (action,) = answered(client, call)["systemActions"]
    sent = call["context"]["draftOrders"]["entry"][0]["resource"]
    back = dict(action["resource"])
    (information,) = back.pop("extension")
    assert (information["url"], back) == (EXTENSION, sent)


@CLIENTS
def test_each_finds_by_what_to_ask_for_the_form(client: FlaskClient, call: Json) -> None:
    """crd-request-generator starts DTR by a doc-needed, a questionnaire and the first insurance of the order."""
    (action,) = answered(client, call)["systemActions"]
    parts = {one["url"] for one in action["resource"]["extension"][0]["extension"]}
    assert {"doc-needed", "questionnaire"} <= parts
    assert "insurance" not in call["context"]["draftOrders"]["entry"][0]["resource"] or action["resource"]["insurance"]


@CLIENTS
def test_each_card_can_be_named_in_feedback_and_its_summary_is_plain_text(client: FlaskClient, call: Json) -> None:
    for card in answered(client, call)["cards"]:
        assert card["uuid"]
        assert all(one["uuid"] for one in card.get("suggestions", ()))
        assert not set(card["summary"]) & set("*#|")


def test_the_sandbox_accepts_a_card_and_then_closes_it(client: FlaskClient) -> None:
    """It tells both, one after the other."""
    card = answered(client, sandbox())["cards"][0]
    accepted = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-25T10:00:00Z"}
    closed = accepted | {"outcome": "overridden", "outcomeTimestamp": "2026-11-25T10:00:05Z"}
    for one in (accepted | {"acceptedSuggestions": [{"id": "s1"}]}, closed):
        assert client.post(f"{URL}/feedback", data=json.dumps({"feedback": [one]}), headers=PAGE).status_code == 200


def test_discovery_is_read_with_a_token_that_nobody_asked_for(client: FlaskClient) -> None:
    reply = client.get("/cds-services", headers=PAGE | {"Authorization": "Bearer x.y.z"})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (200, PAGE["Origin"])
    assert "order-sign-crd" in {one["id"] for one in reply.get_json()["services"]}
