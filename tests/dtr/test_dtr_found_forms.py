"""Answered forms that nobody posts: they come in the prefetch or stand in the record system, and count all the same."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_answered import ANSWERS, determination, filled, information
from tests.dtr.test_dtr_package import asked, context, form, of_coverage, response
from tests.ehr.server import RecordSystem, running
from tests.service.calls import body, coverage, order_sign, searchset
from tests.world import compose

Json = dict[str, Any]
SIGN = "/cds-services/order-sign-crd"
QR_CONTEXT = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-context"


@pytest.fixture
def client(policies_on_file: Catalogue, engine: Engine) -> FlaskClient:
    settings = Settings(base_url="https://cds.example.org", time_budget_seconds=30)
    return create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()


@pytest.fixture
def ehr() -> Iterator[RecordSystem]:
    with running(RecordSystem()) as system:
        patient = {"resourceType": "Patient", "id": "p1"}
        system.records.add([patient, coverage()])
        yield system


def signed(client: FlaskClient, **members: Any) -> Json:
    reply = client.post(SIGN, data=body(order_sign(**members)))
    assert reply.status_code == 200, reply.text
    return information(reply.get_json()["systemActions"][0]["resource"]["extension"])


def answered(client: FlaskClient, told: Json, **members: Any) -> Json:
    """The form of a determination, filled in as an app would, and kept by the client under an id of its own."""
    content = asked(client, of_coverage(), context(told["coverage-assertion-id"])).get_json()
    (bundle,) = [one["resource"] for one in parameters(content)]
    assert form(bundle)["resourceType"] == "Questionnaire"
    return {**filled(response(bundle), ANSWERS), "id": "kept-1", **members}


def ruling(client: FlaskClient, told: Json) -> str:
    return str(determination(client, told["coverage-assertion-id"])["ruling"])


def brought(*responses: Json) -> Json:
    given = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return given | {"questionnaireResponses": searchset(*responses)}


def test_a_form_in_the_prefetch_counts_at_the_next_signing(client: FlaskClient) -> None:
    told = signed(client)
    assert ruling(client, told) == "unknown"
    again = signed(client, prefetch=brought(answered(client, told)))
    assert again["coverage-assertion-id"] == told["coverage-assertion-id"]
    assert ruling(client, told) == "met"
    assert signed(client)["coverage-assertion-id"] == told["coverage-assertion-id"]
    assert ruling(client, told) == "met", "it is kept"


def test_under_any_key_and_by_itself_too(client: FlaskClient) -> None:
    told = signed(client)
    signed(client, prefetch=brought() | {"form": answered(client, told)})
    assert ruling(client, told) == "met"


def test_a_form_that_stands_in_the_record_system_is_found(client: FlaskClient, ehr: RecordSystem) -> None:
    """br-provider keeps it there, and posts it to no payer."""
    told = signed(client, prefetch={}, fhirServer=ehr.base)
    assert ruling(client, told) == "unknown"
    ehr.records.add([answered(client, told)])
    signed(client, prefetch={}, fhirServer=ehr.base)
    assert ruling(client, told) == "met"
    assert any("QuestionnaireResponse?patient=p1&status=completed,amended" in one for one in ehr.asked)


def beheaded(sent: Json) -> Json:
    """What br-provider keeps: the renderer drops the head, and the client writes the id that the signed order got."""
    order = {"reference": "ServiceRequest/1241"}
    kept = {name: value for name, value in sent.items() if name not in {"identifier", "meta", "extension", "contained"}}
    return kept | {"basedOn": [order], "extension": [{"url": QR_CONTEXT, "valueReference": order}]}


def test_a_form_whose_head_a_renderer_dropped_is_found_by_its_subject(client: FlaskClient) -> None:
    told = signed(client)
    signed(client, prefetch=brought(beheaded(answered(client, told))))
    assert ruling(client, told) == "met"


def test_without_its_head_it_counts_for_neither_of_two_coverages(client: FlaskClient) -> None:
    told = signed(client)
    sent = beheaded(answered(client, told))
    again = order_sign(prefetch=brought() | {"coverage": searchset(coverage("cov2"))})
    text = json.dumps(again).replace("Coverage/cov1", "Coverage/cov2").replace('"mr1"', '"mr2"')
    other = information(client.post(SIGN, data=text).get_json()["systemActions"][0]["resource"]["extension"])
    assert other["coverage-assertion-id"] != told["coverage-assertion-id"]
    signed(client, prefetch=brought(sent))
    assert [ruling(client, one) for one in (told, other)] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "members",
    [
        {"status": "in-progress"},
        {"status": None},
        {"status": "final"},
        {"subject": {"reference": "Patient/p2"}},
        {"questionnaire": "https://other.example.org/Questionnaire/phq-9"},
        {"authored": "2999-01-01T00:00:00Z"},
        {"item": "none"},
    ],
)
def test_what_is_not_finished_not_ours_or_odd_is_passed_over(client: FlaskClient, members: Json) -> None:
    told = signed(client)
    sent = answered(client, told, **members)
    signed(client, prefetch=brought({name: value for name, value in sent.items() if value is not None}))
    assert ruling(client, told) == "unknown"


def test_one_of_another_patient_counts_for_neither(client: FlaskClient) -> None:
    """It is that patient's own determination that it names, but nothing in this call is about that patient."""
    told = signed(client)
    form_of_p1 = answered(client, told)
    content = json.loads(body(order_sign(prefetch=brought())).replace(b'p1"', b'p2"'))
    content["prefetch"]["form"] = form_of_p1
    reply = client.post(SIGN, data=json.dumps(content))
    assert reply.status_code == 200, reply.text
    assert content["context"]["patientId"] == "p2"
    assert ruling(client, told) == "unknown"


