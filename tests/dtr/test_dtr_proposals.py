"""What may not decide is proposed, and one click settles it: in every form, on the way back, at later signings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient

import cds_service
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.replay.replay import replay
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.dtr.adaptive_parts import answered, items, package, stepped
from tests.dtr.test_dtr_answered import determination, draft, filled, refused, sent, signed
from tests.service.calls import MARGETUXIMAB, RXNORM, body, coverage, medication_request, order_sign, searchset
from tests.world import store

Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
OLD_ECOG = (SAMPLES / "08-elranatamab-ecog-too-old.json").read_bytes()
LINES = "prior_anti_her2_therapies"
COUNTS = (LINES, "prior_anti_her2_therapies_metastatic", "prior_lines_advanced")


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = store()
    yield compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def given(name: str, drug: str, on: str, kind: str = "MedicationAdministration", **members: Any) -> Json:
    """A record of a drug by its RxNorm ingredient."""
    about = {
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": drug}]},
    }
    when = {"effectiveDateTime": on} if kind == "MedicationAdministration" else {"authoredOn": on, "intent": "order"}
    return {"resourceType": kind, "id": name, "status": "completed", **about, **when, **members}


TRASTUZUMAB, TUCATINIB, T_DXD = "224905", "2361285", "2267582"


def condition(name: str, code: str, **members: Any) -> Json:
    coded = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}
    return {"resourceType": "Condition", "id": name, "code": coded, "subject": {"reference": "Patient/p1"}, **members}


def her2(**members: Any) -> Json:
    coded = {"coding": [{"system": "http://loinc.org", "code": "85319-2"}]}
    about = {"status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-03-01"}
    return {"resourceType": "Observation", "id": "her2", "code": coded, "valueString": "3+", **about, **members}


def call_with(*chart: Json) -> bytes:
    order = medication_request(MARGETUXIMAB, authoredOn="2026-11-20")
    prefetch = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return body(order_sign(order, prefetch=prefetch | {"chart": searchset(*chart)}))


DISEASE = (condition("c1", "C50.911"), condition("c2", "C78.7", onsetDateTime="2022-01-10"), her2())
TWO_LINES = (
    *(given(f"t{at}", TRASTUZUMAB, f"2022-0{at}-01") for at in (2, 3, 4)),
    *(given(f"d{at}", T_DXD, f"2024-0{at}-01") for at in (2, 3, 4)),
)
STOPPED = given("tuc", TUCATINIB, "2025-06-01", "MedicationRequest", status="stopped")
PARTNER = given("vino", "39541", "2026-11-18", "MedicationRequest", status="active")


def criteria(found: Json) -> dict[str, str]:
    return {one["id"]: one["truth"] for one in found["criteria"]}


def proposed(found: Json, criterion: str) -> list[Json]:
    return next(list(one.get("proposed", ())) for one in found["criteria"] if one["id"] == criterion)


def texts(response: Json) -> dict[str, str]:
    return {one["linkId"]: one.get("text", "") for one in items(response)}


def shown(response: Json, link_id: str) -> str:
    return str(next(one["answer"][0]["valueString"] for one in items(response) if one["linkId"] == link_id))


def name_of(client: FlaskClient, content: bytes) -> str:
    return str(signed(client, content)["coverage-assertion-id"])


def test_an_old_value_is_quoted_in_the_static_form_and_a_yes_settles_it(
    client: FlaskClient, container: Container
) -> None:
    name = name_of(client, OLD_ECOG)
    response = draft(client, name)
    assert "Does that still hold today?" in shown(response, "ecog:shown")
    QuestionnaireResponse.model_validate(response)
    accepted = sent(client, filled(response, {"ecog:confirm": True}))
    QuestionnaireResponse.model_validate(accepted)
    now = determination(client, name)
    assert (now["ruling"], now["questions"]) == ("met", [])
    assert any(one["reference"].startswith("Observation/") for one in now["criteria"][-1]["evidence"])
    for number in (1, 2):
        again = replay(container.archive, container.order_sign, name, number)
        assert (again.same, again.differences) == (True, ())


def test_a_no_is_kept_and_the_question_itself_is_asked(client: FlaskClient) -> None:
    name = name_of(client, OLD_ECOG)
    assert refused(client, filled(draft(client, name), {"ecog:confirm": False})) == [
        "ecog: is required, and not answered"
    ]
    sent(client, filled(draft(client, name), {"ecog:confirm": False}, status="in-progress"))
    assert determination(client, name)["ruling"] == "unknown"
    later = draft(client, name)
    assert "ecog:shown" not in texts(later)
    name = name_of(client, OLD_ECOG)
    assert "ecog:shown" not in texts(draft(client, name))
    sent(client, filled(draft(client, name), {"ecog": 1}))
    assert determination(client, name)["ruling"] == "met"


def ish(name: str, said: str, on: str) -> Json:
    coded = {"coding": [{"system": "http://loinc.org", "code": "85318-4"}]}
    about = {"status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": on}
    return {"resourceType": "Observation", "id": name, "code": coded, "valueString": said, **about}


TORN_RESULTS = (ish("breast", "amplified", "2023-02-07"), ish("liver", "not amplified", "2026-03-05"))
DAYS = {"breast": "Feb 7, 2023", "liver": "Mar 5, 2026"}
"""By what a person tells the two apart."""
TORN = call_with(*DISEASE[:2], *TORN_RESULTS)
BUT_FOR_HER2 = (*DISEASE[:2], *TWO_LINES, given("tu", TUCATINIB, "2025-06-02"), PARTNER)


def test_of_two_results_a_static_form_asks_which_stands_and_the_answer_takes_its_record(
    client: FlaskClient, container: Container
) -> None:
    name = name_of(client, TORN)
    response = draft(client, name)
    quoted = shown(response, "her2_ish_result:shown")
    assert "Which stands?" in quoted
    assert all(f"({day})." in quoted for day in DAYS.values())
    assert "Observation/" not in quoted
    assert "her2_ish_result:confirm" not in texts(response)
    sent(client, filled(response, {"her2_ish_result": "negative"}, status="in-progress"))
    now = determination(client, name)
    assert criteria(now)["her2-positive.ish"] == "not-met"
    shown_for = next(one["evidence"] for one in now["criteria"] if one["id"] == "her2-positive.ish")
    assert "Observation/liver" in {one["reference"] for one in shown_for}
    (conflict,) = now["conflicts"]
    assert conflict["criterion"] == "her2-positive.ish"
    assert all(one["linkId"] != "her2_ish_result" for one in now["questions"])
    for number in (1, 2):
        again = replay(container.archive, container.order_sign, name, number)
        assert (again.same, again.differences) == (True, ())


def sides(response: Json, record: str) -> Json:
    """The items about a result: the linkId of the yes or no to each that stands, with a yes."""
    told = [one for one in items(response["contained"][0]) if one["linkId"].startswith("her2_ish_result:confirm:")]
    assert len(told) == 2
    assert all("Does this one stand?" in one["text"] for one in told)
    return {one["linkId"]: True for one in told if f"({DAYS[record]})." in one["text"]}


def at_the_results(client: FlaskClient, name: str) -> Json:
    """The step of the adaptive form in which the contradictory results stand."""
    content = stepped(client, "/fhir", package(client, "/fhir", name, "margetuximab-initial-adaptive")[1])
    assert any(one["linkId"].startswith("her2_ish_result:confirm:") for one in items(content))
    return content


def test_of_two_results_an_adaptive_form_asks_which_stands_record_by_record(
    client: FlaskClient, container: Container
) -> None:
    name = name_of(client, call_with(*BUT_FOR_HER2, *TORN_RESULTS))
    content = at_the_results(client, name)
    said = sides(content, "breast")
    _, end = walked(client, name, "margetuximab-initial-adaptive", said)
    assert end["status"] == "completed"
    now = determination(client, name)
    assert (now["ruling"], criteria(now)["her2-positive.ish"]) == ("met", "met")
    assert [one["criterion"] for one in now["conflicts"]] == ["her2-positive.ish"]
    again = replay(container.archive, container.order_sign, name)
    assert (again.same, again.differences) == (True, ())


def test_two_results_cannot_both_stand(client: FlaskClient) -> None:
    name = name_of(client, call_with(*BUT_FOR_HER2, *TORN_RESULTS))
    content = at_the_results(client, name)
    both = sides(content, "breast") | sides(content, "liver")
    reply = client.post("/fhir/Questionnaire/$next-question", json=answered(content, both))
    assert reply.status_code in {400, 422}
    assert "her2_ish_result" in reply.text


def test_a_yes_stands_at_a_later_signing(client: FlaskClient) -> None:
    name = name_of(client, OLD_ECOG)
    sent(client, filled(draft(client, name), {"ecog:confirm": True}))
    assert name_of(client, OLD_ECOG) == name
    assert determination(client, name)["ruling"] == "met"


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"ecog:confirm": True, "ecog": 3}, "ecog: says otherwise than what was confirmed for it"),
        ({"ecog:confirm": 2}, "ecog:confirm: takes a valueBoolean"),
    ],
)
def test_answers_that_contradict_a_yes_are_refused(client: FlaskClient, answers: Json, fault: str) -> None:
    name = name_of(client, OLD_ECOG)
    assert any(one.startswith(fault) for one in refused(client, filled(draft(client, name), answers)))


def test_a_yes_to_nothing_is_refused(client: FlaskClient) -> None:
    name = name_of(client, OLD_ECOG)
    extra = {"linkId": "multiple_myeloma:confirm", "answer": [{"valueBoolean": True}]}
    response = filled(draft(client, name), {}, status="in-progress")
    (fault,) = refused(client, response | {"item": [*response["item"], extra]})
    assert fault.startswith("multiple_myeloma:confirm: is a yes to what was not proposed")


def test_a_yes_to_another_text_than_was_shown_is_refused(client: FlaskClient) -> None:
    name = name_of(client, OLD_ECOG)
    response = json.loads(json.dumps(draft(client, name)))
    quote = next(one for one in items(response) if one["linkId"] == "ecog:shown")
    quote["answer"][0]["valueString"] = "ECOG 0 (2026-11-20)."
    (fault,) = refused(client, filled(response, {"ecog:confirm": True}))
    assert fault.startswith("ecog:confirm: is a yes to what was not proposed, or to another text")


def test_a_possible_line_is_one_question_and_a_yes_counts_it(client: FlaskClient, container: Container) -> None:
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, STOPPED, PARTNER))
    first = determination(client, name)
    assert criteria(first)["prior-anti-her2.fourth-line"] == "unknown"
    (one,) = proposed(first, "prior-anti-her2.fourth-line")
    assert (one["reference"], one["date"]) == ("MedicationRequest/tuc", "2025-06-01")
    response = draft(client, name)
    assert "Was it given, as a line of its own?" in shown(response, "prior_lines_advanced:shown")
    sent(client, filled(response, {"prior_lines_advanced:confirm": True}))
    now = determination(client, name)
    assert (now["ruling"], criteria(now)["prior-anti-her2.fourth-line"]) == ("met", "met")
    again = replay(container.archive, container.order_sign, name)
    assert (again.same, again.differences) == (True, ())


def test_once_the_chart_proves_a_confirmed_line_it_is_not_counted_twice(client: FlaskClient) -> None:
    chart = (*DISEASE, *TWO_LINES[:3], STOPPED, PARTNER)
    name = name_of(client, call_with(*chart))
    response = draft(client, name)
    sent(client, filled(response, {"prior_anti_her2_therapies:confirm": True}, status="in-progress"))
    assert criteria(determination(client, name))["prior-anti-her2.count"] == "met"
    proven = given("tuc2", TUCATINIB, "2025-06-02")
    assert name_of(client, call_with(*chart, proven)) == name
    assert criteria(determination(client, name))["prior-anti-her2.fourth-line"] == "unknown"


def walked(client: FlaskClient, name: str, form: str, said: Json) -> tuple[list[Json], Json]:
    """Answer an adaptive form to its end; a click is answered wherever its question begins with the key."""
    content, steps = package(client, "/fhir", name, form)[1], []
    for _ in range(12):
        content = stepped(client, "/fhir", content)
        steps.append(content)
        if content["status"] == "completed":
            return steps, content
        asked = [one["linkId"] for one in items(content)]
        clicks = {
            one: said[key] for one in asked for key in said if one == key or (one.startswith(key) and key[-1] == ":")
        }
        content = answered(content, clicks)
    raise AssertionError("it does not end")


def test_in_the_adaptive_form_each_possible_line_is_an_item_of_its_own(client: FlaskClient) -> None:
    another = given("lap", "480167", "2025-01-10", "MedicationRequest", status="stopped")
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, another, STOPPED, PARTNER))
    steps, end = walked(client, name, "margetuximab-initial-adaptive", {"prior_lines_advanced:confirm:": True})
    clicks = [one for one in items(steps[0]) if ":confirm:" in one["linkId"]]
    assert len(clicks) == 2
    (main,) = [one for one in items(steps[0]["contained"][0]) if one["linkId"] == "prior_lines_advanced"]
    assert "required" not in main
    assert not any(one["linkId"].endswith((":shown", ":confirm")) for one in items(steps[0]["contained"][0]))
    assert end["status"] == "completed"
    assert determination(client, name)["ruling"] == "met"


def test_in_the_adaptive_form_a_no_leaves_the_number_to_be_answered(client: FlaskClient) -> None:
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, STOPPED, PARTNER))
    said = {"prior_lines_advanced:confirm:": False}
    content = stepped(client, "/fhir", package(client, "/fhir", name, "margetuximab-initial-adaptive")[1])
    clicks = {one["linkId"]: False for one in items(content) if ":confirm:" in one["linkId"]}
    content = stepped(client, "/fhir", answered(content, clicks))
    assert content["status"] == "in-progress"
    (main,) = [one for one in items(content["contained"][0]) if one["linkId"] == "prior_lines_advanced"]
    assert main["required"] is True
    _, end = walked(client, name, "margetuximab-initial-adaptive", said | {"prior_lines_advanced": 3})
    assert end["status"] == "completed"
    assert determination(client, name)["ruling"] == "met"


def test_an_old_draft_sent_again_takes_no_click_back(client: FlaskClient) -> None:
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, STOPPED, PARTNER))
    old = draft(client, name)
    sent(client, filled(old, {"prior_lines_advanced:confirm": True}))
    sent(client, old | {"status": "in-progress"})
    assert determination(client, name)["ruling"] == "met"


def test_a_click_is_taken_back_with_its_response(client: FlaskClient) -> None:
    name = name_of(client, OLD_ECOG)
    response = filled(draft(client, name), {"ecog:confirm": True})
    accepted = sent(client, response)
    sent(client, response | {"id": accepted["id"], "status": "entered-in-error"})
    assert determination(client, name)["ruling"] == "unknown"


def test_lines_are_confirmed_beside_a_number_that_the_chart_filled_in(client: FlaskClient) -> None:
    others = [
        given(f"s{at}", drug, f"2025-0{at}-10", "MedicationRequest", status="stopped")
        for at, drug in ((1, "480167"), (4, TUCATINIB), (8, "39541"))
    ]
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, *others, PARTNER))
    sent(client, filled(draft(client, name), {"prior_lines_advanced:confirm": True}))
    assert determination(client, name)["ruling"] == "met"


def test_a_number_below_the_lines_that_are_confirmed_is_refused(client: FlaskClient) -> None:
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, STOPPED, PARTNER))
    answers = {"prior_lines_advanced:confirm": True, "prior_lines_advanced": 0}
    assert "prior_lines_advanced: is fewer than the lines that were confirmed" in refused(
        client, filled(draft(client, name), answers)
    )


def test_what_is_settled_is_not_asked_any_more(client: FlaskClient) -> None:
    another = given("lap", "480167", "2025-01-10", "MedicationRequest", status="stopped")
    name = name_of(client, call_with(*DISEASE, *TWO_LINES, another, STOPPED, PARTNER))
    content = stepped(client, "/fhir", package(client, "/fhir", name, "margetuximab-initial-adaptive")[1])
    first = next(one["linkId"] for one in items(content) if ":confirm:" in one["linkId"])
    content = stepped(client, "/fhir", answered(content, {first: True}))
    clicks = [one["linkId"] for one in items(content) if ":confirm:" in one["linkId"]]
    assert clicks == [first]


def test_who_sends_what_only_we_keep_says_nothing_by_it(client: FlaskClient) -> None:
    name = name_of(client, call_with(*DISEASE))
    coded = {"system": "", "code": "", "role": "possible", "strength": "strong"}
    shown = {"reference": "Observation/x", "summary": "x", "date": "", **coded}
    said = {"words": "x", "asks": "x", "why": "", "counts": list(COUNTS), "answer": True}
    forged = {"evidence": [shown], "means": {"at_least": 1, "at_most": None}, **said}
    link = f"{LINES}:confirm:000000000000"
    extra = {"linkId": link, "answer": [{"valueBoolean": True}]}
    response = filled(draft(client, name), {}, status="in-progress", proposed={link: forged})
    (fault,) = refused(client, response | {"item": [*response["item"], extra]})
    assert fault.startswith(f"{link}: is a yes to what was not proposed")


def stained(name: str, said: str, **code: Any) -> Json:
    """A stain for HER2 under the code of a laboratory."""
    about = {"status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2025-04-11"}
    return {"resourceType": "Observation", "id": name, "code": code, "valueString": said, **about}


LOCAL_STAINS = (
    stained("s", "Score 3+", coding=[{"system": "urn:oid:1.3.6.1.4.1.77", "code": "7731", "display": "HER2 by IHC"}]),
    stained("s", "Positivo (3+)", text="HER2 por inmunohistoquímica"),
)


@pytest.mark.parametrize("stain", LOCAL_STAINS, ids=["local code", "words only"])
@pytest.mark.parametrize("way", ["static", "adaptive"])
def test_a_stain_under_a_local_code_takes_one_click_and_leaves_the_hybridization_unasked(
    client: FlaskClient, stain: Json, way: str
) -> None:
    name = name_of(client, call_with(*BUT_FOR_HER2, stain))
    first = determination(client, name)
    (one,) = proposed(first, "her2-positive.ihc")
    assert (one["reference"], one["means"], proposed(first, "her2-positive.ish")) == ("Observation/s", "3+", [])
    if way == "static":
        sent(client, filled(draft(client, name), {"her2_ihc_score:confirm": True}))
    else:
        steps, end = walked(client, name, "margetuximab-initial-adaptive", {"her2_ihc_score:confirm:": True})
        assert (len(steps), end["status"]) == (2, "completed")
    now = determination(client, name)
    assert (now["ruling"], now["questions"], criteria(now)["her2-positive.ihc"]) == ("met", [], "met")
