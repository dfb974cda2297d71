"""An answered form that comes in an odd way: old, twice, from two windows, taken back, dated ahead, wrong."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine, new_url
from tests.dtr.adaptive_parts import FAVOURABLE, answered, answers, items, package, posted, sections, stepped
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_answered import (
    ANSWERS,
    SAMPLES,
    URL,
    Json,
    determination,
    draft,
    filled,
    information,
    refused,
    sent,
    signed,
)
from tests.service.calls import MARGETUXIMAB, body, coverage, medication_request, order_sign

BASE = "https://cds.example.org"
NEGATIVE = (SAMPLES / "03-margetuximab-her2-negative.json").read_bytes()
ELRANATAMAB = {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J1323"}


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = new_engine()
    yield compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture
def name(client: FlaskClient) -> str:
    return str(signed(client)["coverage-assertion-id"])


def walked(client: FlaskClient, content: Json, given: Json) -> Json:
    """Answer step by step to the end."""
    for _ in range(12):
        content = stepped(client, "/fhir", content)
        if content["status"] == "completed":
            return content
        content = answered(content, given)
    raise AssertionError("it does not end")


def ruling(client: FlaskClient, name: str) -> str:
    return str(determination(client, name)["ruling"])


def coded(code: str, **members: Any) -> Json:
    return {"valueCoding": {"system": f"{BASE}/fhir/CodeSystem/answers", "code": code} | members}


def put(response: Json, link_id: str, *values: Json) -> Json:
    """Put an answer where its item stands, or at the end."""
    made = json.loads(json.dumps(response))
    found = [one for one in items(made) if one["linkId"] == link_id]
    for one in found:
        one["answer"] = list(values)
    return dict(made if found else made | {"item": [*made["item"], {"linkId": link_id, "answer": list(values)}]})


def test_an_old_draft_sent_again_says_what_was_answered_and_loses_none_of_it(client: FlaskClient, name: str) -> None:
    old = package(client, "/fhir", name)[1]
    half = answered(stepped(client, "/fhir", old), FAVOURABLE)
    walked(client, old, FAVOURABLE)
    assert ruling(client, name) == "met"
    for again in (old, half):
        carried = stepped(client, "/fhir", again)
        assert (carried["status"], answers(carried)) == ("in-progress", FAVOURABLE)
        done = stepped(client, "/fhir", carried)
        assert (done["status"], answers(done)) == ("completed", FAVOURABLE)
        assert ruling(client, name) == "met"
    assert answers(draft(client, name)).items() >= FAVOURABLE.items()


def test_an_old_draft_cannot_be_posted_as_finished_without_what_is_required(client: FlaskClient, name: str) -> None:
    half = stepped(client, "/fhir", package(client, "/fhir", name)[1])
    assert "is required" in " ".join(refused(client, half | {"status": "completed"}))
    walked(client, package(client, "/fhir", name)[1], FAVOURABLE)
    kept = sent(client, half | {"status": "completed"})
    form = kept["contained"][0]
    required = {one["linkId"] for one in items(form) if one.get("required")}
    assert required <= answers(kept).keys()
    assert answers(kept) == FAVOURABLE
    assert ruling(client, name) == "met"


@pytest.mark.parametrize("base", ["/fhir", "/fhir/dtr/2.0.1"])
def test_what_need_not_be_asked_any_more_is_not_required(client: FlaskClient, base: str) -> None:
    name = signed(client, NEGATIVE)["coverage-assertion-id"]
    shown = stepped(client, base, package(client, base, name)[1])
    last = stepped(client, base, shown)
    assert last["status"] == "completed"
    for response in (shown, last):
        required = {one["linkId"] for one in items(response["contained"][0]) if one.get("required")}
        assert required <= answers(response).keys()


def test_the_last_section_shows_what_was_taken_from_the_chart_and_can_be_corrected(client: FlaskClient) -> None:
    name = signed(client, NEGATIVE)["coverage-assertion-id"]
    shown = stepped(client, "/fhir", package(client, "/fhir", name)[1])
    assert (shown["status"], sections(shown)[-1]) == ("in-progress", "request:taken")
    (form,) = shown["contained"]
    told = {one["linkId"]: one["text"] for one in items(form) if one["linkId"].endswith(":beside")}
    assert told["her2_ihc_score:beside"].startswith("From the chart: ")
    assert "HER2 IHC 1+, Jun 22, 2026" in told["her2_ihc_score:beside"]
    assert "Observation/" not in "".join(told.values())
    origin = next(one for one in items(shown) if one["linkId"] == "her2_ihc_score")["answer"][0]["extension"][0]
    assert origin["extension"] == [{"url": "source", "valueCode": "auto"}]
    assert ruling(client, name) == "not-met"
    corrected = stepped(client, "/fhir", put(shown, "her2_ihc_score", coded("3+")))
    walked(client, corrected, FAVOURABLE)
    (ihc,) = [one for one in determination(client, name)["criteria"] if one["id"] == "her2-positive.ihc"]
    assert (ihc["truth"], "The chart says otherwise" in ihc["note"]) == ("met", True)


def test_two_windows_do_not_lose_each_others_answers(client: FlaskClient, name: str) -> None:
    first, second = draft(client, name), draft(client, name)
    parts = [dict(list(ANSWERS.items())[:3]), dict(list(ANSWERS.items())[3:])]
    sent(client, filled(first, parts[0], status="in-progress"))
    kept = sent(client, filled(second, parts[1], status="in-progress"))
    assert answers(kept).items() >= ANSWERS.items()
    assert ruling(client, name) == "met"
    assert information(signed_again(client)["extension"])["coverage-assertion-id"] == name
    assert ruling(client, name) == "met"


def signed_again(client: FlaskClient) -> Json:
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign())).get_json()
    return dict(reply["systemActions"][0]["resource"])


def test_evidence_names_the_response_in_which_an_answer_was_given(client: FlaskClient, name: str) -> None:
    first = sent(client, filled(draft(client, name), {"breast_cancer": True}, status="in-progress"))
    sent(client, filled(draft(client, name), {"disease_extent": "metastatic"}, status="in-progress") | {"item": [
        {"linkId": "disease_extent", "answer": [coded("metastatic")]}]})  # fmt: skip
    (found,) = [one for one in determination(client, name)["criteria"] if one["id"] == "diagnosis.breast-cancer"]
    assert [one["reference"] for one in found["evidence"]] == [f"QuestionnaireResponse/{first['id']}"]


def test_what_a_machine_filled_in_does_not_overrule_a_person(client: FlaskClient) -> None:
    """A draft of before, sent unchanged after somebody has corrected the chart in another window."""
    name = signed(client, NEGATIVE)["coverage-assertion-id"]
    old = draft(client, name)
    sent(client, put(old, "her2_ihc_score", coded("3+")))
    kept = sent(client, old)
    assert answers(kept)["her2_ihc_score"] == "3+"
    (ihc,) = [one for one in determination(client, name)["criteria"] if one["id"] == "her2-positive.ihc"]
    assert ihc["truth"] == "met"


def test_an_older_response_counts_where_it_contradicts_no_later_answer(client: FlaskClient, name: str) -> None:
    whole = draft(client, name)
    later = filled(whole, {"breast_cancer": True}, status="in-progress", authored="2026-11-25T10:00:00Z")
    sent(client, later)
    older = filled(whole, {"disease_extent": "metastatic"}, status="in-progress", authored="2026-11-25T09:00:00Z")
    assert answers(sent(client, older)).keys() >= {"breast_cancer", "disease_extent"}
    against = filled(whole, {"breast_cancer": False}, status="in-progress", authored="2026-11-25T09:30:00Z")
    assert [one.split(":")[0] for one in refused(client, against)] == ["breast_cancer"]


@pytest.mark.parametrize("status", [None, "", "draft", "final", "Completed"])
def test_a_form_without_a_status_that_fhir_has_is_refused_and_not_kept(
    client: FlaskClient, container: Container, name: str, status: str | None
) -> None:
    content = filled(draft(client, name), ANSWERS) | {"status": status}
    if status is None:
        content.pop("status")
    assert "status must be one of" in " ".join(refused(client, content))
    assert container.archive is not None
    assert container.archive.responses(name) == ()
    adaptive = package(client, "/fhir", name)[1] | {"status": status or "none"}
    assert posted(client, "/fhir", adaptive).status_code == 400


@pytest.mark.parametrize("status", ["stopped", "entered-in-error"])
def test_what_is_stopped_or_entered_in_error_decides_nothing_and_takes_back_what_it_said(
    client: FlaskClient, name: str, status: str
) -> None:
    never = filled(draft(client, name), ANSWERS, status=status)
    sent(client, {key: value for key, value in never.items() if key != "id"})
    assert (ruling(client, name), determination(client, name)["revision"]) == ("unknown", 1)
    other = filled(draft(client, name), {"breast_cancer": True}, status="in-progress", id="window-1")
    sent(client, other)
    said = filled(draft(client, name), ANSWERS, id="window-2")
    sent(client, said)
    assert ruling(client, name) == "met"
    sent(client, said | {"status": status})
    sent(client, said | {"status": status}, 200)
    assert ruling(client, name) == "unknown"
    now = determination(client, name)
    assert "breast_cancer" not in [one["linkId"] for one in now["questions"]]
    assert answers(draft(client, name)) == {"breast_cancer": True}
    sent(client, said)
    assert ruling(client, name) == "met"
    signed_again(client)
    assert ruling(client, name) == "met"


def test_a_response_is_taken_back_by_the_id_that_we_gave_or_by_what_it_said(client: FlaskClient, name: str) -> None:
    plain = {key: value for key, value in filled(draft(client, name), ANSWERS).items() if key != "id"}
    kept = sent(client, plain)
    sent(client, {**kept, "status": "entered-in-error"})
    assert ruling(client, name) == "unknown"
    sent(client, plain)
    assert ruling(client, name) == "met"
    sent(client, plain | {"status": "stopped", "authored": "2026-11-25T23:00:00Z"})
    assert ruling(client, name) == "unknown"


@pytest.mark.parametrize("authored", ["2099-01-01T00:00:00Z", "2099-01-01", "2099-01", "2099", "2099-01-01T00:00:00"])
def test_a_form_from_the_future_is_refused_and_locks_nobody_out(client: FlaskClient, name: str, authored: str) -> None:
    content = filled(draft(client, name), ANSWERS)
    assert refused(client, content | {"authored": authored}) == ["authored lies in the future"]
    sent(client, content)
    assert ruling(client, name) == "met"


@pytest.mark.parametrize(("ahead", "status"), [(50, 201), (90, 422)])
def test_a_clock_may_be_ahead_by_the_leeway(client: FlaskClient, name: str, ahead: int, status: int) -> None:
    authored = (datetime.now(UTC) + timedelta(seconds=ahead)).isoformat()
    pinned_ahead = datetime.now(UTC).astimezone().date() < TODAY
    sent(client, filled(draft(client, name), ANSWERS, authored=authored), 201 if pinned_ahead else status)


def test_the_same_form_many_times_at_once_is_one_answer(policies_on_file: Catalogue, tmp_path: Path) -> None:
    container = compose(Settings(base_url=BASE), policies_on_file, TODAY, open_engine(new_url(tmp_path)))
    application = create_app(container)
    name = signed(application.test_client())["coverage-assertion-id"]
    content = filled(draft(application.test_client(), name), ANSWERS)
    with ThreadPoolExecutor(10) as threads:
        replies = list(threads.map(lambda _: application.test_client().post(URL, json=content), range(10)))
    assert sorted(one.status_code for one in replies) == [200] * 9 + [201]
    assert len({one.get_json()["id"] for one in replies}) == 1
    assert determination(application.test_client(), name)["revision"] == 2
    parts = [{one: ANSWERS[one]} for one in ("breast_cancer", "combination_partner", "disease_extent")]
    other = signed(application.test_client(), body(order_sign(medication_request(MARGETUXIMAB, dosageInstruction=[
        {"text": "another"}]))))["coverage-assertion-id"]  # fmt: skip
    blank = draft(application.test_client(), other)
    with ThreadPoolExecutor(3) as threads:
        sent_parts = [filled(blank, one, status="in-progress") for one in parts]
        assert {one.status_code for one in threads.map(
            lambda one: application.test_client().post(URL, json=one), sent_parts)} == {201}  # fmt: skip
    assert answers(draft(application.test_client(), other)).keys() >= {name for one in parts for name in one}


def test_typed_lines_and_attachments_are_there_at_the_next_pull(client: FlaskClient) -> None:
    name = signed(client)["coverage-assertion-id"]
    lines = {"valueString": "1. one line, as I know it"}
    document = {"valueAttachment": {"contentType": "application/pdf", "title": "letter", "data": "JVBERi0="}}
    content = put(filled(draft(client, name), ANSWERS), "prior_anti_her2_therapies:lines", lines)
    content = put(content, "request:attested", {"valueBoolean": True})
    sent(client, put(content, "request:attachment", document))
    for again in (draft(client, name), package(client, "/fhir/dtr/2.0.1", name, "margetuximab-initial")[1]):
        found = {one["linkId"]: one["answer"] for one in items(again) if "answer" in one}
        assert found["prior_anti_her2_therapies:lines"] == [lines]
        assert (found["request:attachment"], found["request:attested"]) == ([document], [{"valueBoolean": True}])
    step = stepped(client, "/fhir", package(client, "/fhir", name)[1])
    assert answers(step)["prior_anti_her2_therapies:lines"] == lines["valueString"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"prior_anti_her2_therapies": 2, "prior_anti_her2_therapies_metastatic": 5, "prior_lines_advanced": 6},
         ["prior_anti_her2_therapies_metastatic"]),
        ({"prior_anti_her2_therapies": 4, "prior_anti_her2_therapies_metastatic": 4}, [
            "prior_anti_her2_therapies_metastatic"]),
        ({"prior_lines_advanced": -1}, ["prior_lines_advanced"]),
        ({"prior_anti_her2_therapies": 100}, ["prior_anti_her2_therapies"]),
        ({"prior_anti_her2_therapies": 3, "prior_anti_her2_therapies_metastatic": 3}, []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_numbers_that_cannot_be_are_refused_by_name(
    client: FlaskClient, name: str, changes: Json, named: list[str], status: str
) -> None:
    content = filled(draft(client, name), ANSWERS | changes, status=status)
    if not named:
        sent(client, content)
        return
    assert [one.split(":")[0] for one in refused(client, content)] == named
    assert determination(client, name)["revision"] == 1


def test_an_answer_that_contradicts_an_earlier_one_is_refused(client: FlaskClient, name: str) -> None:
    counts = {"prior_anti_her2_therapies": 6, "prior_anti_her2_therapies_metastatic": 5, "prior_lines_advanced": 6}
    sent(client, filled(draft(client, name), counts, status="in-progress"))
    alone = draft(client, name) | {"item": [{"linkId": "prior_anti_her2_therapies", "answer": [{"valueInteger": 2}]}]}
    assert [one.split(":")[0] for one in refused(client, alone)] == ["prior_anti_her2_therapies_metastatic"]


def test_a_drug_that_was_given_was_given_in_a_therapy(client: FlaskClient) -> None:
    name = signed(client, body(order_sign(medication_request(ELRANATAMAB))))["coverage-assertion-id"]
    content = filled(draft(client, name), {"prior_lines": 0, "prior_anti_cd38": True}, status="in-progress")
    assert [one.split(":")[0] for one in refused(client, content)] == ["prior_anti_cd38"]
    sent(client, filled(draft(client, name), {"prior_lines": 1, "prior_anti_cd38": True}, status="in-progress"))


@pytest.mark.parametrize(
    ("display", "status"), [("3+", 201), (" 3+ ", 201), (None, 201), ("0", 422), ("negative", 422), ("", 422), (3, 422)]
)
def test_a_code_against_its_display_is_refused(client: FlaskClient, name: str, display: Any, status: int) -> None:
    sent(client, put(filled(draft(client, name), ANSWERS), "her2_ihc_score", coded("3+", display=display)), status)


def test_an_unversioned_canonical_means_the_form_that_the_determination_names(client: FlaskClient, name: str) -> None:
    content = filled(draft(client, name), ANSWERS)
    unversioned = content | {"questionnaire": content["questionnaire"].partition("|")[0]}
    assert information(sent(client, unversioned)["extension"])["coverage-assertion-id"] == name
    assert ruling(client, name) == "met"
    adaptive = package(client, "/fhir", name)[1]
    adaptive["contained"][0]["derivedFrom"] = [adaptive["contained"][0]["derivedFrom"][0].partition("|")[0]]
    assert stepped(client, "/fhir", adaptive)["identifier"]["value"] == name
    unknown = content | {"questionnaire": f"{BASE}/fhir/Questionnaire/other"}
    assert "names no form" in " ".join(refused(client, unknown))


def test_several_orders_in_one_context_give_several_forms(client: FlaskClient) -> None:
    second = medication_request(ELRANATAMAB, "mr2")
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign(medication_request(MARGETUXIMAB), second)))
    orders = [one["resource"] for one in reply.get_json()["systemActions"]]
    names = [information(one["extension"])["coverage-assertion-id"] for one in orders]
    sent_orders = [{"name": "order", "resource": one} for one in orders]
    of_patient = {"name": "coverage", "resource": coverage()}
    for context in ([{"name": "context", "valueString": names[0]}], []):
        content = {"resourceType": "Parameters", "parameter": [of_patient, *sent_orders, *context]}
        told = client.post("/fhir/Questionnaire/$questionnaire-package", json=content)
        assert told.status_code == 200, told.text
        bundles = [one["resource"] for one in parameters(told.get_json()) if one["name"].lower() == "packagebundle"]
        drafts = [one["entry"][1]["resource"] for one in bundles]
        forms = [one["questionnaire"].rpartition("/")[2].partition("|")[0] for one in drafts]
        assert forms == ["margetuximab-initial", "elranatamab-initial"]
        assert drafts[0]["identifier"]["value"] == names[0]
        about = [[one["valueReference"]["reference"] for one in part["extension"] if one["url"].endswith("qr-context")]
                 for part in drafts]  # fmt: skip
        assert [one[0] for one in about] == [f"MedicationRequest/{one['id']}" for one in orders]


def test_orders_and_coverages_of_another_patient_are_refused(client: FlaskClient, name: str) -> None:
    order = medication_request(MARGETUXIMAB)
    stranger = {"reference": "Patient/stranger"}
    wrong: list[list[Json]] = [
        [{"name": "coverage", "resource": coverage()}, {"name": "order", "resource": order | {"subject": stranger}}],
        [{"name": "context", "valueString": name}, {"name": "order", "resource": order | {"subject": stranger}}],
        [{"name": "context", "valueString": name}, {"name": "coverage", "resource": coverage(beneficiary=stranger)}],
        [{"name": "coverage", "resource": coverage()}, {"name": "coverage", "resource": coverage(beneficiary=stranger)},
         {"name": "order", "resource": order}],
    ]  # fmt: skip
    for given in wrong:
        content = {"resourceType": "Parameters", "parameter": given}
        reply = client.post("/fhir/Questionnaire/$questionnaire-package", json=content)
        assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (422, "business-rule")


def test_a_response_about_the_order_of_another_determination_is_refused(client: FlaskClient) -> None:
    second = medication_request(ELRANATAMAB, "mr2")
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign(medication_request(MARGETUXIMAB), second)))
    told = [information(one["resource"]["extension"]) for one in reply.get_json()["systemActions"]]
    content = filled(draft(client, told[0]["coverage-assertion-id"]), ANSWERS)
    foreign = json.loads(json.dumps(content).replace("MedicationRequest/mr1", "MedicationRequest/mr2"))
    assert "order" in " ".join(refused(client, foreign))
    unknown = json.loads(json.dumps(content).replace("MedicationRequest/mr1", "MedicationRequest/signed-9"))
    sent(client, unknown)


@pytest.mark.one_database
def test_no_error_repeats_what_came(client: FlaskClient, name: str) -> None:
    """A marker in the place of each text of an answered form, one after the other."""
    content = put(filled(draft(client, name), ANSWERS), "prior_anti_her2_therapies:lines", {"valueString": "x"})
    for place, changed in marked(content, "Marker-Findme"):
        for url in (URL, "/fhir/Questionnaire/$next-question"):
            reply = client.post(url, json=changed)
            if reply.status_code >= 400:
                assert "Marker-Findme" not in reply.text, place


def marked(value: Any, marker: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a resource with each of its texts, and each name of a member, replaced in turn."""
    if isinstance(value, str):
        yield place, marker
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from ((where, value | {key: one}) for where, one in marked(part, marker, f"{place}.{key}"))
            yield f"{place}.{key}", {name: one for name, one in value.items() if name != key} | {f"value{marker}": part}
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from ((where, [*value[:at], one, *value[at + 1 :]]) for where, one in marked(part, marker, place))


def test_bounds_stand_at_every_number(client: FlaskClient) -> None:
    for form in ("margetuximab-initial", "elranatamab-initial"):
        numbers = [
            one for one in items(client.get(f"/fhir/Questionnaire/{form}").get_json()) if one["type"] == "integer"
        ]
        assert numbers
        for one in numbers:
            assert {"minValue", "maxValue"} <= {part["url"].rpartition("/")[2] for part in one["extension"]}