def test_one_that_was_taken_back_stays_so_however_often_its_older_copy_comes(client: FlaskClient) -> None:
    told = signed(client)
    copy = answered(client, told)
    signed(client, prefetch=brought(copy))
    assert ruling(client, told) == "met"
    client.post("/fhir/QuestionnaireResponse", data=body(copy | {"status": "entered-in-error"}))
    assert ruling(client, told) == "unknown"
    signed(client, prefetch=brought(copy))
    assert ruling(client, told) == "unknown"


def test_an_older_copy_in_the_prefetch_changes_no_newer_answer(client: FlaskClient) -> None:
    told = signed(client)
    copy = answered(client, told)
    signed(client, prefetch=brought(copy))
    newer = json.loads(body(copy))
    newer["id"] = "kept-2"
    for item in newer["item"]:
        for inner in item.get("item", ()):
            if inner["linkId"] == "breast_cancer":
                inner["answer"] = [{"valueBoolean": False}]
    reply = client.post("/fhir/QuestionnaireResponse", data=body(newer))
    assert reply.status_code == 201, reply.text
    before = ruling(client, told)
    assert before != "met"
    signed(client, prefetch=brought(copy))
    assert ruling(client, told) == before


def test_one_of_another_record_system_is_passed_over(client: FlaskClient, ehr: RecordSystem) -> None:
    told = signed(client)
    found = answered(client, told)
    ehr.records.add([found])
    signed(client, prefetch={}, fhirServer=ehr.base)
    assert ruling(client, told) == "unknown"


def test_of_two_the_newest_counts_whichever_comes_first(client: FlaskClient) -> None:
    told = signed(client)
    newer = answered(client, told, authored="2026-11-20T10:00:00Z")
    older = answered(client, told, authored="2026-11-01T10:00:00Z", id="kept-0")
    for item in older["item"]:
        for inner in item.get("item", ()):
            if inner["linkId"] == "breast_cancer":
                inner["answer"] = [{"valueBoolean": False}]
    signed(client, prefetch=brought(newer, older))
    assert ruling(client, told) == "met"


def test_the_same_form_at_every_signing_is_kept_once(client: FlaskClient) -> None:
    told = signed(client)
    sent = brought(answered(client, told))
    for _ in range(3):
        signed(client, prefetch=sent)
    kept = determination(client, told["coverage-assertion-id"])
    assert len(kept["revisions"]) == 2
