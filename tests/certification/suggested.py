"""The assertions on cards and actions that propose something: 3.4.12 to 3.6.15 of the certification tests.

Each kind is first recognized as those tests recognize it, and then looked at. None found means that the test is left
out there; here a test of ours asks for one.
"""

from collections.abc import Iterator
from typing import Any

from tests.certification.kit import cards_of
from tests.certification.resources import fhir_fault

Json = dict[str, Any]
_ALTERNATES = frozenset(
    [
        "Device",
        "DeviceRequest",
        "Encounter",
        "Medication",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    ]
)
_ADDITIONAL = frozenset(
    [
        "CommunicationRequest",
        "Device",
        "DeviceRequest",
        "Medication",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    ]
)


def alternate_requests(reply: Json) -> list[Json]:
    """3.4.12, 3.6.12: the cards with a suggestion that updates an order, or deletes one and creates another."""
    return [card for card in cards_of(reply) if any(map(_is_alternate, _suggestions(card)))]


def alternate_faults(call: Json, reply: Json) -> Iterator[str]:
    """3.4.12, 3.6.12: what is changed or deleted is a draft order; what is deleted has one of its type in its place."""
    entries = call["context"]["draftOrders"]["entry"]
    drafts = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in entries}
    for suggestion in (one for card in alternate_requests(reply) for one in _suggestions(card)):
        created = {_kind(one) for one in _actions(suggestion) if one["type"] == "create"}
        for action in _actions(suggestion):
            target = _target(action)
            if action["type"] != "create" and target not in drafts:
                yield f"{target} is no draft order"
            if action["type"] == "delete" and target.partition("/")[0] not in created:
                yield f"nothing is created in place of {target}"
            yield from _unreadable(action)


def additional_orders(reply: Json) -> list[Json]:
    """3.4.13, 3.6.13: the cards all of whose actions create something that can be ordered."""
    return [card for card in cards_of(reply) if _suggestions(card) and all(map(_creates_orders, _suggestions(card)))]


def form_requests(reply: Json) -> list[Json]:
    """3.x.12, .14: the tasks to fill in a form, from cards each of whose suggestions is just that, and from actions."""
    cards = [card for card in cards_of(reply) if _suggestions(card) and all(map(_is_form, _suggestions(card)))]
    every = [one for card in cards for suggestion in _suggestions(card) for one in _actions(suggestion)]
    return [one["resource"] for one in [*every, *reply.get("systemActions", [])] if _asks_for_form(one)]


def coverage_updates(reply: Json) -> list[Json]:
    """3.x.13, .15: the Coverages that a card with one suggestion of one action, or a system action, changes."""
    cards = [card for card in cards_of(reply) if len(_suggestions(card)) == 1]
    lone = [_actions(_suggestions(card)[0]) for card in cards]
    found = [actions[0] for actions in lone if len(actions) == 1]
    return [one["resource"] for one in [*found, *reply.get("systemActions", [])] if _writes_coverage(one)]


def resource_faults(resources: list[Json]) -> Iterator[str]:
    """Say of resources that are proposed which cannot be read; their profiles are the HL7 validator's to check."""
    yield from filter(None, map(fhir_fault, resources))


def card_resources(cards: list[Json]) -> list[Json]:
    """Return the resources in the suggestions of cards."""
    actions = (one for card in cards for suggestion in _suggestions(card) for one in _actions(suggestion))
    return [one["resource"] for one in actions if "resource" in one]


def _is_alternate(suggestion: Json) -> bool:
    kinds: dict[str, set[str]] = {}
    for action in _actions(suggestion):
        kinds.setdefault(action["type"], set()).add(_target(action).partition("/")[0])
    updates, creates = kinds.get("update", set()) & _ALTERNATES, kinds.get("create", set()) & _ALTERNATES
    return bool(updates or (creates and kinds.get("delete", set()) & _ALTERNATES))


def _creates_orders(suggestion: Json) -> bool:
    actions = _actions(suggestion)
    return bool(actions) and all(one["type"] == "create" and _kind(one) in _ADDITIONAL for one in actions)


def _is_form(suggestion: Json) -> bool:
    return sum(map(_asks_for_form, _actions(suggestion))) == 1


def _asks_for_form(action: Json) -> bool:
    task = action.get("resource", {})
    if action.get("type") != "create" or task.get("resourceType") != "Task":
        return False
    codes = [coding.get("code") for coding in task.get("code", {}).get("coding", [])]
    return "complete-questionnaire" in codes and any(map(_names_form, task.get("input", [])))


def _names_form(given: Json) -> bool:
    """Whether an input of a task names a form; a canonical with a version after | is none to those tests."""
    canonical = str(given.get("valueCanonical", ""))
    named = given.get("type", {}).get("text") == "questionnaire"
    return named and canonical.startswith(("http://", "https://")) and "|" not in canonical


def _writes_coverage(action: Json) -> bool:
    return action.get("type") in ("create", "update") and _kind(action) == "Coverage"


def _unreadable(action: Json) -> Iterator[str]:
    if "resource" in action:
        yield from resource_faults([action["resource"]])


def _suggestions(card: Json) -> list[Json]:
    return list(card.get("suggestions", []))


def _actions(suggestion: Json) -> list[Json]:
    return list(suggestion.get("actions", []))


def _kind(action: Json) -> str:
    return str(action.get("resource", {}).get("resourceType", ""))


def _target(action: Json) -> str:
    """Return Type/id of what an action is about."""
    resource = action.get("resource", {})
    return str(action.get("resourceId") or f"{resource.get('resourceType')}/{resource.get('id')}")
