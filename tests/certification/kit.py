"""The assertions of the public certification tests (CRD 2.0.1) on what a server answers, restated as functions.

Each looks at replies exactly as far as those tests do, and says what is wrong; numbers such as 3.x.05 are theirs, and
`docs/certification.csv` lists them. Their checks against FHIR profiles are the HL7 validator's; here a resource is read
with the models of fhir.resources (`tests.certification.resources`).
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.certification.resources import fhir_fault

Json = dict[str, Any]
EXTENSION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
WITH_ACTIONS = frozenset({"appointment-book", "order-sign", "order-dispatch"})
"""The hooks whose reply must have the list of system actions."""
_ORDERS = frozenset({"DeviceRequest", "MedicationRequest", "NutritionOrder", "ServiceRequest", "VisionPrescription"})
BEARERS = {
    "appointment-book": frozenset({"Appointment"}),
    "encounter-start": frozenset({"Encounter"}),
    "encounter-discharge": frozenset({"Encounter"}),
    "order-select": _ORDERS,
    "order-dispatch": _ORDERS,
    "order-sign": _ORDERS,
}
"""What must bear coverage information, by hook."""
_INDICATORS = ("info", "warning", "critical")
_ACTIONS = ("create", "update", "delete")
_MOST = 140


def called_faults(status: int, media_type: str, reply: Any) -> Iterator[str]:
    """3.x.01: every call gets 200 and JSON."""
    if status != 200:
        yield f"status {status}"
    if not media_type.startswith("application/json") or not isinstance(reply, dict):
        yield "no JSON object"


def response_faults(hook: str, reply: Json) -> Iterator[str]:
    """3.x.05: what every reply, card and action must have."""
    if not isinstance(reply.get("cards"), list):
        yield "cards is missing, or no list"
    if "systemActions" not in reply and hook in WITH_ACTIONS:
        yield "systemActions is missing"
    if not isinstance(reply.get("systemActions", []), list):
        yield "systemActions is no list"
        return
    for card in cards_of(reply):
        yield from card_faults(card)
    for action in reply.get("systemActions", []):
        yield from action_faults(action)


def card_faults(card: Json) -> Iterator[str]:
    """3.x.05: what a card must have."""
    summary = card.get("summary")
    if not _text(summary) or len(str(summary)) >= _MOST:
        yield "a summary is none, or too long"
    if card.get("indicator") not in _INDICATORS:
        yield "an indicator is none of the three"
    source = card.get("source")
    topic = source.get("topic") if isinstance(source, dict) else None
    if not isinstance(source, dict) or not _text(source.get("label")):
        yield "a source has no label"
    if not isinstance(topic, dict) or not (_text(topic.get("code")) and _text(topic.get("system"))):
        yield "a topic has no code, or no system"


def action_faults(action: Any) -> Iterator[str]:
    """3.x.05: what an action must have."""
    if not isinstance(action, dict) or action.get("type") not in _ACTIONS or not _text(action.get("description")):
        yield "an action has no type, or no description"
        return
    if action["type"] == "delete":
        kind, slash, name = str(action.get("resourceId", "")).partition("/")
        if not (kind and slash and name):
            yield "a delete names no Type/id"
    elif not isinstance(action.get("resource"), dict):
        yield "an action has no resource"
    elif fault := fhir_fault(action["resource"]):
        yield fault


def optional_faults(reply: Json) -> Iterator[str]:
    """3.x.06: what a card may have is well formed where it is there."""
    for card in cards_of(reply):
        yield from _optional_faults(card)


def _optional_faults(card: Json) -> Iterator[str]:
    yield from (f"{name} is no text" for name in ("uuid", "detail") if name in card and not _text(card[name]))
    for name in ("suggestions", "overrideReasons", "links"):
        if name in card and not (isinstance(card[name], list) and card[name]):
            yield f"{name} is empty, or no list"
    yield from _suggestion_faults(card)
    for reason in _objects(card.get("overrideReasons")):
        if not all(_text(reason.get(name)) for name in ("code", "system", "display")):
            yield "a reason to override lacks code, system or display"
    for link in _objects(card.get("links")):
        yield from _link_faults(link)


def _suggestion_faults(card: Json) -> Iterator[str]:
    suggestions = _objects(card.get("suggestions"))
    if suggestions and card.get("selectionBehavior") not in ("at-most-one", "any"):
        yield "suggestions without a selection behavior"
    for suggestion in suggestions:
        if not _text(suggestion.get("label")):
            yield "a suggestion has no label"
        if "actions" in suggestion and not suggestion["actions"]:
            yield "a suggestion has an empty list of actions"
        for action in suggestion.get("actions", []):
            yield from action_faults(action)


def _link_faults(link: Json) -> Iterator[str]:
    if not all(_text(link.get(name)) for name in ("label", "type", "url")):
        yield "a link lacks label, type or url"
    elif link["type"] not in ("absolute", "smart"):
        yield "a link is neither absolute nor smart"
    elif not _is_address(link["url"]):
        yield "a link is no absolute address"
    elif link["type"] == "absolute" and "appContext" in link:
        yield "an absolute link has an app context"


def cards_of(reply: Json) -> list[Json]:
    """Return the cards of a reply that are objects."""
    return _objects(reply.get("cards"))


def external_references(reply: Json) -> list[Json]:
    """3.x.07: the cards, valid with all that they may have, whose links are all absolute."""
    return [card for card in cards_of(reply) if _links_are(card, "absolute") and _is_valid(card)]


def launches(reply: Json) -> list[Json]:
    """3.x.08: the cards, valid with all that they may have, whose links are all launches of an application."""
    return [card for card in cards_of(reply) if _links_are(card, "smart") and _is_valid(card)]


def instructions(reply: Json) -> list[Json]:
    """3.x.09: the valid cards without links and suggestions."""
    plain = [card for card in cards_of(reply) if not ({"links", "suggestions"} & card.keys())]
    return [card for card in plain if not list(card_faults(card))]


def _is_valid(card: Json) -> bool:
    return not [*card_faults(card), *_optional_faults(card)]


def _links_are(card: Json, kind: str) -> bool:
    links = card.get("links")
    return isinstance(links, list) and bool(links) and all(one.get("type") == kind for one in links)


def coverage_actions(hook: str, reply: Json) -> list[Json]:
    """3.x.10: the valid system actions on a resource of the hook's type that bears coverage information."""
    actions = [one for one in _objects(reply.get("systemActions")) if not list(action_faults(one))]
    told = [one for one in actions if isinstance(one.get("resource"), dict)]
    right = [one for one in told if one["resource"].get("resourceType") in BEARERS[hook]]
    return [one for one in right if information_on(one["resource"])]


