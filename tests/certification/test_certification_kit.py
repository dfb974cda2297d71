"""The restated assertions do find what they look for: a reply that breaks one is told so."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.certification import kit, suggested
from tests.certification.asked import asked_faults
from tests.conformance.whole_reply import broken, whole

Json = dict[str, Any]
CARD, ACTION = ("cards", 0), ("systemActions", 0)
INFORMATION = (*ACTION, "resource", "extension", 0, "extension")
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "mr1",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "x"},
    "subject": {"reference": "Patient/p1"},
}


def good() -> Json:
    """Return a reply that breaks nothing: the made-up whole one, with an order that can be read."""
    reply = deepcopy(whole("2.0"))
    reply["systemActions"][0]["resource"] = ORDER | {"extension": reply["systemActions"][0]["resource"]["extension"]}
    reply["cards"][0]["suggestions"][0]["actions"][1]["resource"] = ORDER | {"id": "mr2"}
    return reply


def every_fault(reply: Json) -> list[str]:
    found = (kit.response_faults, kit.coverage_faults)
    return [*(fault for one in found for fault in one("order-sign", reply)), *kit.optional_faults(reply)]


def test_a_good_reply_has_no_fault() -> None:
    assert every_fault(good()) == []
    assert len(kit.coverage_actions("order-sign", good())) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("cards",), {}),
        (("systemActions",), {}),
        ((*CARD, "summary"), "s" * 140),
        ((*CARD, "summary"), ""),
        ((*CARD, "indicator"), "high"),
        ((*CARD, "source", "label"), None),
        ((*CARD, "source", "topic"), {"code": "x"}),
        ((*CARD, "uuid"), 7),
        ((*CARD, "links"), []),
        ((*CARD, "selectionBehavior"), "all"),
        ((*CARD, "suggestions", 0, "label"), ""),
        ((*CARD, "suggestions", 0, "actions"), []),
        ((*CARD, "suggestions", 0, "actions", 0, "resourceId"), "mr1"),
        ((*CARD, "overrideReasons", 0, "display"), ""),
        ((*CARD, "links", 0, "url"), "/policies"),
        ((*CARD, "links", 0, "type"), "relative"),
        ((*CARD, "links", 0, "appContext"), "x"),
        ((*ACTION, "type"), "change"),
        ((*ACTION, "description"), ""),
        ((*ACTION, "resource"), {"resourceType": "MedicationRequest"}),
        ((*ACTION, "resource"), {"resourceType": "Nothing"}),
        ((*ACTION, "type"), "create"),
    ],
)
def test_what_is_broken_is_told(path: tuple[str | int, ...], value: object) -> None:
    assert every_fault(broken(good(), path, value))


@pytest.mark.parametrize("hook", sorted(kit.WITH_ACTIONS))
def test_a_reply_without_the_list_of_actions_is_told_on_primary_hooks(hook: str) -> None:
    assert list(kit.response_faults(hook, {"cards": []})) == ["systemActions is missing"]
    assert list(kit.response_faults("order-select", {"cards": []})) == []


@pytest.mark.parametrize(("status", "media", "reply"), [(412, "application/json", {}), (200, "text/html", {})])
def test_an_answer_that_is_none_is_told(status: int, media: str, reply: object) -> None:
    assert list(kit.called_faults(status, media, reply))
    assert list(kit.called_faults(200, "application/json", []))


def piece(coverage: str, *ids: str, authorized: str = "") -> Json:
    given = [{"url": "coverage-assertion-id", "valueString": one} for one in ids]
    given += [{"url": "satisfied-pa-id", "valueString": authorized}] if authorized else []
    return {"url": kit.EXTENSION, "extension": [{"url": "coverage", "valueReference": {"reference": coverage}}, *given]}


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ([piece("Coverage/1", "a")], 0),
        ([piece("Coverage/1", "a", authorized="n"), piece("Coverage/1", "a", authorized="n")], 0),
        ([piece("Coverage/1", "a"), piece("Coverage/2", "b")], 0),
        ([piece("Coverage/1")], 1),
        ([piece("Coverage/1", "a"), piece("Coverage/1", "b")], 1),
        ([piece("Coverage/1", "a"), piece("Coverage/2", "a")], 1),
        ([piece("Coverage/1", "a", authorized="n"), piece("Coverage/2", "b", authorized="n")], 1),
        ([piece("Coverage/1", "a", authorized="n"), piece("Coverage/1", "a", authorized="m")], 1),
    ],
)
def test_ids_belong_to_one_coverage(told: list[Json], faults: int) -> None:
    assert len(list(kit.id_faults(told))) == faults


def test_cards_are_told_apart_by_their_links_and_suggestions() -> None:
    card = good()["cards"][0]
    plain = {name: value for name, value in card.items() if name not in {"links", "suggestions", "selectionBehavior"}}
    absolute, smart = ({"label": "x", "url": "https://x.org/", "type": kind} for kind in ("absolute", "smart"))
    replies = {
        "plain": plain,
        "absolute": plain | {"links": [absolute]},
        "smart": plain | {"links": [smart]},
        "mixed": plain | {"links": [absolute, smart]},
        "bad": plain | {"links": [absolute], "summary": ""},
    }
    kinds = (kit.external_references, kit.launches, kit.instructions)
    found = {name: [len(kind({"cards": [one]})) for kind in kinds] for name, one in replies.items()}
    assert found == {
        "plain": [0, 0, 1],
        "absolute": [1, 0, 0],
        "smart": [0, 1, 0],
        "mixed": [0, 0, 0],
        "bad": [0, 0, 0],
    }


def suggesting(*actions: Json) -> Json:
    return {"cards": [{"suggestions": [{"label": "x", "actions": list(actions)}]}]}


DELETE = {"type": "delete", "description": "x", "resourceId": "MedicationRequest/mr1"}
CREATE = {"type": "create", "description": "x", "resource": ORDER | {"id": "mr2"}}
UPDATE = {"type": "update", "description": "x", "resource": ORDER}
CALL = {"context": {"draftOrders": {"entry": [{"resource": ORDER}]}}}


@pytest.mark.parametrize(
    ("actions", "faults"),
    [
        ((UPDATE,), 0),
        ((DELETE, CREATE), 0),
        ((UPDATE | {"resource": ORDER | {"id": "other"}},), 1),
        ((DELETE | {"resourceId": "MedicationRequest/other"}, CREATE), 1),
        ((DELETE, UPDATE), 1),
        ((UPDATE | {"resource": {"resourceType": "MedicationRequest", "id": "mr1"}},), 1),
    ],
)
def test_another_order_is_proposed_for_one_that_was_drafted(actions: tuple[Json, ...], faults: int) -> None:
    reply = suggesting(*actions)
    assert len(suggested.alternate_requests(reply)) == 1
    assert len(list(suggested.alternate_faults(CALL, reply))) == faults


def test_further_orders_are_creates_only() -> None:
    assert len(suggested.additional_orders(suggesting(CREATE))) == 1
    assert suggested.additional_orders(suggesting(CREATE, DELETE)) == []
    assert suggested.alternate_requests(suggesting(CREATE)) == []
    assert suggested.additional_orders({"cards": [{"summary": "x"}]}) == []
    assert list(suggested.resource_faults(suggested.card_resources(suggesting(CREATE)["cards"]))) == []


TASK = {
    "resourceType": "Task",
    "status": "ready",
    "intent": "order",
    "code": {"coding": [{"code": "complete-questionnaire"}]},
    "input": [{"type": {"text": "questionnaire"}, "valueCanonical": "https://x.org/Questionnaire/q"}],
}
FORM = {"type": "create", "description": "x", "resource": TASK}
COVER = {"type": "update", "description": "x", "resource": {"resourceType": "Coverage", "id": "c"}}


def test_a_form_is_recognized_by_its_task() -> None:
    versioned = {"input": [TASK["input"][0] | {"valueCanonical": "https://x.org/Questionnaire/q|1"}]}  # type: ignore[index]
    assert suggested.form_requests(suggesting(FORM)) == [TASK]
    assert suggested.form_requests(suggesting(CREATE, FORM)) == [TASK]
    assert suggested.form_requests({"cards": [], "systemActions": [FORM]}) == [TASK]
    for other in ({"code": {}}, {"input": []}, versioned, {"resourceType": "Basic"}):
        assert suggested.form_requests(suggesting(FORM | {"resource": TASK | other})) == []


def test_an_update_of_a_coverage_is_one_action_of_one_suggestion() -> None:
    assert suggested.coverage_updates(suggesting(COVER)) == [COVER["resource"]]
    assert suggested.coverage_updates(suggesting(COVER, CREATE)) == []
    assert suggested.coverage_updates({"cards": [], "systemActions": [COVER]}) == [COVER["resource"]]


def selecting() -> Json:
    """Return a call of order-select in which a tester's kit finds no fault."""
    drafts = {"resourceType": "Bundle", "entry": [{"resource": ORDER}]}
    context = {"userId": "Practitioner/d1", "patientId": "p1", "selections": ["MedicationRequest/mr1"]}
    authorization = {"access_token": "t", "token_type": "Bearer", "expires_in": 60, "scope": "a", "subject": "c"}
    return {
        "hook": "order-select",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example.org",
        "fhirAuthorization": authorization,
        "context": context | {"draftOrders": drafts},
    }


