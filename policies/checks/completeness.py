"""Whether the cases of a policy show every criterion met, not met and unknown, and answer every question."""

from collections.abc import Iterator
from dataclasses import dataclass

from policies.checks.reachability import Reach
from policies.checks.remarks import Remark, fault
from policies.files.yaml_source import Source
from policies.model.criteria import Leaf, Node
from policies.model.findings import State
from policies.model.policy import Policy
from policies.model.truth import Truth
from policies.testcases.casebook import Case
from policies.workspace.criterion_places import criteria
from policies.workspace.possible_findings import settled_by_policy


@dataclass(frozen=True, slots=True)
class Completeness:
    """What no case shows though it can be, as faults; and what cannot be, with the reason."""

    gaps: tuple[Remark, ...]
    cannot_be: tuple[str, ...]


def completeness(policy: Policy, source: Source, cases: tuple[Case, ...]) -> Completeness:
    """Hold the cases that a version judges against its criteria and questions."""
    if not cases:
        cause = f"No case tests the version of {policy.version}"
        mend = f"write cases whose orders are of {policy.version} or later"
        return Completeness((fault(source, ("version",), cause, mend),), ())
    reach = Reach(policy)
    seen = {pair for case in cases for pair in case.expect.criteria.items()}
    gaps: list[Remark] = []
    cannot_be: list[str] = []
    for name, (path, node) in _named(policy).items():
        possible = reach.truths(node)
        for truth in Truth:
            if truth not in possible:
                cannot_be.append(f"{name} is never {_written(truth)}: {_reason(policy, node)}")
            elif (name, truth) not in seen:
                mend = f"add a case that expects {name}: {truth.value}"
                gaps.append(fault(source, path, f"No case shows {name} {_written(truth)}", mend))
    return Completeness((*gaps, *_unanswered(policy, source, cases)), tuple(cannot_be))


def _named(policy: Policy) -> dict[str, tuple[tuple[str | int, ...], Node]]:
    placed = (pair for view in policy.views for request in view.requests.values() for pair in criteria(request))
    return {node.id: (path, node) for path, node in placed if node.id}


def _written(truth: Truth) -> str:
    return truth.value.replace("-", " ")


def _reason(policy: Policy, node: Node) -> str:
    if not isinstance(node, Leaf):
        return "its parts cannot come out so"
    fact = policy.facts[node.fact]
    if settled_by_policy(fact):
        return f"the policy itself answers '{fact.what}'"
    if fact.silent.state is State.KNOWN:
        return f"where nothing is on record, '{fact.what}' is taken as {'yes' if fact.silent.value else 'no'}"
    return "no finding and no answer comes out so"


def _unanswered(policy: Policy, source: Source, cases: tuple[Case, ...]) -> Iterator[Remark]:
    answered = {name for case in cases for name in case.answered}
    for name, fact in policy.facts.items():
        if fact.ask and name not in answered:
            cause = f"No case has an answer of a person to '{name}'"
            yield fault(source, ("facts", name), cause, f"add a case with answered: {{{name}: ...}}")
