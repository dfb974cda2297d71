"""Which open questions are asked next: those whose answers can settle the ruling soonest.

Questions are asked in groups. A group that few answers can settle the whole with comes before one that takes more, and
that before one which cannot settle it alone; then the shorter group, then the one that stands first in the policy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from policies.evaluation.comparison import about, figures_of, judge
from policies.evaluation.ruling import evaluate
from policies.model.criteria import Fact, Leaf, Request, walk
from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Interval, Origin, Range, Value
from policies.model.truth import Truth

_Facts = Mapping[str, Fact]
_Findings = Mapping[str, Finding]


def next_group(
    request: Request, facts: _Facts, findings: _Findings, groups: Sequence[frozenset[str]]
) -> frozenset[str] | None:
    """Return the group of open facts to ask for next; None if there is none. Empty groups are passed over."""
    ranked = [(group, at) for at, group in enumerate(groups) if group]

    def rank(entry: tuple[frozenset[str], int]) -> tuple[float, int, int]:
        group, at = entry
        return fewest_answers(request, facts, findings, group), len(group), at

    return min(ranked, key=rank)[0] if ranked else None


def fewest_answers(request: Request, facts: _Facts, findings: _Findings, group: Iterable[str]) -> float:
    """Return how many answers of a group can settle the ruling, at the least; infinity if even all of them cannot."""
    outcomes = {name: tuple(_answers_by_outcome(request, facts[name])) for name in sorted(group)}
    for number in range(1, len(outcomes) + 1):
        for names in combinations(outcomes, number):
            for answers in product(*(outcomes[name] for name in names)):
                given = {**findings, **dict(zip(names, answers, strict=True))}
                if evaluate(request, facts, given).truth is not Truth.UNKNOWN:
                    return number
    return float("inf")


def _answers_by_outcome(request: Request, fact: Fact) -> Iterator[Finding]:
    """Yield an answer for each way in which answers to a question can come out in the tests on it."""
    tests = [node for node in walk(request.criteria) if isinstance(node, Leaf) and node.fact == fact.name]
    seen: set[tuple[Truth, ...]] = set()
    for value in _answers(fact, tests):
        found = Finding.known(value, origin=Origin.ANSWER)
        outcome = tuple(judge(leaf, fact, found) for leaf in tests)
        if outcome not in seen:
            seen.add(outcome)
            yield found


def _answers(fact: Fact, tests: Iterable[Leaf]) -> Iterator[Value]:
    """Yield answers on both sides of every figure."""
    if fact.answer is Answer.YES_NO:
        yield from (True, False)
    elif fact.answer is Answer.CHOICE:
        yield from fact.options
    elif fact.answer is Answer.MEASURE:
        yield from (Interval.exactly(number, fact.unit) for number in about(figures_of(tests)))
    else:
        numbers = {int(number) + step for number in figures_of(tests) for step in (-1, 0, 1)}
        yield from (Range.exactly(number) for number in sorted(numbers) if number >= 0)