def test_a_good_call_has_no_fault() -> None:
    assert list(asked_faults("order-select", selecting())) == []
    assert list(asked_faults("order-sign", selecting())) == ["another hook"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hookInstance",), "1"),
        (("prefetch",), {}),
        (("fhirServer",), None),
        (("fhirAuthorization", "expires_in"), "60"),
        (("context", "userId"), "Patient/p1"),
        (("context", "patientId"), "Patient/p1"),
        (("context", "selections"), ["MedicationRequest/other"]),
        (("context", "draftOrders", "entry", 0, "resource", "id"), ""),
        (("context", "draftOrders", "entry", 0, "resource", "resourceType"), "Task"),
    ],
)
def test_what_is_broken_in_a_call_is_told(path: tuple[str | int, ...], value: object) -> None:
    assert list(asked_faults("order-select", broken(selecting(), path, value)))


@pytest.mark.parametrize("find", [kit.external_references, kit.launches])
def test_a_card_that_is_not_valid_in_all_counts_as_none(find: Callable[[Json], list[Json]]) -> None:
    kind = "absolute" if find is kit.external_references else "smart"
    link = {"label": "x", "type": kind, "url": "https://payer.example.org/x"}
    reply = good()
    reply["cards"] = [{name: one for name, one in reply["cards"][0].items() if name != "links"} | {"links": [link]}]
    assert len(find(reply)) == 1
    assert find(broken(reply, ("cards", 0, "links", 0, "url"), "nowhere")) == []
    assert find(broken(reply, ("cards", 0, "uuid"), 7)) == []
