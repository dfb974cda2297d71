"""`policy show --against`: what is different between two versions of a policy, in sentences."""

from collections.abc import Iterator

from policies.model.criteria import Group, Leaf, Node, RequestKind
from policies.model.policy import Policy
from policies.terminology.registry import Terminology
from policies.text.facts_diff import fact_differences
from policies.text.figures_diff import table_differences
from policies.text.phrases import REQUEST_TITLES, figure, joins
from policies.text.sentences import changed
from policies.text.value_sets_diff import set_differences


def differences(new: Policy, old: Policy, terminology: Terminology) -> tuple[str, ...]:
    """Return what is different in the newer version, one sentence each; empty if nothing is."""
    return tuple(
        dict.fromkeys(
            (
                *_of_head(new, old),
                *(difference for kind in RequestKind for difference in _of_request(new, old, kind)),
                *fact_differences(new, old),
                *table_differences(new, old),
                *set_differences(new, old, terminology),
            )
        )
    )


def _of_head(new: Policy, old: Policy) -> Iterator[str]:
    yield from changed("The title is now", new.title, old.title)
    yield from changed("It is now chosen for", *(", ".join(one.holds_for) or "every member" for one in (new, old)))
    yield from changed("The diagnoses that the drug is for are now those of", new.disease, old.disease)
    yield from changed("A request is now a continuation from day", new.after_days, old.after_days)
    yield from changed("A request is now a continuation until day", new.within_days or "any", old.within_days or "any")
    yield from changed("Renewal is now offered so many days before the end", new.renewal_days, old.renewal_days)


def _of_request(new: Policy, old: Policy, kind: RequestKind) -> Iterator[str]:
    now, before = _criteria(new, kind), _criteria(old, kind)
    title = REQUEST_TITLES[kind].lower()
    for name, (node, group) in now.items():
        if name in before:
            yield from _of_criterion(node, before[name][0])
            yield from changed(f"'{node.says}' now stands under", group or "no group", before[name][1] or "no group")
        else:
            yield f"New criterion of a {title}: {_called(new, node)}"
    for name, (node, _) in before.items():
        if name not in now:
            yield f"No longer a criterion of a {title}: {_called(old, node)}"


def _criteria(policy: Policy, kind: RequestKind) -> dict[str, tuple[Node, str]]:
    """Return the criteria by their ids, each with the id of the group that it stands in."""
    return {node.id: (node, group) for node, group in _grouped(policy.requests[kind].criteria, "") if node.id}


def _grouped(node: Node, group: str) -> Iterator[tuple[Node, str]]:
    yield node, group
    for part in node.parts if isinstance(node, Group) else ():
        yield from _grouped(part, node.id or group)


def _called(policy: Policy, node: Node) -> str:
    asked = (
        f" ({policy.facts[node.fact].what}: {figure(node, policy.facts[node.fact].unit)})"
        if isinstance(node, Leaf)
        else ""
    )
    return f"'{node.says}'{asked}"


def _of_criterion(new: Node, old: Node) -> Iterator[str]:
    if new.says != old.says:
        yield f"'{old.says}' is now worded '{new.says}'"
    if isinstance(new, Leaf) and isinstance(old, Leaf):
        yield from changed(f"'{new.says}' now asks for", figure(new), figure(old))
        yield from changed(f"'{new.says}' now tests the fact", new.fact, old.fact)
    else:
        yield from changed(f"'{new.says}' now needs", joins(new) or "one fact", joins(old) or "one fact")
    yield from changed(f"'{new.says}' now stands in section", new.section, old.section)
