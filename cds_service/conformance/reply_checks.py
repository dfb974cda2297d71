"""Checks of replies: cards, suggestions, actions, links. Sources: CDS Hooks 2.0, "CDS Service Response"; CRD, cards."""

from collections.abc import Callable, Iterator
from typing import Any

from cds_service.conformance.check import Check, Judge, check
from cds_service.conformance.exchanges import Json, Seen, is_text, objects

_LONGEST = 139
_INDICATORS = frozenset({"info", "warning", "critical"})
_BEHAVIORS = frozenset({"at-most-one", "any"})
_ACTIONS = frozenset({"create", "update", "delete"})
_LINKS = frozenset({"absolute", "smart"})


def _answered(seen: Seen) -> list[str] | None:
    odd = [f"{one.where}: {one.exchange.status}" for one in seen.answers if one.exchange.status != 200]
    odd += [
        f"{one.where}: there is no list of cards"
        for one in seen.answers
        if not (isinstance(one.exchange.content, dict) and isinstance(one.exchange.content.get("cards"), list))
    ]
    return odd if seen.answers else None


def _json(seen: Seen) -> list[str] | None:
    odd = [one.where for one in seen.answers if one.exchange.media_type != "application/json"]
    return [f"{where}: the answer is not application/json" for where in odd] if seen.answers else None


def _filled(seen: Seen) -> list[str] | None:
    replies = [one for one in seen.answers if isinstance(one.exchange.content, dict)]
    odd = [f"{one.where}: {place} is null or empty" for one in replies for place in _hollow(one.exchange.content, "")]
    return odd if replies else None


def _hollow(value: Any, place: str) -> Iterator[str]:
    """Yield the places of what is null or empty; lists at the top may be, and a resource is the client's own."""
    if value is None or value in ("", [], {}):
        if place not in (".cards", ".systemActions"):
            yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _hollow(inner, f"{place}.{name}") if name != "resource" else ()
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _hollow(inner, f"{place}[{number}]")


def _of_cards(is_right: Callable[[Json], bool], said: str) -> Judge:
    def judge(seen: Seen) -> list[str] | None:
        cards = list(seen.cards())
        return [f"{answer.where}: {said}" for answer, card in cards if not is_right(card)] if cards else None

    return judge


def _of_parts(name: str, is_right: Callable[[Json], bool], said: str) -> Judge:
    """Judge the objects in a list of each card, such as its links."""

    def judge(seen: Seen) -> list[str] | None:
        parts = [(answer, part) for answer, card in seen.cards() for part in objects(card.get(name))]
        return [f"{answer.where}: {said}" for answer, part in parts if not is_right(part)] if parts else None

    return judge


def _of_actions(is_right: Callable[[Json], bool], said: str) -> Judge:
    def judge(seen: Seen) -> list[str] | None:
        actions = list(seen.actions())
        return [f"{answer.where}: {said}" for answer, action in actions if not is_right(action)] if actions else None

    return judge


def _source(card: Json) -> Json:
    source = card.get("source")
    return source if isinstance(source, dict) else {}


def _summary(card: Json) -> bool:
    summary = card.get("summary")
    return is_text(summary) and len(str(summary)) <= _LONGEST


def _topic(card: Json) -> bool:
    topic = _source(card).get("topic")
    return isinstance(topic, dict) and is_text(topic.get("code")) and is_text(topic.get("system"))


def _chosen(seen: Seen) -> list[str] | None:
    suggesting = [(answer, card) for answer, card in seen.cards() if "suggestions" in card]
    odd = [answer.where for answer, card in suggesting if card.get("selectionBehavior") not in _BEHAVIORS]
    return [f"{where}: the selection behavior is missing, or odd" for where in odd] if suggesting else None


def _uuids(seen: Seen) -> list[str] | None:
    """Look for a uuid on each card from 2.2 on, and for one that stands on two cards."""
    found = [(answer, card.get("uuid")) for answer, card in seen.cards()]
    lacking = [f"{one.where}: a card has no uuid" for one, uuid in found if uuid is None and one.version == "2.2"]
    given = [uuid for _, uuid in found if uuid is not None]
    odd = ["a uuid is no text"] if not all(is_text(one) for one in given) else []
    twice = ["a uuid stands on two cards"] if len({str(one) for one in given}) < len(given) else []
    return lacking + odd + twice if found else None


def _acts(action: Json) -> bool:
    """Whether an action holds a resource, or for a delete the id of one, and not the other."""
    if action.get("type") == "delete":
        return is_text(action.get("resourceId")) and "resource" not in action
    resource = action.get("resource")
    return isinstance(resource, dict) and is_text(resource.get("resourceType"))


def _link(link: Json) -> bool:
    texts = all(is_text(link.get(name)) for name in ("label", "url"))
    return texts and link.get("type") in _LINKS and str(link["url"]).startswith(("http://", "https://"))


REPLIES: tuple[Check, ...] = (
    check("hooks.16 hooks.74", "each service answers a whole call with 200 and cards", _answered),
    check("hooks.1", "replies are JSON", _json),
    check("hooks.3", "nothing in a reply is null or empty", _filled, "SHALL NOT"),
    check("hooks.80 crd22.resp-13", "cards have uuids of their own (a must from 2.2 on)", _uuids),
    check("hooks.83", "summaries are under 140 characters", _of_cards(_summary, "a summary is none, or too long")),
    check(
        "hooks.87 hooks.88",
        "indicators are info, warning or critical",
        _of_cards(lambda card: card.get("indicator") in _INDICATORS, "an indicator is none of the three"),
    ),
    check(
        "hooks.90 hooks.105",
        "cards have a source with a label",
        _of_cards(lambda card: is_text(_source(card).get("label")), "a source has no label"),
    ),
    check("crd22.resp-5", "the source has a topic with code and system", _of_cards(_topic, "a topic is missing")),
    check("hooks.93 hooks.95", "suggestions come with a selection behavior", _chosen),
    check(
        "hooks.117 crd22.resp-3",
        "suggestions have label and uuid",
        _of_parts("suggestions", lambda one: is_text(one.get("label")) and is_text(one.get("uuid")), "one is missing"),
    ),
    check(
        "hooks.100 hooks.136 hooks.216 hooks.217",
        "override reasons have code, system and display",
        _of_parts(
            "overrideReasons",
            lambda one: all(is_text(one.get(name)) for name in ("code", "system", "display")),
            "one is missing",
        ),
    ),
    check(
        "hooks.138 hooks.139 hooks.141 hooks.142",
        "links have a label, an absolute url, and a type",
        _of_parts("links", _link, "a link lacks one of them"),
    ),
    check(
        "hooks.147",
        "only links of type smart have an app context",
        _of_parts("links", lambda one: one.get("type") == "smart" or "appContext" not in one, "another link has one"),
        "SHALL NOT",
    ),
    check(
        "hooks.127 hooks.128",
        "actions have a type and a description",
        _of_actions(lambda one: one.get("type") in _ACTIONS and is_text(one.get("description")), "one is missing"),
    ),
    check(
        "hooks.130 hooks.131 hooks.133 hooks.134",
        "actions hold a resource; a delete the id of one",
        _of_actions(_acts, "an action does not"),
    ),
)
