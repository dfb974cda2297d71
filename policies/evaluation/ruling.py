"""Evaluating a policy: findings in, a ruling with the reason of each criterion and the open questions out.

Laws (tested as properties): filling an unknown never changes a decided ruling; a known failure beats unknowns; the
ruling is unknown exactly when questions are open.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policies.evaluation.comparison import judge
from policies.model.criteria import Fact, Group, Leaf, Node, Operator, Request
from policies.model.findings import Evidence, Finding, State, Strength
from policies.model.notes import Said, Series
from policies.model.truth import OPPOSITE, Truth, all_of, any_of, at_least_of


class Reason(NamedTuple):
    """Why a criterion stands as it does: its truth, what is said of it, and the evidence that counted.

    A named tuple for the same reason as `Evidence`.
    """

    criterion: Node
    truth: Truth
    note: Said
    evidence: tuple[Evidence, ...]

    @property
    def strong(self) -> bool:
        """Whether nothing it rests on is weak (`policies.model.findings.Strength`)."""
        return all(item.strength is Strength.STRONG for item in self.evidence)


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that is still unknown and could still change the ruling, with the first criterion that needs it."""

    fact: Fact
    criterion: Leaf
    finding: Finding


@dataclass(frozen=True, slots=True)
class Conflict:
    """A fact whose sources contradict each other, with the first criterion that uses it.

    Settled by a person's answer it opens no question, and is still shown to the payer's reviewer.
    """

    criterion: Leaf
    finding: Finding

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return both sides."""
        return (*self.finding.counted, *self.finding.overruled)


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


_Judged = tuple[Truth, list[Leaf]]


def evaluate(request: Request, facts: Mapping[str, Fact], findings: Mapping[str, Finding]) -> Ruling:
    """Judge a request by the findings; a fact without a finding is silent. Raises KeyError for an undeclared fact."""
    first = request.first_uses
    sheet = _Sheet(facts, {leaf.fact: findings.get(leaf.fact) or facts[leaf.fact].silent for leaf in first})
    truth, leaves = sheet.judge(request.criteria)
    return Ruling(
        truth=truth,
        reasons=tuple([sheet.reason(node) for node in request.named]),
        questions=sheet.questions(leaves) if truth is Truth.UNKNOWN else (),
        conflicts=tuple([one for leaf in first if (one := sheet.conflict(leaf)) is not None]),
        failures=tuple([sheet.reason(leaf) for leaf in leaves]) if truth is Truth.NOT_MET else (),
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
    """One evaluation. `judge` goes through the tree once and keeps for each node its truth and what made it so.

    Every decision comes through here, for every criterion: hence one pass, and lists instead of generators.
    """

    def __init__(self, facts: Mapping[str, Fact], findings: Mapping[str, Finding]) -> None:
        self._facts = facts
        self._findings = findings
        self._judged: dict[int, _Judged] = {}

    def judge(self, node: Node) -> _Judged:
        """Judge a node and all below it: return its truth, and the leaves that made it what it is.

        Those are the leaves of its truth that lie under nodes of its truth only (of the opposite, below a `not`).
        """
        if isinstance(node, Leaf):
            found: _Judged = judge(node, self._facts[node.fact], self._findings[node.fact]), [node]
        else:
            parts = [self.judge(part) for part in node.parts]
            truth = whole(node, [one for one, _ in parts])
            wanted = OPPOSITE[truth] if node.operator is Operator.NOT else truth
            found = truth, [leaf for one, leaves in parts if one is wanted for leaf in leaves]
        self._judged[id(node)] = found
        return found

    def reason(self, node: Node) -> Reason:
        """Return why a judged node stands as it does; an open group rests on nothing yet."""
        truth, leaves = self._judged[id(node)]
        if isinstance(node, Leaf):
            finding = self._findings[node.fact]
            return Reason(node, truth, self._note(node, finding), finding.counted)
        if truth is Truth.UNKNOWN:
            return Reason(node, truth, "", ())
        shown = dict.fromkeys([one for leaf in leaves for one in self._findings[leaf.fact].counted])
        return Reason(node, truth, "", tuple(shown))

    def _note(self, leaf: Leaf, finding: Finding) -> Said:
        worded = self._facts[leaf.fact].notes.get(finding.value) if isinstance(finding.value, str) else None
        return Series((worded, finding.note), "; ") if worded and finding.note else worded or finding.note

    def conflict(self, leaf: Leaf) -> Conflict | None:
        """Return the conflict of the fact that a leaf tests, open or settled by a person; None if there is none."""
        finding = self._findings[leaf.fact]
        return Conflict(leaf, finding) if finding.state is State.CONFLICTING or finding.overruled else None

    def questions(self, leaves: Iterable[Leaf]) -> tuple[Question, ...]:
        """Ask for the facts of the unknown leaves under unknown nodes only: just these can still change the whole."""
        first: dict[str, Leaf] = {}
        for leaf in leaves:
            first.setdefault(leaf.fact, leaf)
        return tuple([Question(self._facts[name], leaf, self._findings[name]) for name, leaf in first.items()])
