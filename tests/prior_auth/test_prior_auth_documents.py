"""Documents that a reviewer asks for by their LOINC codes, and what a provider sends for them: to the case, once."""

import html
import json
from base64 import b64encode
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from cds_service.application import PRIOR_AUTH
from cds_service.prior_auth.attachments import MOST_TIMES
from fhir_mappings.prior_auth.attachments import read_attachments
from fhir_mappings.prior_auth.bundles import BundleError
from fhir_mappings.prior_auth.claim_response import Asking
from fhir_mappings.prior_auth.information_requests import DOCUMENTS, FORM, codes_of, left_open, lines_of
from fhir_mappings.prior_auth.pas_urls import LOINC, TEMP
from fhir_mappings.wording import languages, wording
from tests.databases import SQLITE
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.pas_kit import answer_faults
from tests.prior_auth.request_bundles import (
    added,
    attachments,
    changed,
    concept,
    following,
    item,
    items_of,
    request_of,
    response,
    reviews,
    sample,
)
from tests.prior_auth.test_prior_auth_attacks import MARKUP, ODD, put
from tests.prior_auth.test_prior_auth_desk import OPEN, csrf, decided, page, posted, reviewers_file, signed_in

__all__ = ["reviewers_file"]
DATABASES = (SQLITE,)
"""What is asked for and sent does not depend on where it is kept; the steps of a request are tested on each."""
Json = dict[str, Any]
PATHOLOGY, IMAGING, NOTE = "11526-1", "18748-4", "11506-3"
MEMBER = "MEMBER-02-SYNTHETIC"
WORDS = "HER2 3+ in the second sample."


@pytest.fixture
def desk(paying: Making, reviewers_file: Path) -> Payer:
    return paying(reviewers_file=str(reviewers_file))


def document(code: str = PATHOLOGY, words: str = WORDS, **members: Any) -> Json:
    attached = {"contentType": "text/plain", "title": "Report", "data": b64encode(words.encode()).decode()}
    told = {"status": "current", "type": concept(LOINC, code), "content": [{"attachment": attached}]}
    return {"resourceType": "DocumentReference", "id": f"doc-{code}"} | told | members


def ask(payer: Payer, name: str, *documents: str, status: int = 303, **fields: Any) -> str:
    client = signed_in(payer)
    told = {"csrf": csrf(client), "sequence": "1", "act": "asked", "document": list(documents)} | fields
    reply = posted(client, f"/review/{name}/decision", **told)
    assert reply.status_code == status, reply.text
    return str(reply.text)


def asked(payer: Payer, *documents: str, sample_name: str = OPEN, **fields: Any) -> tuple[Json, str]:
    """Submit a request and ask for documents; return the request and its id."""
    request = request_of(sample(sample_name))
    name = response(payer.submit(request))["id"]
    ask(payer, name, *documents, **fields)
    return request, name


def sent(client: FlaskClient, content: Json, status: int = 200) -> Json:
    reply = client.post("/fhir/pas/$submit-attachment", data=json.dumps(content))
    assert reply.status_code == status, reply.text
    assert reply.get_json()["resourceType"] == "OperationOutcome"
    return dict(reply.get_json())


def of_kind(answer: Json, kind: str) -> list[Json]:
    return [one["resource"] for one in answer["entry"] if one["resource"]["resourceType"] == kind]


def task(answer: Json, code: str = "attachment-request-code") -> Json:
    (found,) = [one for one in of_kind(answer, "Task") if one["code"]["coding"][0]["code"] == code]
    return dict(found)


def wanted(answer: Json) -> set[str]:
    return {one["payload"][0]["contentString"] for one in of_kind(answer, "CommunicationRequest")}


def tracking(answer: Json) -> str:
    return str(task(answer)["identifier"][0]["value"])


def kept(payer: Payer, name: str) -> Any:
    return payer.client.application.extensions[PRIOR_AUTH].store.answers(name)


# What is asked for.


