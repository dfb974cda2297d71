"""Which truths a criterion can have, and which criteria can never matter: by the truth tables, over all findings.

Facts that several parts of a group share are tried out together; parts that share none are independent. A group that
would need too many trials is left out: nothing is said that is not certain.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod

from policies.evaluation.comparison import judge
from policies.evaluation.ruling import whole
from policies.model.criteria import Fact, Group, Leaf, Node, Operator, walk
from policies.model.findings import Finding
from policies.model.policy import Policy
from policies.model.truth import Truth
from policies.workspace.possible_findings import findings

MOST_TRIALS = 60_000
_Truths = tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The findings that each fact of a policy can have, and what follows for its criteria."""

    policy: Policy
    _known: dict[str, tuple[Finding, ...]] = field(default_factory=dict, repr=False)

    def truths(self, node: Node) -> frozenset[Truth]:
        """Return every truth that a criterion can have; all three where that would need too many trials."""
        found = self._tried((node,))
        return frozenset(Truth) if found is None else frozenset(one for (one,) in found)

    def idle(self, group: Group) -> Iterator[Node]:
        """Yield the parts of a group that never change it, whatever is found."""
        clusters = _clusters(group.parts)
        tried = [self._tried(cluster) for cluster in clusters]
        for at, cluster in enumerate(clusters):
            others = [one for index, one in enumerate(tried) if index != at]
            for part in cluster if len(group.parts) > 1 else ():
                if self._never_matters(group, cluster.index(part), tried[at], others):
                    yield part

    def _never_matters(
        self, group: Group, at: int, own: frozenset[_Truths] | None, others: list[frozenset[_Truths] | None]
    ) -> bool:
        beside = _together(others)
        if own is None or beside is None or group.operator is Operator.NOT:
            return False
        return all(
            whole(group, (*rest, *truths)) is whole(group, (*rest, *truths[:at], *truths[at + 1 :]))
            for rest in beside
            for truths in own
        )

    def _tried(self, nodes: tuple[Node, ...]) -> frozenset[_Truths] | None:
        """Return the truths that some criteria can have side by side; None if there are too many trials."""
        facts = sorted({leaf.fact for node in nodes for leaf in _leaves(node)})
        choices = [self._choices(fact, nodes) for fact in facts]
        if prod(len(one) for one in choices) > MOST_TRIALS:
            return None
        trials = (dict(zip(facts, chosen, strict=True)) for chosen in product(*choices))
        return frozenset(tuple(self._truth(node, trial) for node in nodes) for trial in trials)

    def _choices(self, fact: str, nodes: tuple[Node, ...]) -> tuple[Finding, ...]:
        """Return one finding for each way in which the tests of a fact can come out."""
        tests = [leaf for node in nodes for leaf in _leaves(node) if leaf.fact == fact]
        return tuple(_by_outcome(self.policy.facts[fact], tests, self._findings(fact)).values())

    def _findings(self, fact: str) -> tuple[Finding, ...]:
        if fact not in self._known:
            self._known[fact] = findings(self.policy, self.policy.facts[fact])
        return self._known[fact]

    def _truth(self, node: Node, trial: Mapping[str, Finding]) -> Truth:
        if isinstance(node, Leaf):
            return judge(node, self.policy.facts[node.fact], trial[node.fact])
        return whole(node, [self._truth(part, trial) for part in node.parts])


def _leaves(node: Node) -> Iterator[Leaf]:
    return (one for one in walk(node) if isinstance(one, Leaf))


def _by_outcome(fact: Fact, tests: list[Leaf], known: Iterable[Finding]) -> dict[_Truths, Finding]:
    return {tuple(judge(leaf, fact, finding) for leaf in tests): finding for finding in known}


def _clusters(parts: tuple[Node, ...]) -> list[tuple[Node, ...]]:
    """Put parts together that share a fact."""
    clusters: list[tuple[set[str], tuple[Node, ...]]] = []
    for part in parts:
        facts = {leaf.fact for leaf in _leaves(part)}
        nodes: tuple[Node, ...] = (part,)
        apart = []
        for known, others in clusters:
            if known.isdisjoint(facts):
                apart.append((known, others))
            else:
                facts, nodes = known | facts, (*others, *nodes)
        clusters = [*apart, (facts, nodes)]
    return [nodes for _, nodes in clusters]


def _together(tried: list[frozenset[_Truths] | None]) -> frozenset[_Truths] | None:
    """Return how independent parts can stand side by side: only how many are met, unknown and not met matters."""
    sums: frozenset[_Truths] = frozenset({()})
    for one in tried:
        if one is None:
            return None
        sums = frozenset(_sorted((*before, *truths)) for before in sums for truths in one)
    return sums


def _sorted(truths: _Truths) -> _Truths:
    return tuple(sorted(truths, key=lambda truth: truth.value))