def coverage_faults(hook: str, reply: Json) -> Iterator[str]:
    """3.x.11: each is an update; one assertion id a coverage, and different ones for different coverages."""
    for action in coverage_actions(hook, reply):
        if action["type"] != "update":
            yield "coverage information is no update"
        yield from id_faults(information_on(action["resource"]))


def id_faults(told: Sequence[Json]) -> Iterator[str]:
    """3.x.11: the ids in the pieces of coverage information on one resource."""
    for name, least in (("coverage-assertion-id", 1), ("satisfied-pa-id", 0)):
        ids: dict[str, set[str]] = {}
        for one in told:
            parts = _parts(one)
            of_this = ids.setdefault(str(parts.get("coverage", [{}])[0].get("reference")), set())
            of_this.update(map(str, parts.get(name, [])))
        if not all(least <= len(found) <= 1 for found in ids.values()):
            yield f"a coverage has not just one {name}"
        if len(set().union(*ids.values())) < sum(map(len, ids.values())):
            yield f"two coverages share a {name}"


def information_on(resource: Json) -> list[Json]:
    """Return the pieces of coverage information on a resource."""
    return [one for one in _objects(resource.get("extension")) if one.get("url") == EXTENSION]


def _parts(information: Json) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in _objects(information.get("extension")):
        value = next((one for name, one in part.items() if name.startswith("value")), None)
        found.setdefault(str(part.get("url")), []).append(value)
    return found


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
