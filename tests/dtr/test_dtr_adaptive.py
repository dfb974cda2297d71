"""`$next-question` through the real application: step by step to the determination, in both versions of DTR."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient
from sqlalchemy import func, select

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.tables import RESPONSES
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.dtr.adaptive_parts import (
    BASES,
    FAVOURABLE,
    HOME,
    VERSIONS,
    Json,
    answered,
    answers,
    asked,
    information,
    items,
    package,
    posted,
    sections,
    signed,
    stepped,
    walked,
)
from tests.dtr.packages import parameters
from tests.service.calls import order_sign
from tests.world import compose

SAMPLES = Path(cds_service.__file__).parent / "samples"
FORM = f"{HOME}/Questionnaire/margetuximab-initial-adaptive"


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def determination(client: FlaskClient, name: str) -> Json:
    return dict(client.get(f"/determinations/{name}").get_json())


def sample(name: str) -> Json:
    return dict(json.loads((SAMPLES / name).read_text(encoding="utf-8")))


def refused(client: FlaskClient, base: str, content: Any, status: int = 400) -> list[str]:
    reply = posted(client, base, content)
    assert (reply.status_code, reply.content_type) == (status, "application/fhir+json"), reply.text
    return [f"{one['code']}: {one['details']['text']}" for one in reply.get_json()["issue"]]


@pytest.mark.requirement("dtr22.spec-23", "dtr22.spec-24", "dtr22.spec-25")
@pytest.mark.parametrize("base", BASES)
def test_the_package_holds_the_search_form_and_a_draft_with_a_form_derived_from_it(
    client: FlaskClient, base: str
) -> None:
    form, draft = package(client, base, signed(client, base))
    Questionnaire.model_validate(form)
    QuestionnaireResponse.model_validate(draft)
    assert (form["url"], form["id"]) == (FORM, "margetuximab-initial-adaptive")
    (where,) = [one["valueUrl"] for one in form["extension"] if one["url"].endswith("questionnaireAdaptive")]
    assert where == f"https://cds.example.org{base}"
    (contained,) = draft["contained"]
    assert (draft["questionnaire"], draft["status"]) == (f"#{contained['id']}", "in-progress")
    assert contained["derivedFrom"] == [f"{FORM}|{form['version']}"]
    assert ("item" in form, "item" in contained, "item" in draft) == ((base != "/fhir"),) * 3
    assert ("url" in contained, "text" in contained) == (base == "/fhir", base != "/fhir")


@pytest.mark.requirement("dtr22.spec-33", "dtr22.spec-36", "dtr22.spec-39", "dtr22.spec-148")
@pytest.mark.parametrize("base", BASES)
def test_favourable_answers_lead_to_met_and_the_response_is_kept(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    _, draft = package(client, base, name)
    steps = walked(client, base, draft, FAVOURABLE)
    assert [one["status"] for one in steps] == ["in-progress"] * (len(steps) - 1) + ["completed"]
    for before, after in pairwise(steps):
        assert sections(after)[: len(sections(before))] == sections(before)
        assert len(sections(after)) - len(sections(before)) in {0, 1}
    last = steps[-1]
    QuestionnaireResponse.model_validate(last)
    assert sections(last) == sections(steps[-2])
    assert answers(last) == FAVOURABLE
    told = information(last)
    assert (told["coverage-assertion-id"], told["pa-needed"]) == (name, "auth-needed")
    now = determination(client, name)
    assert (now["ruling"], now["revisions"][-1]["cause"]) == ("met", "a form was answered")
    address = f"{base}/QuestionnaireResponse/{last['id']}"
    assert client.get(address).get_json() == last
    (ended,) = [one for one in last["contained"][0]["item"] if one["type"] == "display"]
    assert "complete" in ended["text"]
    told = [one["text"] for one in steps[-2]["contained"][0]["item"] if one["type"] == "display"]
    assert told == ["These are the last clinical questions."]
    assert not [one for step in steps[:-2] for one in step["contained"][0]["item"] if one["type"] == "display"]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("question", ["disease_extent", "combination_partner", "breast_cancer"])
def test_an_answer_that_settles_the_ruling_ends_the_form(client: FlaskClient, base: str, question: str) -> None:
    against = {"disease_extent": "neither", "combination_partner": "none", "breast_cancer": False}[question]
    name = signed(client, base)
    _, draft = package(client, base, name)
    steps = walked(client, base, draft, FAVOURABLE | {question: against})
    assert determination(client, name)["ruling"] == "not-met"
    assert answers(steps[-1])[question] == against
    favourable = walked(client, base, package(client, base, signed(client, base))[1], FAVOURABLE)
    assert len(steps) < len(favourable)


@pytest.mark.requirement("dtr22.spec-26")
@pytest.mark.parametrize("base", BASES)
def test_only_what_is_open_is_asked_and_its_group_is_filled_in(client: FlaskClient, base: str) -> None:
    name = signed(client, base, sample("04-margetuximab-her2-equivocal.json"))
    first = stepped(client, base, package(client, base, name)[1])
    assert "her2_ish_result" in asked(first)
    given = {one["linkId"]: one["answer"][0] for one in items(first) if "answer" in one}
    assert given["her2_ihc_score"]["valueCoding"]["code"] == "2+"
    (origin,) = given["her2_ihc_score"]["extension"]
    assert origin["extension"] == [{"url": "source", "valueCode": "auto-server" if base == "/fhir" else "auto"}]
    last = stepped(client, base, answered(first, {"her2_ish_result": "positive"}))
    open_now = determination(client, name)["questions"] if last["status"] == "completed" else None
    assert last["status"] == "in-progress" or open_now == []


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("name", "ruling"),
    [("01-margetuximab-everything-met.json", "met"), ("03-margetuximab-her2-negative.json", "not-met")],
)
def test_a_chart_that_leaves_nothing_open_is_asked_nothing(
    client: FlaskClient, base: str, name: str, ruling: str
) -> None:
    assertion = signed(client, base, sample(name))
    assert determination(client, assertion)["ruling"] == ruling
    shown, last = walked(client, base, package(client, base, assertion)[1], {})
    assert (sections(shown)[-1], shown["status"], asked(shown)) == ("request:taken", "in-progress", [])
    assert answers(last) == answers(shown) != {}
    QuestionnaireResponse.model_validate(last)
    assert determination(client, assertion)["ruling"] == ruling


@pytest.mark.parametrize("base", BASES)
def test_the_same_step_again_gets_the_same_answer(client: FlaskClient, base: str, container: Container) -> None:
    name = signed(client, base)
    steps = walked(client, base, package(client, base, name)[1], FAVOURABLE)
    sent = [package(client, base, name)[1]]
    sent += [answered(one, FAVOURABLE) for one in steps[:-1]]
    revision = determination(client, name)["revision"]

    def kept() -> int:
        assert container.archive is not None
        with container.archive.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(RESPONSES)).scalar_one())

    before = kept()
    assert stepped(client, base, sent[-1]) == steps[-1]
    assert stepped(client, base, steps[-1]) == steps[-1]
    again = client.post(f"{base}/QuestionnaireResponse", json=steps[-1])
    assert (again.status_code, again.get_json()) == (200, steps[-1])
    assert (kept(), determination(client, name)["revision"]) == (before, revision)
    assert stepped(client, base, sent[1]) == stepped(client, base, sent[1])


@pytest.mark.requirement("dtr22.sec-10")
@pytest.mark.parametrize("base", BASES)
def test_items_that_take_no_answer_may_come_back(client: FlaskClient, base: str) -> None:
    """A renderer may export what it merely shows."""
    steps = walked(client, base, package(client, base, signed(client, base))[1], FAVOURABLE)
    sent = answered(steps[-2], FAVOURABLE)
    shown = [{"linkId": one["linkId"], "text": one["text"]} for one in steps[-2]["contained"][0]["item"]]
    sent["item"] += [one for one in shown if one["linkId"] == "request:ended"]
    assert stepped(client, base, sent)["status"] == "completed"


@pytest.mark.parametrize("base", BASES)
def test_nothing_is_kept_before_the_end(client: FlaskClient, base: str, container: Container) -> None:
    name = signed(client, base)
    assert container.archive is not None
    with container.archive.engine.connect() as connection:
        before = connection.execute(select(func.count()).select_from(RESPONSES)).scalar_one()
    first = stepped(client, base, package(client, base, name)[1])
    stepped(client, base, answered(first, FAVOURABLE))
    with container.archive.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(RESPONSES)).scalar_one() == before
    assert determination(client, name)["revision"] == 1


@pytest.mark.parametrize("base", BASES)
def test_a_required_answer_that_is_missing_is_asked_again(client: FlaskClient, base: str) -> None:
    given = {name: value for name, value in FAVOURABLE.items() if name != "disease_extent"}
    step = stepped(client, base, package(client, base, signed(client, base))[1])
    assert stepped(client, base, step) == step
    while "diagnosis" not in sections(step):
        step = stepped(client, base, answered(step, given))
    half = answered(step, given)
    again = stepped(client, base, half)
    assert (again["status"], sections(again)) == ("in-progress", sections(step))
    assert answers(again) == answers(half)
    assert sections(stepped(client, base, answered(again, FAVOURABLE))) != sections(step)


@pytest.mark.parametrize("base", BASES)
def test_who_leaves_open_what_need_not_be_answered_is_not_held_up(client: FlaskClient, base: str) -> None:
    """An ISH result is asked where two contradict each other, and nobody must have one."""
    name = signed(client, base, sample("05-margetuximab-ish-conflict.json"))
    first = stepped(client, base, package(client, base, name)[1])
    assert first["status"] == "in-progress"
    ended = stepped(client, base, first)
    assert ended["status"] == "completed"
    now = determination(client, name)
    assert (now["ruling"], [one["linkId"] for one in now["questions"]]) == ("unknown", ["her2_ish_result"])


@pytest.mark.parametrize("base", BASES)
def test_an_answer_that_settles_nothing_is_an_answer(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    steps = walked(
        client,
        base,
        package(client, base, name)[1],
        FAVOURABLE | {"her2_ihc_score": "2+"} | {"her2_ish_result": "equivocal"},
    )
    assert steps[-1]["status"] == "completed"
    assert determination(client, name)["ruling"] == "unknown"


@pytest.mark.parametrize("base", BASES)
def test_an_earlier_answer_is_carried_along(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    step = stepped(client, base, package(client, base, name)[1])
    while "diagnosis" not in sections(step):
        step = stepped(client, base, answered(step, FAVOURABLE))
    part = answered(step, FAVOURABLE)
    assert client.post(f"{base}/QuestionnaireResponse", json=part).status_code == 201
    later = stepped(client, base, package(client, base, name)[1])
    assert answers(later)["disease_extent"] == "metastatic"
    walked(client, base, package(client, base, name)[1], FAVOURABLE)
    assert determination(client, name)["ruling"] == "met"


@pytest.mark.parametrize("base", BASES)
def test_a_later_signing_starts_from_the_finished_form(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    walked(client, base, package(client, base, name)[1], FAVOURABLE)
    patient = determination(client, name)["patient"].removeprefix("Patient/")
    text = (
        json.dumps(order_sign(extension={"davinci-crd.requestedVersion": VERSIONS[base]}))
        .replace("Patient/p1", f"Patient/{patient}")
        .replace('"p1"', f'"{patient}"')
    )
    reply = client.post("/cds-services/order-sign-crd", data=text).get_json()
    assert information(reply["systemActions"][0]["resource"])["coverage-assertion-id"] == name
    assert determination(client, name)["ruling"] == "met"


@pytest.mark.parametrize("base", BASES)
def test_a_response_is_posted_bare_or_in_parameters_of_any_version(client: FlaskClient, base: str) -> None:
    _, draft = package(client, base, signed(client, base))
    bare = stepped(client, base, draft)
    for name in ("questionnaire-response", "questionnaire-response-in", "in", "resource"):
        wrapped = {"resourceType": "Parameters", "parameter": [{"name": name, "resource": draft}]}
        assert stepped(client, base, wrapped) == bare
    profile = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/dtr-next-question-input-parameters"
    strict = {"resourceType": "Parameters", "meta": {"profile": [profile]}}
    strict["parameter"] = [{"name": "questionnaire-response", "resource": draft}]
    (given,) = stepped(client, base, strict)["parameter"]
    assert given == {"name": "return", "resource": bare}
    for address in ("", "/$next-question", "/Questionnaire/margetuximab-initial-adaptive/$next-question"):
        assert posted(client, base, draft, address).get_json() == bare


@pytest.mark.requirement("dtr22.spec-147")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("answer", "link_id"),
    [
        ({"disease_extent": {"valueString": "metastatic"}}, "disease_extent"),
        ({"disease_extent": {"valueCoding": {"code": "other"}}}, "disease_extent"),
        ({"breast_cancer": {"valueInteger": 1}}, "breast_cancer"),
        ({"prior_anti_her2_therapies": {"valueInteger": -1}}, "prior_anti_her2_therapies"),
    ],
)
def test_an_answer_that_does_not_fit_is_named(client: FlaskClient, base: str, answer: Json, link_id: str) -> None:
    first = stepped(client, base, package(client, base, signed(client, base))[1])
    given = [{"linkId": name, "answer": [value]} for name, value in answer.items()]
    (fault,) = refused(client, base, first | {"item": given})
    assert fault.startswith(f"invalid: {link_id}: ")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"questionnaire": f"{HOME}/Questionnaire/other|2026-05-06"}, 422, "not-found"),
        ({"questionnaire": "#elsewhere"}, 422, "not-found"),
        ({"contained": []}, 422, "not-found"),
        ({"subject": {"reference": "Patient/other"}}, 422, "business-rule"),
        ({"identifier": {"system": f"{HOME}/determination", "value": "none"}}, 422, "not-found"),
        ({"status": "entered-in-error"}, 400, "invalid"),
        ({"item": "none"}, 400, "invalid"),
        ({"contained": [{"resourceType": "Questionnaire", "item": 7}]}, 400, "invalid"),
        ({"resourceType": "Bundle"}, 400, "structure"),
    ],
)
def test_a_response_that_cannot_be_stepped_is_told_why(
    client: FlaskClient, base: str, change: Json, status: int, code: str
) -> None:
    _, draft = package(client, base, signed(client, base))
    (fault,) = refused(client, base, draft | change, status)
    assert fault.startswith(f"{code}: ")


@pytest.mark.parametrize("base", BASES)
def test_parameters_without_a_response_are_refused(client: FlaskClient, base: str) -> None:
    (fault,) = refused(client, base, {"resourceType": "Parameters", "parameter": []})
    assert fault.startswith("required: ")
    for body in (b"", b"{", b"[]", b"7"):
        reply = client.post(f"{base}/Questionnaire/$next-question", data=body, content_type="application/fhir+json")
        assert reply.status_code == 400


def test_what_is_asked_does_not_hang_on_the_form_that_the_client_contains(client: FlaskClient) -> None:
    _, draft = package(client, "/fhir", signed(client, "/fhir"))
    told = stepped(client, "/fhir", draft)
    (contained,) = draft["contained"]
    forged = contained | {"title": "Other", "item": [{"linkId": "x", "type": "boolean", "text": "Another question?"}]}
    assert stepped(client, "/fhir", draft | {"contained": [forged]}) == told


@pytest.mark.requirement("dtr22.spec-43", "dtr22.sec-10")
@pytest.mark.parametrize("base", BASES)
def test_without_a_determination_the_answers_alone_are_judged_and_nothing_is_kept(
    client: FlaskClient, base: str
) -> None:
    form = client.get(f"{base}/Questionnaire/margetuximab-initial-adaptive").get_json()
    own = {"resourceType": "Questionnaire", "id": "q", "status": "active", "derivedFrom": [f"{FORM}|{form['version']}"]}
    begun = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "questionnaire": "#q",
        "contained": [own],
    }
    steps = walked(client, base, begun, FAVOURABLE)
    assert len(steps) == 5
    assert all("extension" not in one and "id" not in one for one in steps)
    direct = {"resourceType": "QuestionnaireResponse", "status": "in-progress", "questionnaire": own["derivedFrom"][0]}
    assert sections(stepped(client, base, direct)) == sections(steps[0])


@pytest.mark.parametrize("base", BASES)
def test_a_finished_response_that_leaves_questions_open_is_not_taken(client: FlaskClient, base: str) -> None:
    first = stepped(client, base, package(client, base, signed(client, base))[1])
    reply = client.post(f"{base}/QuestionnaireResponse", json=first | {"status": "completed"})
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (422, "required")


@pytest.mark.requirement("dtr22.spec-15")
@pytest.mark.parametrize("base", BASES)
def test_adaptive_forms_are_read_and_found_beside_the_others(client: FlaskClient, base: str) -> None:
    form = client.get(f"{base}/Questionnaire/margetuximab-initial-adaptive").get_json()
    found = client.get(f"{base}/Questionnaire", query_string={"url": FORM, "version": form["version"]}).get_json()
    assert [one["resource"] for one in found["entry"]] == [form]
    assert client.get(f"{base}/Questionnaire/margetuximab-initial-adaptive?version=2020-01-01").status_code == 404
    (rest,) = client.get(f"{base}/metadata").get_json()["rest"]
    (forms,) = [one for one in rest["resource"] if one["type"] == "Questionnaire"]
    assert form["meta"]["profile"][0] in forms["supportedProfile"]
    assert "next-question" in {one["name"] for one in forms["operation"]}


@pytest.mark.parametrize("base", BASES)
def test_an_adaptive_form_can_be_asked_for_by_version_and_beside_the_static_one(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    version = client.get(f"{base}/Questionnaire/margetuximab-initial").get_json()["version"]
    named = [f"{FORM}|{version}", f"{HOME}/Questionnaire/margetuximab-initial", f"{FORM}|2020-01-01"]
    forms_named = [{"name": "questionnaire", "valueCanonical": one} for one in named]
    content = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}, *forms_named]}
    told = parameters(client.post(f"{base}/Questionnaire/$questionnaire-package", json=content).get_json())
    forms = [one["resource"]["entry"][0]["resource"]["id"] for one in told[:2]]
    assert forms == ["margetuximab-initial-adaptive", "margetuximab-initial"]
    assert told[2]["resource"]["issue"][0]["code"] == "not-found"


@pytest.fixture(scope="module")
def approving(container: Container, policies_on_file: Catalogue) -> FlaskClient:
    """The service on the same store, after the payer has turned automatic approval on."""
    assert container.archive is not None
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return create_app(compose(settings, policies_on_file, TODAY, container.archive.engine)).test_client()


def issue(response: Json, value: Any) -> Json:
    made = {**response, "item": [*response["item"][:-1]]}
    group = response["item"][-1]
    assert group["linkId"] == "request:authorization"
    made["item"].append({**group, "item": [{**group["item"][0], "answer": [{"valueBoolean": value}]}]})
    return made


@pytest.mark.requirement("dtr22.spec-41")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("wanted", [True, False])
def test_where_the_machine_can_authorize_the_last_question_asks_whether_to_issue_the_number(
    client: FlaskClient, approving: FlaskClient, base: str, wanted: bool
) -> None:
    name = signed(client, base, sample("01-margetuximab-everything-met.json"))
    asked_last = stepped(approving, base, package(approving, base, name)[1])
    assert (asked_last["status"], asked(asked_last)[-1]) == ("in-progress", "request:issue")
    assert determination(client, name)["revision"] == 1
    assert stepped(approving, base, asked_last) == asked_last
    (fault,) = refused(approving, base, issue(asked_last, "yes"))
    assert fault.startswith("invalid: request:issue")
    last = stepped(approving, base, issue(asked_last, wanted))
    assert last["status"] == "completed"
    told = information(last)
    assert (told["pa-needed"], "satisfied-pa-id" in told) == (("satisfied", True) if wanted else ("auth-needed", False))
    assert stepped(approving, base, issue(asked_last, wanted)) == last
    again = approving.post(f"{base}/QuestionnaireResponse", json=last)
    assert (again.status_code, again.get_json()) == (200, last)
    QuestionnaireResponse.model_validate(last)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("wanted", [True, False])
def test_what_a_person_said_to_the_number_counts_where_the_finished_response_is_posted_too(
    client: FlaskClient, approving: FlaskClient, base: str, wanted: bool
) -> None:
    name = signed(client, base, sample("01-margetuximab-everything-met.json"))
    asked_last = stepped(approving, base, package(approving, base, name)[1])
    finished = issue(asked_last, wanted) | {"status": "completed"}
    reply = approving.post(f"{base}/QuestionnaireResponse", json=finished)
    assert reply.status_code == 201, reply.text
    assert ("satisfied-pa-id" in information(reply.get_json())) == wanted


@pytest.mark.parametrize("base", BASES)
def test_until_a_person_has_said_whether_to_issue_the_number_and_finished_a_posted_response_gets_none(
    client: FlaskClient, approving: FlaskClient, base: str
) -> None:
    name = signed(client, base, sample("01-margetuximab-everything-met.json"))
    asked_last = stepped(approving, base, package(approving, base, name)[1])
    for unfinished in (asked_last, issue(asked_last, True)):
        reply = approving.post(f"{base}/QuestionnaireResponse", json=unfinished)
        assert reply.status_code == 201, reply.text
        assert "satisfied-pa-id" not in information(reply.get_json())
    finished = approving.post(f"{base}/QuestionnaireResponse", json=asked_last | {"status": "completed"})
    (fault,) = finished.get_json()["issue"]
    assert (finished.status_code, fault["code"]) == (422, "required")
    assert "request:issue" in fault["expression"][0]


def test_a_persons_word_is_not_authorized_and_so_nothing_is_asked(client: FlaskClient, approving: FlaskClient) -> None:
    name = signed(client, "/fhir")
    last = walked(approving, "/fhir", package(approving, "/fhir", name)[1], FAVOURABLE)[-1]
    assert (determination(client, name)["ruling"], information(last)["pa-needed"]) == ("met", "auth-needed")
    assert "request:authorization" not in sections(last)


def after(response: Json) -> str:
    return (datetime.fromisoformat(response["authored"]) + timedelta(seconds=1)).isoformat()


@pytest.mark.requirement("dtr22.spec-45")
@pytest.mark.parametrize("base", BASES)
def test_completing_the_form_again_for_the_same_order_replaces_the_former(client: FlaskClient, base: str) -> None:
    name = signed(client, base)
    walked(client, base, package(client, base, name)[1], FAVOURABLE)
    later = package(client, base, name)[1]
    carried = stepped(client, base, later)
    assert (carried["status"], answers(carried)) == ("in-progress", FAVOURABLE)
    changed = json.loads(json.dumps(carried).replace('"vinorelbine"', '"none"'))
    last = stepped(client, base, changed | {"authored": after(later)})
    assert information(last)["coverage-assertion-id"] == name
    assert determination(client, name)["ruling"] == "not-met"


@pytest.mark.requirement("dtr22.spec-38")
@pytest.mark.parametrize("base", BASES)
def test_nine_of_ten_steps_are_quick(client: FlaskClient, base: str) -> None:
    taken: list[float] = []
    for _ in range(3):
        content = package(client, base, signed(client, base))[1]
        while content["status"] != "completed":
            begun = perf_counter()
            content = stepped(client, base, content)
            taken.append(perf_counter() - begun)
            content = answered(content, FAVOURABLE)
    assert len(taken) > 10
    assert sorted(taken)[int(len(taken) * 0.9)] < 1
