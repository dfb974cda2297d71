"""Which type of response a card is, told as the public test kit tells it: by its suggestions and links alone."""

from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
ORDERS = frozenset(
    {
        "CommunicationRequest",
        "Device",
        "DeviceRequest",
        "Medication",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
CHANGED = ORDERS - {"CommunicationRequest"} | {"Encounter"}
_CANONICAL = frozenset('|<>" {}\\^`')
"""Signs that no URL holds, so that a canonical name with a version is none to the kit."""


def kind_of(card: Json) -> str:
    """Return the type of a card; empty for one that follows none."""
    checks = (
        ("additional-orders", _adds_orders),
        ("update-coverage", _updates_coverage),
        ("external-reference", lambda one: _links(one, "absolute")),
        ("form-completion", _asks_for_a_form),
        ("instructions", lambda one: not one.get("links") and not one.get("suggestions")),
        ("launch", lambda one: _links(one, "smart")),
        ("alternate-request", _changes_an_order),
    )
    return next((name for name, check in checks if check(card)), "")


def _actions(card: Json) -> list[Json]:
    return [action for one in card.get("suggestions", ()) for action in one["actions"]]


def _type(action: Json) -> str:
    return str(action.get("resource", {}).get("resourceType", ""))


def _adds_orders(card: Json) -> bool:
    actions = _actions(card)
    return bool(actions) and all(one["type"] == "create" and _type(one) in ORDERS for one in actions)


def _updates_coverage(card: Json) -> bool:
    actions = _actions(card)
    return len(actions) == 1 and actions[0]["type"] in {"create", "update"} and _type(actions[0]) == "Coverage"


def _links(card: Json, kind: str) -> bool:
    links = card.get("links", ())
    return bool(links) and all(one["type"] == kind for one in links)


def _asks_for_a_form(card: Json) -> bool:
    suggestions = card.get("suggestions", ())
    return bool(suggestions) and all(sum(map(_is_task, one["actions"])) == 1 for one in suggestions)


def _is_task(action: Json) -> bool:
    task = action.get("resource", {})
    if action["type"] != "create" or task.get("resourceType") != "Task":
        return False
    codes = [one["code"] for one in task["code"]["coding"]]
    named = [one.get("valueCanonical", "") for one in task["input"] if one["type"].get("text") == "questionnaire"]
    return "complete-questionnaire" in codes and any(_is_url(one) for one in named)


def _is_url(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"} and not _CANONICAL & set(text)


def _changes_an_order(card: Json) -> bool:
    return any(one["type"] == "update" and _type(one) in CHANGED for one in _actions(card))
