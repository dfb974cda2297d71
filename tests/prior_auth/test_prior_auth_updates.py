"""Requests that follow on others, and inquiries: the current result of every item, and who may see it."""

import json
from copy import deepcopy
from typing import Any

import pytest

from cds_service.prior_auth.answers import Writing
from cds_service.prior_auth.inquiries import Inquiries
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.pas_urls import CERTIFICATION_TYPES, DEFINITION
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import (
    HCPCS,
    OTHER_NPI,
    SERVER,
    action,
    changed,
    concept,
    extension,
    inquiry,
    item,
    request_of,
    response,
    reviews,
    sample,
    value_of,
)

Json = dict[str, Any]
UPDATE = [{"system": "https://ehr.example.org/requests", "value": "111-update"}]
CANCELLED = {"url": f"{DEFINITION}/modifierextension-infoCancelled", "valueBoolean": True}


def following(request: Json, *items: Json, identifier: str = "111-update", **members: Any) -> Json:
    """Return the update of a request: the same Bundle, the earlier Claim beside the new one."""
    found = deepcopy(request)
    earlier = deepcopy(found["entry"][0])
    earlier["resource"].pop("related", None)
    related = [{"claim": {"reference": f"Claim/{earlier['resource']['id']}"}}]
    new = found["entry"][0]["resource"]
    new |= {"id": f"claim-{identifier}", "identifier": [UPDATE[0] | {"value": identifier}], "related": related}
    new |= {"item": list(items)} | members
    found["entry"][0]["fullUrl"] = f"{SERVER}/Claim/claim-{identifier}"
    name = earlier["resource"]["id"]
    found["entry"] = [one for one in found["entry"] if one["resource"].get("id") != name]
    found["entry"].append(earlier)
    found["identifier"] = found["identifier"] | {"value": f"b-{identifier}"}
    return found


def items_of(request: Json) -> list[Json]:
    return deepcopy(request["entry"][0]["resource"]["item"])


def added(sequence: int, code: str = "J1323") -> Json:
    one = item(sequence, productOrService=concept(HCPCS, code))
    return one | {"extension": [*one["extension"], extension("infoChanged", valueCode="added")]}


def cancelled(one: Json) -> Json:
    kept = [part for part in one["extension"] if not part["url"].endswith("certificationType")]
    told = [
        extension("certificationType", valueCodeableConcept=concept(CERTIFICATION_TYPES, "3")),
        extension("infoChanged", valueCode="changed"),
    ]
    return one | {"extension": [*kept, *told], "modifierExtension": [CANCELLED]}


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
    withdrawal["entry"][0]["resource"].pop("item")
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


@pytest.mark.requirement("pas22.spec-44", "pas22.spec-45", "pas22.spec-9")
def test_an_inquiry_gets_the_request_as_it_stands(payer: Payer) -> None:
    payer.submit(request_of(sample("01")))
    (found,) = inquired(payer, inquiry(sample("01")))
    assert reviews(found) == {1: "A1"}
    told = response(found)
    assert told["request"]["reference"] in [entry["fullUrl"] for entry in found["entry"]]
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
