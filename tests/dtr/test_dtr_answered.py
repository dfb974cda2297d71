"""The way back through the real application: pull a form, answer it, send it, and the determination follows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.replay.replay import replay
from fhir_mappings.coverage.coverage_information import EXTENSION
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.packages import parameters
from tests.service.calls import MARGETUXIMAB, body, coverage, medication_request, order_sign
from tests.world import compose

Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
URL = "/fhir/QuestionnaireResponse"
ANSWERS: dict[str, Any] = {
    "breast_cancer": True,
    "disease_extent": "metastatic",
    "her2_ihc_score": "3+",
    "prior_anti_her2_therapies": 2,
    "prior_anti_her2_therapies_metastatic": 1,
    "prior_lines_advanced": 3,
    "combination_partner": "vinorelbine",
}


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = new_engine()
    yield compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def information(extensions: list[Json]) -> dict[str, Any]:
    (ours,) = [one["extension"] for one in extensions if one["url"] == EXTENSION]
    return {part["url"]: next(value for name, value in part.items() if name != "url") for part in ours}


def signed(client: FlaskClient, content: bytes | None = None) -> dict[str, Any]:
    reply = client.post("/cds-services/order-sign-crd", data=content or body(order_sign()))
    return information(json.loads(reply.data)["systemActions"][0]["resource"]["extension"])


def draft(client: FlaskClient, name: str) -> Json:
    asked = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]}
    reply = client.post("/fhir/Questionnaire/$questionnaire-package", json=asked)
    (bundle,) = [one["resource"] for one in parameters(json.loads(reply.data))]
    return dict(bundle["entry"][1]["resource"])


def filled(response: Json, answers: dict[str, Any], **members: Any) -> Json:
    system = "https://cds.example.org/fhir/CodeSystem/answers"

    def value(given: Any) -> Json:
        if isinstance(given, bool):
            return {"valueBoolean": given}
        if isinstance(given, int):
            return {"valueInteger": given}
        return {"valueCoding": {"system": system, "code": given}}

    def item(one: Json) -> Json:
        inner = {"item": [item(part) for part in one["item"]]} if "item" in one else {}
        given = {"answer": [value(answers[one["linkId"]])]} if one["linkId"] in answers else {}
        return one | inner | given

    return response | {"status": "completed", "item": [item(one) for one in response["item"]]} | members


def sent(client: FlaskClient, content: Json, status: int = 201) -> Json:
    reply: TestResponse = client.post(URL, json=content)
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def refused(client: FlaskClient, content: Json, status: int = 422) -> list[str]:
    return [issue["details"]["text"] for issue in sent(client, content, status)["issue"]]


def determination(client: FlaskClient, name: str) -> Json:
    return dict(client.get(f"/determinations/{name}").get_json())


@pytest.mark.requirement("crd22.found-4")
def test_an_answered_form_changes_the_determination(client: FlaskClient, container: Container) -> None:
    name = signed(client)["coverage-assertion-id"]
    assert determination(client, name)["ruling"] == "unknown"
    accepted = sent(client, filled(draft(client, name), ANSWERS))
    QuestionnaireResponse.model_validate(accepted)
    told = information(accepted["extension"])
    assert (told["coverage-assertion-id"], told["pa-needed"]) == (name, "auth-needed")
    now = determination(client, name)
    assert (now["ruling"], now["revision"], now["questions"]) == ("met", 2, [])
    assert now["revisions"][1]["cause"] == "a form was answered"
    for number in (1, 2):
        again = replay(container.archive, container.order_sign, name, number)
        assert (again.same, again.differences) == (True, ())


def test_an_answer_can_speak_against_a_criterion(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    sent(client, filled(draft(client, name), ANSWERS | {"her2_ihc_score": "1+", "her2_ish_result": "negative"}))
    assert determination(client, name)["ruling"] == "not-met"


def test_the_response_can_be_read_where_it_is_kept(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    reply = client.post(URL, json=filled(draft(client, name), ANSWERS))
    url = reply.headers["Location"]
    assert url.startswith(f"https://cds.example.org{URL}/")
    assert client.get(url.removeprefix("https://cds.example.org")).get_json() == reply.get_json()
    assert client.get(f"{URL}/other").status_code == 404


def test_the_same_response_again_gets_the_same_answer(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    response = filled(draft(client, name), ANSWERS)
    first = sent(client, response)
    assert sent(client, response | {"id": "another"}, 200) == first
    assert determination(client, name)["revision"] == 2


def test_what_answers_support_is_not_said_of_the_chart_alone(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    kept = sent(client, filled(draft(client, name), ANSWERS))
    reason = information(kept["extension"])["reason"]["text"]
    assert reason.startswith("The chart and the answers support every criterion")
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign())).get_json()
    assert "the chart and the answers support every criterion" in reply["cards"][0]["summary"]


def test_a_later_signing_and_a_later_form_start_from_what_was_answered(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    sent(client, filled(draft(client, name), ANSWERS))
    told = signed(client)
    assert told["coverage-assertion-id"] == name
    assert determination(client, name)["ruling"] == "met"
    answers = json.dumps(draft(client, name))
    assert '"valueInteger": 3' in answers
    assert '"code": "vinorelbine"' in answers


def test_a_response_in_progress_is_judged_as_far_as_it_goes(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    part = filled(draft(client, name), {"breast_cancer": True}, status="in-progress")
    sent(client, part)
    asked = [one["linkId"] for one in determination(client, name)["questions"]]
    assert "breast_cancer" not in asked
    assert "disease_extent" in asked


def test_a_finished_response_with_a_required_question_open_is_refused(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    without = {name: value for name, value in ANSWERS.items() if name != "disease_extent"}
    assert refused(client, filled(draft(client, name), without)) == ["disease_extent: is required, and not answered"]
    assert determination(client, name)["revision"] == 1


def test_every_answer_that_is_wrong_is_named(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    wrong = filled(draft(client, name), ANSWERS | {"her2_ihc_score": "4+", "breast_cancer": 1})
    found = refused(client, wrong)
    assert [one.split(":")[0] for one in found] == ["breast_cancer", "her2_ihc_score"]


def test_an_answer_against_the_chart_counts_and_is_listed(client: FlaskClient) -> None:
    name = signed(client, (SAMPLES / "03-margetuximab-her2-negative.json").read_bytes())["coverage-assertion-id"]
    sent(client, filled(draft(client, name), {"her2_ihc_score": "3+"}, status="in-progress"))
    now = determination(client, name)
    truths = {one["id"]: one["truth"] for one in now["criteria"]}
    assert truths["her2-positive.ihc"] == "met"
    assert [one["criterion"] for one in now["conflicts"]] == ["her2-positive.ihc"]


def test_of_many_determinations_only_the_call_of_the_one_that_is_meant_is_read(
    client: FlaskClient, container: Container
) -> None:
    """A call can be megabytes, and a patient can have hundreds."""
    doses = [{"dosageInstruction": [{"text": f"dose {number}"}]} for number in range(4)]
    orders = [medication_request(MARGETUXIMAB, id=f"mr{at}", **dose) for at, dose in enumerate(doses)]
    names = [signed(client, body(order_sign(one)))["coverage-assertion-id"] for one in orders]
    assert len(set(names)) == 4
    response = {key: value for key, value in filled(draft(client, names[1]), ANSWERS).items() if key != "identifier"}
    read: list[str] = []
    assert container.archive is not None
    event.listen(container.archive.engine, "before_cursor_execute", lambda *about: read.append(about[2]))
    reply = client.post(URL, json=response)
    assert (reply.status_code, information(reply.get_json()["extension"])["coverage-assertion-id"]) == (201, names[1])
    assert sum("calls.request" in one for one in read) == 1


def test_where_two_servers_have_a_patient_of_that_id_the_identifier_is_needed(client: FlaskClient) -> None:
    """Ids differ from server to server: the other patient's chart must not be answered for."""
    name = signed(client)["coverage-assertion-id"]
    whole = filled(draft(client, name), ANSWERS)
    response = {key: value for key, value in whole.items() if key != "identifier"}
    elsewhere = body(order_sign() | {"fhirServer": "https://another.example.org/fhir"})
    assert signed(client, elsewhere)["coverage-assertion-id"] != name
    for url in (URL, "/fhir/Questionnaire/$next-question"):
        reply = client.post(url, json=response)
        (fault,) = reply.get_json()["issue"]
        assert (reply.status_code, fault["code"]) == (422, "not-found")
        assert "identifier" in fault["details"]["text"]
    assert information(sent(client, whole)["extension"])["coverage-assertion-id"] == name