@pytest.mark.requirement("pas22.ainfo-2", "pas22.ainfo-3")
def test_documents_are_asked_for_by_code_beside_the_form_each_kind_by_a_task_of_its_own(desk: Payer) -> None:
    request, name = asked(desk, PATHOLOGY, IMAGING, words="Please send both.", recent="1")
    answer = desk.submit(request)
    assert list(answer_faults(answer, request)) == []
    assert reviews(answer) == {1: "A4"}
    assert wanted(answer) == {PATHOLOGY, IMAGING, FORM}
    by_code, by_form = task(answer), task(answer, "attachment-request-questionnaire")
    where, *needed = by_code["input"]
    assert where["valueUrl"] == f"{BASE}/fhir/pas/$submit-attachment"
    assert [one["valueCodeableConcept"]["coding"][0] for one in needed] == [
        {"system": LOINC, "code": one} for one in (PATHOLOGY, IMAGING)
    ]
    modifiers = [[part["url"].rpartition("-")[2] for part in one["extension"]] for one in needed]
    assert modifiers == [["serviceLineNumber", "contentModifier"]] * 2
    assert by_code["statusReason"]["text"] == by_form["statusReason"]["text"] == "Please send both."
    assert by_code["identifier"][0] == by_form["identifier"][0]
    notes = [one["text"] for one in response(answer)["processNote"]]
    assert "Please send both." in notes
    assert any("Pathology report; Imaging report" in one and "three months" in one for one in notes)
    shown = page(signed_in(desk), f"/review/{name}")
    assert "Asked for, and not here yet: The form of the policy; Pathology report; Imaging report" in shown


def test_where_no_question_is_open_documents_are_asked_for_alone(paying: Making, reviewers_file: Path) -> None:
    payer = paying(reviewers_file=str(reviewers_file), automatic_approval=False)
    request, _ = asked(payer, NOTE, sample_name="01")
    answer = payer.submit(request)
    assert list(answer_faults(answer, request)) == []
    assert wanted(answer) == {NOTE}
    assert "statusReason" not in task(answer)


def test_documents_can_be_asked_for_where_no_policy_is_about_the_item(desk: Payer) -> None:
    request = request_of(sample(OPEN))
    request = changed(request, item=[item(1, productOrService=concept("http://example.org/own", "X1"))])
    name = response(desk.submit(request))["id"]
    ask(desk, name, PATHOLOGY)
    answer = desk.submit(request)
    assert list(answer_faults(answer, request)) == []
    assert wanted(answer) == {PATHOLOGY}


@pytest.mark.parametrize("documents", [(), ("99999-9",), (PATHOLOGY, "x"), ("<b>",)])
def test_what_is_none_of_the_documents_is_not_asked_for(desk: Payer, documents: tuple[str, ...]) -> None:
    request = request_of(sample(OPEN))
    ask(desk, response(desk.submit(request))["id"], *documents, status=422)
    assert wanted(desk.submit(request)) == set()


def test_every_document_has_its_name_in_each_language() -> None:
    assert len(set(DOCUMENTS)) == len(DOCUMENTS)
    for language in languages():
        named = [wording(language)(f"review.document.{one}") for one in (*DOCUMENTS, FORM)]
        assert len(set(named)) == len(named)


def test_what_was_asked_for_is_still_asked_for_after_the_time_is_extended_and_not_once_it_is_decided(
    desk: Payer,
) -> None:
    request, name = asked(desk, PATHOLOGY, words="?")
    decided(signed_in(desk), name, "extended")
    assert wanted(desk.submit(request)) == {PATHOLOGY, FORM}
    ask(desk, name, IMAGING)
    assert wanted(desk.submit(request)) == {PATHOLOGY, IMAGING, FORM}
    decided(signed_in(desk), name, "approved")
    answer = desk.submit(request)
    assert wanted(answer) == set()
    assert of_kind(answer, "Task") == []


# What comes back.


def test_a_document_comes_to_the_case_and_is_asked_for_no_longer(desk: Payer) -> None:
    request, name = asked(desk, PATHOLOGY, IMAGING)
    before = desk.submit(request)
    told = sent(desk.client, attachments(tracking(before), document(), member=MEMBER))
    assert told["issue"][0]["severity"] == "information"
    answer = desk.submit(request)
    assert list(answer_faults(answer, request)) == []
    assert reviews(answer) == {1: "A4"}
    assert wanted(answer) == {IMAGING, FORM}
    assert [one["valueCodeableConcept"]["coding"][0]["code"] for one in task(answer)["input"][1:]] == [IMAGING]
    reviewed = response(answer)["extension"][0]["extension"][0]
    assert reviewed == {"url": "wasHumanReviewedFlag", "valueBoolean": True}, "a person asked for it"
    client = signed_in(desk)
    shown = html.unescape(page(client, f"/review/{name}"))
    assert WORDS in shown
    assert "came Nov 25, 2026" in shown
    assert "documents or a form came" in shown
    assert "Asked for, and not here yet: The form of the policy; Imaging report" in shown
    last = shown.count("/attachments/")
    file = client.get(f"/review/{name}/attachments/{last}", base_url=BASE)
    assert file.get_data(as_text=True) == WORDS
    decided(client, name, "approved", evidence="Second sample seen.")
    assert WORDS in html.unescape(page(client, f"/review/{name}")), "it stays with the decided case"


