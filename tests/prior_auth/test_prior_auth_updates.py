"""Requests that follow on others, and inquiries: the current result of every item, and who may see it."""

import json
from typing import Any

import pytest

from cds_service.prior_auth.answers import Writing
from cds_service.prior_auth.inquiries import Inquiries
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.pas_urls import DEFINITION
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import (
    OTHER_NPI,
    action,
    added,
    cancelled,
    changed,
    extension,
    following,
    inquiry,
    items_of,
    request_of,
    response,
    reviews,
    sample,
    value_of,
)

Json = dict[str, Any]
UPDATE = [{"system": "https://ehr.example.org/requests", "value": "111-update"}]
CANCELLED = {"url": f"{DEFINITION}/modifierextension-infoCancelled", "valueBoolean": True}


@pytest.mark.requirement("pas22.spec-46", "pas22.spec-71")
def test_an_added_item_is_decided_and_the_others_stand(payer: Payer) -> None:
    request = request_of(sample("01"))
    (first,) = response(payer.submit(request))["item"]
    answer = payer.submit(following(request, *items_of(request), added(2)))
    assert reviews(answer) == {1: "A1", 2: "A4"}
    assert action(response(answer)["item"][0])["number"] == action(first)["number"]


@pytest.mark.requirement("pas22.spec-69", "pas22.spec-70")
def test_a_cancelled_item_keeps_its_sequence_and_names_its_number(payer: Payer) -> None:
    request = request_of(sample("01"))
    (first,) = response(payer.submit(request))["item"]
    answer = payer.submit(following(request, *(cancelled(one) for one in items_of(request)), added(2)))
    assert reviews(answer) == {1: "C", 2: "A4"}
    assert value_of(response(answer)["item"][0], "authorizationNumber") == action(first)["number"]


def test_a_changed_item_is_decided_anew(payer: Payer) -> None:
    request = request_of(sample("01"))
    payer.submit(request)
    (one,) = items_of(request)
    flag = extension("infoChanged", valueCode="changed")
    told = one | {"quantity": {"value": 5000}, "extension": [*one["extension"], flag]}
    assert reviews(payer.submit(following(request, told))) == {1: "A4"}
    unflagged = one | {"quantity": {"value": 5000}}
    assert reviews(payer.submit(following(request, unflagged, identifier="111-b"))) == {1: "A4"}


def test_an_item_that_does_not_come_again_stands(payer: Payer) -> None:
    request = request_of(sample("01"))
    payer.submit(request)
    assert reviews(payer.submit(following(request, added(2)))) == {1: "A1", 2: "A4"}


def test_a_request_without_items_is_taken_back_as_a_whole(payer: Payer) -> None:
    request = request_of(sample("02"))
    payer.submit(request)
    withdrawal = following(request)
    assert reviews(payer.submit(withdrawal)) == {1: "C"}
    after = following(withdrawal, *items_of(request), identifier="111-c")
    assert response(payer.submit(after))["outcome"] == "error"


@pytest.mark.requirement("pas22.spec-64")
def test_an_update_of_nothing_on_file_is_an_answer_with_an_error(payer: Payer) -> None:
    request = request_of(sample("02"))
    answer = response(payer.submit(following(request, *items_of(request))))
    assert answer["error"][0]["code"]["coding"][0]["code"] == "AA"


def test_an_update_of_an_update_names_the_one_before(payer: Payer) -> None:
    request = request_of(sample("01"))
    payer.submit(request)
    update = following(request, *items_of(request), added(2))
    payer.submit(update)
    second = following(update, *items_of(request), added(2), added(3, "J9353"), identifier="111-second")
    assert set(reviews(payer.submit(second))) == {1, 2, 3}


# Inquiries.


def inquired(payer: Payer, asked: Json, status: int = 200) -> list[Json]:
    reply = payer.client.post("/fhir/pas/Claim/$inquire", data=json.dumps(asked))
    assert reply.status_code == status, reply.get_data(as_text=True)
    return [one["resource"] for one in reply.get_json().get("parameter", ())]


@pytest.mark.requirement("pas22.spec-44", "pas22.spec-9")
def test_an_inquiry_gets_the_request_as_it_stands(payer: Payer) -> None:
    payer.submit(request_of(sample("01")))
    (found,) = inquired(payer, inquiry(sample("01")))
    assert reviews(found) == {1: "A1"}
    told = response(found)
    assert told["request"]["reference"].endswith("/Claim/claim-111")
    assert told["insurance"][0]["focal"] is True


@pytest.mark.requirement("pas22.spec-48")
def test_a_request_that_was_replaced_is_answered_with_the_current_one(payer: Payer) -> None:
    request = request_of(sample("01"))
    payer.submit(request)
    payer.submit(following(request, *items_of(request), added(2)))
    (found,) = inquired(payer, inquiry(sample("01")))
    assert reviews(found) == {1: "A1", 2: "A4"}


@pytest.mark.requirement("pas22.spec-47")
def test_a_number_of_ours_finds_the_request_and_a_foreign_one_none(payer: Payer) -> None:
    (one,) = response(payer.submit(request_of(sample("01"))))["item"]
    number = extension("authorizationNumber", valueString=action(one)["number"])
    other = extension("authorizationNumber", valueString="PA000000000000")
    assert len(inquired(payer, inquiry(sample("01"), identifier="own", extension=[number]))) == 1
    assert inquired(payer, inquiry(sample("01"), identifier="own", extension=[other])) == []


def test_a_member_of_another_number_is_not_found(payer: Payer) -> None:
    payer.submit(request_of(sample("01")))
    assert inquired(payer, inquiry(sample("07"))) == []


@pytest.mark.requirement("pas22.spec-52", "pas22.spec-53")
def test_who_did_not_send_it_names_a_provider_of_the_request(payer: Payer) -> None:
    payer.submit(request_of(sample("01")))
    inquiries = payer.container.archive
    assert inquiries is not None
    asking = Inquiries(PriorAuthStore(inquiries.engine), Writing("https://cds.example.org/fhir/pas"), 64)
    own = json.dumps(inquiry(sample("01"))).encode()
    others = json.dumps(inquiry(sample("01"), npi=OTHER_NPI)).encode()
    assert len(asking.answer(own, "another clinic")["parameter"]) == 1
    assert "parameter" not in asking.answer(others, "another clinic")
    assert len(asking.answer(others, "open")["parameter"]) == 1


def test_an_inquiry_that_is_none_by_its_profile_is_refused(payer: Payer) -> None:
    asked = inquiry(sample("01"))
    assert inquired(payer, changed(asked, provider={"reference": "Organization/nobody"}), 422) == []
