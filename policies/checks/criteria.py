"""Criteria and options that can never do anything: reported only where it is certain."""

from collections.abc import Iterable, Iterator

from policies.checks.reachability import Reach
from policies.checks.remarks import Remark, doubt, fault
from policies.files.problems import Path
from policies.files.yaml_source import Source
from policies.model.criteria import Fact, Group, Leaf, Node, RequestKind
from policies.model.fact_kinds import Answer
from policies.model.policy import Policy
from policies.model.truth import Truth
from policies.terminology.registry import Terminology
from policies.workspace.criterion_places import criteria, parts, top
from policies.workspace.possible_findings import from_chart, leaves, settled_by_policy


def check(policy: Policy, source: Source, terminology: Terminology) -> Iterator[Remark]:
    """Yield what is unreachable in the criteria and facts of a policy."""
    reach = Reach(policy)
    found = (one for view in policy.views for kind in RequestKind for one in _request(reach, source, view, kind))
    yield from dict.fromkeys(found)
    for fact in policy.facts.values():
        if fact.answer is Answer.CHOICE:
            yield from _options(policy, source, fact, terminology)


def _request(reach: Reach, source: Source, policy: Policy, kind: RequestKind) -> Iterator[Remark]:
    request = policy.requests[kind]
    for path, node in criteria(request):
        yield from _criterion(reach, source, path, node)
        if isinstance(node, Group):
            yield from _idle(reach, source, node, parts(path, node))
    yield from _idle(reach, source, request.criteria, top(request))


def _criterion(reach: Reach, source: Source, path: Path, node: Node) -> Iterator[Remark]:
    if isinstance(node, Leaf) and settled_by_policy(reach.policy.facts[node.fact]):
        return
    truths = reach.truths(node)
    if Truth.MET not in truths:
        cause = f"{_called(node)} can never be met, whatever is found or answered"
        yield fault(source, path, cause, "change its test, or the options and `undecided` of its fact")
    elif Truth.NOT_MET not in truths:
        cause = f"{_called(node)} can never be not met, whatever is found or answered"
        yield doubt(source, path, cause, "change its figure, or delete it if it asks for nothing")


def _idle(reach: Reach, source: Source, group: Group, placed: Iterable[tuple[Path, Node]]) -> Iterator[Remark]:
    places = {id(node): path for path, node in placed}
    for part in reach.idle(group):
        if isinstance(part, Leaf) and settled_by_policy(reach.policy.facts[part.fact]):
            continue
        cause = f"{_called(part)} can never change {_called(group, 'its group')}: the other parts always settle it"
        yield fault(source, places[id(part)], cause, "delete it, or change its test")


def _called(node: Node, otherwise: str = "This group") -> str:
    return f"'{node.id}'" if node.id else otherwise


def _options(policy: Policy, source: Source, fact: Fact, terminology: Terminology) -> Iterator[Remark]:
    path: Path = ("facts", fact.name, "options")
    given = from_chart(policy, fact, terminology) or frozenset()
    for word in sorted(given - set(fact.options)):
        cause = f"A chart can say '{word}' of '{fact.name}', which is none of its options"
        yield fault(source, path, cause, f"add '{word}' to the options")
    alone = fact.kind.options is not None and fact.kind.options.alone
    for word in fact.options if alone else ():
        if word not in given:
            cause = f"No result can give the option '{word}' of '{fact.name}'"
            yield doubt(source, path, cause, f"use the words of a result: {', '.join(sorted(given))}")
    yield from _undecided(policy, source, fact)


def _undecided(policy: Policy, source: Source, fact: Fact) -> Iterator[Remark]:
    tests = list(leaves(policy, fact.name))
    for word in sorted(fact.undecided):
        if any(word == leaf.operand or (isinstance(leaf.operand, tuple) and word in leaf.operand) for leaf in tests):
            cause = f"A criterion tests '{fact.name}' for '{word}', which settles nothing because it is undecided"
            yield fault(source, ("facts", fact.name, "undecided"), cause, "take it out of the test, or of 'undecided'")