def test_what_is_final_ends_what_is_asked_for(desk: Payer) -> None:
    request, _ = asked(desk, PATHOLOGY, IMAGING)
    final = {"Final": {"valueBoolean": True}}
    sent(desk.client, attachments(tracking(desk.submit(request)), document(), member=MEMBER, **final))
    assert wanted(desk.submit(request)) == set()


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "T0s="}, "Binary/b"),
        (
            {"resourceType": "DiagnosticReport", "id": "r", "code": {"text": "CT"}, "issued": "2026-11-01T00:00:00Z"}
            | {"presentedForm": [{"contentType": "text/plain", "data": "T0s="}]},
            "CT",
        ),
        (
            {"resourceType": "Observation", "id": "o", "code": {"text": "HER2"}, "valueQuantity": {"value": 1.50}},
            "HER2",
        ),
    ],
)
def test_whatever_comes_can_be_read(desk: Payer, resource: Json, words: str) -> None:
    request, name = asked(desk, PATHOLOGY)
    sent(desk.client, attachments(tracking(desk.submit(request)), resource, member=MEMBER))
    client = signed_in(desk)
    shown = page(client, f"/review/{name}")
    assert f">{words}</a>" in shown
    number = shown.count("/attachments/")
    file = client.get(f"/review/{name}/attachments/{number}", base_url=BASE).get_data(as_text=True)
    assert file == "OK" or json.loads(file) == resource


def test_an_answered_form_comes_the_same_way_and_is_judged(desk: Payer) -> None:
    request, name = asked(desk, words="ECOG?")
    answer = desk.submit(request)
    found = task(answer, "attachment-request-questionnaire")
    context = found["input"][1]["valueString"]
    package = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": context}]}
    told = desk.client.post("/fhir/Questionnaire/$questionnaire-package", json=package).get_json()
    draft = next(one for one in resources(told) if one.get("resourceType") == "QuestionnaireResponse")
    form = {name: draft[name] for name in ("resourceType", "questionnaire", "subject")}
    form |= {"status": "in-progress", "authored": "2026-11-25T09:00:00Z", "item": [answered(i) for i in draft["item"]]}
    assert form["item"] != draft["item"]
    before = desk.determination(context)["revisions"]
    sent(desk.client, attachments(str(found["identifier"][0]["value"]), form, member=MEMBER))
    assert len(desk.determination(context)["revisions"]) == len(before) + 1
    assert wanted(desk.submit(request)) == set()
    assert draft["questionnaire"] in page(signed_in(desk), f"/review/{name}")


def answered(one: Json) -> Json:
    inner = {"item": [answered(each) for each in one["item"]]} if "item" in one else {}
    return one | inner | ({"answer": [{"valueInteger": 1}]} if one["linkId"] == "prior_lines_advanced" else {})


def resources(value: Any) -> list[Json]:
    if isinstance(value, list):
        return [one for each in value for one in resources(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(one for each in value.values() for one in resources(each))]


def test_a_form_that_cannot_be_taken_says_why_and_nothing_is_kept(desk: Payer) -> None:
    request, name = asked(desk, words="?")
    bare = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "http://x/y"}
    number = task(desk.submit(request), "attachment-request-questionnaire")["identifier"][0]["value"]
    sent(desk.client, attachments(str(number), bare, member=MEMBER), 422)
    assert len(kept(desk, name)) == 2


def test_the_same_again_is_kept_once_and_there_is_an_end(desk: Payer) -> None:
    request, name = asked(desk, PATHOLOGY)
    number = tracking(desk.submit(request))
    for _ in range(2):
        sent(desk.client, attachments(number, document(), member=MEMBER))
    assert len(kept(desk, name)) == 3
    for index in range(MOST_TIMES - 1):
        sent(desk.client, attachments(number, document(words=str(index)), member=MEMBER))
    sent(desk.client, attachments(number, document(words="one too many"), member=MEMBER), 422)


def test_unasked_documents_are_known_by_the_identifier_of_the_request(desk: Payer) -> None:
    request = request_of(sample(OPEN))
    name = response(desk.submit(request))["id"]
    own = request["entry"][0]["resource"]["identifier"][0]
    sent(desk.client, attachments("", document(), member=MEMBER, TrackingId={"valueIdentifier": own}))
    assert WORDS in page(signed_in(desk), f"/review/{name}")


def test_documents_stay_with_a_request_that_is_updated(desk: Payer) -> None:
    request, _ = asked(desk, PATHOLOGY)
    number = tracking(desk.submit(request))
    sent(desk.client, attachments(number, document(), member=MEMBER))
    update = following(request, *items_of(request), added(2))
    name = response(desk.submit(update))["id"]
    assert WORDS in page(signed_in(desk), f"/review/{name}")
    sent(desk.client, attachments(number, document(words="Later."), member=MEMBER))
    assert "Later." in page(signed_in(desk), f"/review/{name}"), "the number is that of the request with its updates"


