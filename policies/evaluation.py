"""Evaluating a policy: findings in, a ruling with the reason of each criterion and the open questions out.

Laws (tested as properties): filling an unknown never changes a decided ruling; a known failure beats unknowns; the
ruling is unknown exactly when questions are open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.comparing import judge
from policies.findings import Evidence, Finding, State, Strength
from policies.model import Fact, Group, Leaf, Node, Operator, Request
from policies.truth import OPPOSITE, Truth, all_of, any_of, at_least_of


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a criterion stands as it does: its truth, a note in plain words, and the evidence that counted."""

    criterion: Node
    truth: Truth
    note: str
    evidence: tuple[Evidence, ...]

    @property
    def strong(self) -> bool:
        """Tell whether nothing it rests on is weak (`policies.findings.Strength`)."""
        return all(item.strength is Strength.STRONG for item in self.evidence)


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that is still unknown and could still change the ruling, with the first criterion that needs it."""

    fact: Fact
    criterion: Leaf
    finding: Finding


@dataclass(frozen=True, slots=True)
class Conflict:
    """A fact whose sources contradict each other, with the first criterion that uses it."""

    criterion: Leaf
    finding: Finding


@dataclass(frozen=True, slots=True)
class Ruling:
    """The truth of a request as a whole, with the reason of each part, in the policy's order.

    `failures` are the reasons of the criteria on a fact that make the whole not met; empty unless it is.
    """

    truth: Truth
    reasons: tuple[Reason, ...]
    questions: tuple[Question, ...]
    conflicts: tuple[Conflict, ...]
    failures: tuple[Reason, ...] = ()


def evaluate(request: Request, facts: Mapping[str, Fact], findings: Mapping[str, Finding]) -> Ruling:
    """Judge a request by the findings; a fact without a finding is silent. Raises KeyError for an undeclared fact."""
    sheet = _Sheet(facts, findings)
    truth = sheet.truth(request.criteria)
    leaves = tuple(sheet.first_uses(node for node in request.nodes() if isinstance(node, Leaf)))
    return Ruling(
        truth=truth,
        reasons=tuple(sheet.reason(node) for node in request.nodes()),
        questions=tuple(sheet.questions(request.criteria)),
        conflicts=tuple(
            Conflict(leaf, sheet.finding(leaf)) for leaf in leaves if sheet.finding(leaf).state is State.CONFLICTING
        ),
        failures=tuple(sheet.reason(leaf) for leaf in sheet.leaves_with(request.criteria, Truth.NOT_MET)),
    )


def whole(group: Group, parts: Sequence[Truth]) -> Truth:
    """Return the truth of a group whose parts have these truths."""
    match group.operator:
        case Operator.ALL:
            return all_of(parts)
        case Operator.ANY:
            return any_of(parts)
        case Operator.NOT:
            return OPPOSITE[parts[0]]
        case Operator.AT_LEAST_OF:
            return at_least_of(group.needed, parts)


class _Sheet:
    """The truths of one evaluation, worked out once a node."""

    def __init__(self, facts: Mapping[str, Fact], findings: Mapping[str, Finding]) -> None:
        self._facts = facts
        self._findings = findings
        self._truths: dict[int, Truth] = {}

    def finding(self, leaf: Leaf) -> Finding:
        return self._findings.get(leaf.fact) or self._facts[leaf.fact].silent

    def truth(self, node: Node) -> Truth:
        known = self._truths.get(id(node))
        if known is None:
            known = self._truths[id(node)] = self._work_out(node)
        return known

    def _work_out(self, node: Node) -> Truth:
        if isinstance(node, Leaf):
            return judge(node, self._facts[node.fact], self.finding(node))
        return whole(node, [self.truth(part) for part in node.parts])

    def reason(self, node: Node) -> Reason:
        truth = self.truth(node)
        if isinstance(node, Leaf):
            finding = self.finding(node)
            return Reason(node, truth, self._note(node, finding), finding.counted)
        return Reason(node, truth, "", tuple(dict.fromkeys(self._deciding(node, truth))))

    def _note(self, leaf: Leaf, finding: Finding) -> str:
        worded = self._facts[leaf.fact].notes.get(finding.value) if isinstance(finding.value, str) else None
        return "; ".join(part for part in (worded, finding.note) if part)

    def _deciding(self, node: Node, truth: Truth) -> Iterator[Evidence]:
        """Yield the evidence of the parts that made a group what it is; an open group rests on nothing yet."""
        if truth is not Truth.UNKNOWN:
            for leaf in self.leaves_with(node, truth):
                yield from self.finding(leaf).counted

    def leaves_with(self, node: Node, truth: Truth) -> Iterator[Leaf]:
        """Yield the leaves that made a node what it is; none if it is something else."""
        if self.truth(node) is not truth:
            return
        if isinstance(node, Leaf):
            yield node
            return
        wanted = OPPOSITE[truth] if node.operator is Operator.NOT else truth
        for part in node.parts:
            yield from self.leaves_with(part, wanted)

    def first_uses(self, leaves: Iterator[Leaf]) -> Iterator[Leaf]:
        seen: set[str] = set()
        for leaf in leaves:
            if leaf.fact not in seen:
                seen.add(leaf.fact)
                yield leaf

    def questions(self, root: Node) -> Iterator[Question]:
        return (
            Question(self._facts[leaf.fact], leaf, self.finding(leaf)) for leaf in self.first_uses(self._open(root))
        )

    def _open(self, node: Node) -> Iterator[Leaf]:
        """Yield the unknown leaves that lie under unknown nodes only: just these can still change the whole."""
        if self.truth(node) is not Truth.UNKNOWN:
            return
        if isinstance(node, Leaf):
            yield node
            return
        for part in node.parts:
            yield from self._open(part)
