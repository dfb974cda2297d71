"""What a tester loads into the certification kit of PAS: each request is answered as its workflow wants it."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.certification.pas_preset import SUITE, payloads
from cds_service.certification.preset import bodies
from cds_service.commands.main import main
from tests.databases import SQLITE
from tests.prior_auth.conftest import Making, Payer
from tests.prior_auth.pas_kit import answer_faults
from tests.prior_auth.request_bundles import response, reviews
from tests.prior_auth.test_prior_auth_desk import decided, reviewers_file, signed_in
from tests.prior_auth.test_prior_auth_updates import inquired

__all__ = ["reviewers_file"]
Json = dict[str, Any]
DATABASES = (SQLITE,)
SUBMITTED = "{}_pa_submit_request_payload"
UPDATES = ("initial", "add_item", "modify_cancel", "cancel_all")
ANSWERS = {"approval": {1: "A1"}, "denial": {1: "A4"}, "pended": {1: "A4"}}
"""What the machine says; of the second a reviewer makes a denial."""


@pytest.fixture
def sent() -> Json:
    return payloads("test")


@pytest.mark.parametrize("workflow", ANSWERS)
def test_each_workflow_begins_with_its_answer(payer: Payer, sent: Json, workflow: str) -> None:
    request = sent[SUBMITTED.format(workflow)]
    answer = payer.submit(request)
    assert list(answer_faults(answer, request)) == []
    assert reviews(answer) == ANSWERS[workflow]


def test_the_updates_follow_on_each_other(payer: Payer, sent: Json) -> None:
    each = [payer.submit(sent[f"claim_update_{name}_submit_payload"]) for name in UPDATES]
    assert [reviews(one) for one in each] == [{1: "A1"}, {1: "A1", 2: "A4"}, {1: "C", 2: "A4"}, {1: "C", 2: "C"}]


@pytest.mark.parametrize("workflow", ["pended", "must_support"])
def test_what_is_inquired_about_was_submitted(payer: Payer, sent: Json, workflow: str) -> None:
    requests, (asked,) = sent[SUBMITTED.format(workflow)], sent[f"{workflow}_pa_inquire_request_payload"]
    for one in requests if isinstance(requests, list) else [requests]:
        payer.submit(one)
    (found,) = inquired(payer, asked)
    assert reviews(found) == {1: "A4"}


def test_a_visit_is_in_the_last_days_of_what_a_reviewer_gave_before(paying: Making, reviewers_file: Any) -> None:
    payer = paying(reviewers_file=str(reviewers_file))
    _, *before = payloads("test")[SUBMITTED.format("must_support")]
    for request in before:
        answer = payer.submit(request)
        assert reviews(answer) == {1: "A4"}, "there is no chart"
        decided(signed_in(payer), response(answer)["id"], "changed", end="2026-12-15", units="400")
    for call in bodies()[-4:]:
        cards = payer.client.post(f"/cds-services/{call['hook']}-crd", json=call).get_json()["cards"]
        instructing = [one for one in cards if not one.get("links") and not one.get("suggestions")]
        assert "2026-12-15" in json.dumps(instructing) or call["hook"] == "order-sign", instructing


def test_the_command_prints_it_for_an_address_and_a_new_session() -> None:
    each = [CliRunner().invoke(main, ["certify-kit", "--pas", "https://payer.example.org/"]) for _ in range(2)]
    first, second = (json.loads(one.output) for one in each)
    assert (first["test_suite_id"], first["inputs"][0]["value"]) == (SUITE, "https://payer.example.org/fhir/pas")
    assert [one["name"] for one in first["inputs"]] == ["server_endpoint", "access_token", *payloads()]
    assert first != second