def test_a_document_and_a_decision_do_not_lose_each_other(desk: Payer) -> None:
    request, name = asked(desk, PATHOLOGY)
    number = tracking(desk.submit(request))
    decided(signed_in(desk), name, "approved")
    sent(desk.client, attachments(number, document(), member=MEMBER), 422)
    assert reviews(desk.submit(request)) == {1: "A1"}


# What belongs to nobody, or to somebody else.

WRONG: dict[str, Json] = {
    "no such request": {"TrackingId": {"valueIdentifier": {"value": "00000000-0000-4000-8000-000000000000.1"}}},
    "an odd number": {"TrackingId": {"valueIdentifier": {"value": "x" * 5000}}},
    "no number": {"TrackingId": {"valueIdentifier": {"system": "https://x"}}},
    "a claim": {"AttachTo": {"valueCode": "claim"}},
    "another member": {"MemberId": {"valueIdentifier": {"value": "MEMBER-03-SYNTHETIC"}}},
    "no member": {"MemberId": {}},
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_belongs_to_no_request_is_refused(desk: Payer, kind: str) -> None:
    request, name = asked(desk, PATHOLOGY)
    sent(desk.client, attachments(tracking(desk.submit(request)), document(), member=MEMBER, **WRONG[kind]), 422)
    assert len(kept(desk, name)) == 2


@pytest.mark.parametrize(
    ("told", "line"),
    [({"subject": {"reference": "Patient/somebody-else"}}, 1), ({}, 9), ({"patient": {"reference": "Patient/x"}}, 1)],
)
def test_a_document_about_somebody_or_something_else_is_refused(desk: Payer, told: Json, line: int) -> None:
    request, name = asked(desk, PATHOLOGY)
    content = attachments(tracking(desk.submit(request)), document(**told), member=MEMBER, line=line)
    sent(desk.client, content, 422)
    assert len(kept(desk, name)) == 2


def test_what_a_provider_writes_is_shown_and_never_run(desk: Payer) -> None:
    request, name = asked(desk, PATHOLOGY)
    picture = {"contentType": "image/svg+xml", "title": MARKUP, "data": b64encode(MARKUP.encode()).decode()}
    odd = document(type={"text": MARKUP}, date=MARKUP, content=[{"attachment": picture}, 5, {"attachment": 5}])
    plain = document(words=MARKUP, **{"#came": MARKUP})
    bare = {"resourceType": MARKUP, "id": MARKUP}
    sent(desk.client, attachments(tracking(desk.submit(request)), odd, plain, bare, member=MEMBER))
    shown = page(signed_in(desk), f"/review/{name}")
    assert "<script>" not in shown
    assert "<img" not in shown


@pytest.mark.parametrize("line", ["", "one", "-1", "1.0", "²", "1" * 10, "1" * 5000])
def test_what_numbers_no_item_is_refused(line: str) -> None:
    content = attachments("a.1", document(), member=MEMBER)
    content["parameter"][-1]["part"][0]["valueString"] = line
    with pytest.raises(BundleError) as refused:
        read_attachments(json.dumps(content).encode(), 64)
    assert [one.text for one in refused.value.faults] == ["is no number of an item"]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=9), ODD)
def test_parameters_with_anything_anywhere_are_read_or_refused(path: list[int], odd: Any) -> None:
    whole = attachments("a.1", document(), {"resourceType": "Binary"}, Final={"valueBoolean": True})
    body = json.dumps(put(deepcopy(whole), path, odd)).encode()
    with suppress(BundleError):
        found = read_attachments(body, 64)
        assert found.attached
        assert found.tracking[1]


@given(
    st.sets(st.sampled_from([*DOCUMENTS, FORM])),
    st.sets(st.sampled_from([*DOCUMENTS, FORM])),
    st.sets(st.integers(1, 3)),
)
def test_what_has_come_is_asked_for_no_longer_and_all_else_is(
    wanted_: set[str], came: set[str], lines: set[int]
) -> None:
    asking = [_communication(code, line) for code in sorted(wanted_) for line in (1, 2, 3)]
    left = left_open(asking, lines, came)
    assert {(*codes_of(one), *lines_of(one)) for one in left} == {
        (code, line) for code in wanted_ for line in (1, 2, 3) if code not in came or line not in lines
    }


def _communication(code: str, line: int) -> Asking:
    url = f"{TEMP.partition('/CodeSystem')[0]}/StructureDefinition/extension-serviceLineNumber"
    told = {"extension": [{"url": url, "valuePositiveInt": line}], "payload": [{"contentString": code}]}
    return Asking(f"u/{code}/{line}", {"resourceType": "CommunicationRequest"} | told)