@pytest.mark.parametrize("dropped", [{"identifier"}, {"identifier", "extension"}], ids=["with coverage", "alone"])
def test_without_the_identifier_the_subject_says_which_determination(client: FlaskClient, dropped: set[str]) -> None:
    """With its coverage, or where there is only one: a renderer drops the whole head."""
    name = signed(client)["coverage-assertion-id"]
    response = {key: value for key, value in filled(draft(client, name), ANSWERS).items() if key not in dropped}
    assert information(sent(client, response)["extension"])["coverage-assertion-id"] == name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"identifier": None, "extension": [], "subject": {"reference": "Patient/p2"}}, "names no determination"),
        ({"identifier": {"system": "https://x.example.org/determination", "value": "other"}}, "names no determination"),
        ({"subject": {"reference": "Patient/p2"}}, "not the patient"),
        ({"subject": None}, "not the patient"),
        ({"questionnaire": "https://cds.example.org/fhir/Questionnaire/margetuximab-initial|2020-01-01"}, "no form"),
        ({"questionnaire": "https://cds.example.org/fhir/Questionnaire/elranatamab-initial|2025-12-11"}, "not the one"),
    ],
)
def test_a_response_that_belongs_elsewhere_is_refused(client: FlaskClient, change: Json, said: str) -> None:
    name = signed(client)["coverage-assertion-id"]
    changed = filled(draft(client, name), ANSWERS) | change
    content = {key: value for key, value in changed.items() if value is not None}
    assert said in " ".join(refused(client, content))
    assert determination(client, name)["revision"] == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"resourceType": "Bundle"}', b'{"a": 1, "a": 2}'])
def test_what_is_no_response_is_refused(client: FlaskClient, content: bytes) -> None:
    reply = client.post(URL, data=content, content_type="application/fhir+json")
    assert reply.status_code == 400
    assert reply.get_json()["resourceType"] == "OperationOutcome"


def test_another_media_type_is_refused(client: FlaskClient) -> None:
    assert client.post(URL, data=b"<a/>", content_type="application/xml").status_code == 415


def test_in_open_mode_answers_are_taken_on_this_machine_only(client: FlaskClient) -> None:
    reply = client.post(URL, json={}, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert reply.status_code == 401


def test_answers_of_one_coverage_are_not_those_of_another(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    sent(client, filled(draft(client, name), ANSWERS))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": coverage("cov2")}]}
    other = order_sign(prefetch={"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": bundle})
    second = signed(client, body(other))["coverage-assertion-id"]
    assert second != name
    assert determination(client, second)["ruling"] == "unknown"
