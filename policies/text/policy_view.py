"""A policy as people and programs read it, made from the policy itself; nothing here is written by hand."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from policies.model.criteria import Fact, Group, Leaf, Node, Operator, RequestKind
from policies.model.policy import Policy
from policies.text.phrases import REQUEST_TITLES, bounds_in_words, joins, place_in_document, tested

__all__ = ["CriterionView", "RequestView", "bounds_in_words", "policy_json", "policy_summary", "request_views"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CriterionView:
    """One line of the criteria: how deep it lies, what it says, how its parts join, and the fact it asks for.

    `tested` is the test on the fact in words, made from its figure; `place` where it stands in the payer's document.
    """

    node: Node
    depth: int
    joins: str
    fact: Fact | None
    tested: str
    place: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """The criteria of one kind of request."""

    title: str
    kind: RequestKind
    criteria: tuple[CriterionView, ...]


def request_views(policy: Policy) -> tuple[RequestView, ...]:
    """Return the criteria of both kinds of request, line by line."""
    return tuple(
        RequestView(REQUEST_TITLES[kind], kind, tuple(_lines(policy, policy.requests[kind].criteria, -1)))
        for kind in RequestKind
    )


def _lines(policy: Policy, node: Node, depth: int) -> Iterator[CriterionView]:
    fact = policy.facts[node.fact] if isinstance(node, Leaf) else None
    if depth >= 0:
        yield CriterionView(node, depth, joins(node), fact, tested(node, fact), place_in_document(node.section))
    for part in node.parts if isinstance(node, Group) else ():
        yield from _lines(policy, part, depth + 1)


def policy_summary(policy: Policy) -> Json:
    """Return the head of a policy."""
    return {
        "id": policy.id,
        "version": policy.version.isoformat(),
        "revision": policy.revision,
        "title": policy.title,
        "document": policy.figures.document.number,
    }


def policy_json(policy: Policy) -> Json:
    """Return a policy with everything that it decides by."""
    figures: Json = _jsonable(asdict(policy.figures))
    return {
        **policy_summary(policy),
        **figures,
        "holds_for": list(policy.holds_for),
        "continuation_after_days": policy.after_days,
        "continuation_within_days": policy.within_days,
        "renewal_days": policy.renewal_days,
        "indications": _indications(policy),
        "value_sets": dict(policy.value_sets),
        "facts": {name: _fact(fact) for name, fact in policy.facts.items()},
        "requests": {kind.value: _node(policy.requests[kind].criteria) for kind in RequestKind},
    }


def _indications(policy: Policy) -> Json | None:
    """Return what differs by the indication, and what is not covered; None for a policy of one."""
    several = policy.indications
    if several is None:
        return None
    covered = {
        title: {
            "disease": one.disease,
            "authorization_months": view.figures.authorization_months,
            "dosing": _jsonable(asdict(view.figures.dosing)) if view.figures.dosing is not None else None,
            "requests": {kind.value: _node(view.requests[kind].criteria) for kind in RequestKind},
        }
        for (title, one), view in zip(several.covered.items(), policy.views, strict=True)
    }
    return {"covered": covered, "not_covered": dict(several.uncovered)}


def _fact(fact: Fact) -> Json:
    return {
        "what": fact.what,
        "kind": fact.kind.name,
        "answer": fact.answer.value,
        "ask": fact.ask,
        "options": list(fact.options),
        "with": dict(fact.parameters),
    }


def _node(node: Node) -> Json:
    head = {"id": node.id, "says": node.says, "section": node.section} if node.id else {}
    if isinstance(node, Leaf):
        return {**head, "fact": node.fact, node.comparison.value: _jsonable(node.operand)}
    parts = [_node(part) for part in node.parts]
    if node.operator is Operator.AT_LEAST_OF:
        return {**head, node.operator.value: {"needed": node.needed, "of": parts}}
    return {**head, node.operator.value: parts}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(_jsonable(item) for item in value)
    if isinstance(value, Enum):
        return value.value
    return float(value) if isinstance(value, Decimal) else value
