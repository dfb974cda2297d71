"""What can be found of a fact at all: the answers that a person can give, and what a chart can say."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Origin, Range, State, Value
from policies.model.policy import Fact, Leaf, Policy, walk
from policies.terminology.registry import Terminology

IHC_SCORES = frozenset({"0", "1+", "2+", "3+", "negative"})
ISH_RESULTS = frozenset({"positive", "equivocal", "negative"})
METASTATIC = "metastatic"


def leaves(policy: Policy, fact: str) -> Iterator[Leaf]:
    """Yield every test of a fact, in all requests of a policy."""
    nodes = (node for request in policy.requests.values() for node in walk(request.criteria))
    return (node for node in nodes if isinstance(node, Leaf) and node.fact == fact)


def settled_by_policy(fact: Fact) -> bool:
    """Whether the policy itself answers a fact, so that nobody is asked and no chart is read."""
    open_ended = all(value == "none" for value in fact.parameters.values())
    return fact.kind.settled is True and open_ended and not fact.ask


def findings(policy: Policy, fact: Fact) -> tuple[Finding, ...]:
    """Return one finding of each sort that the tests of a fact can tell apart."""
    if settled_by_policy(fact):
        return (fact.silent,)
    known = tuple(Finding.known(value, origin=Origin.ANSWER) for value in _values(policy, fact))
    return known if fact.silent.state is State.KNOWN else (*known, Finding.unknown())


def _values(policy: Policy, fact: Fact) -> Iterable[Value]:
    match fact.answer:
        case Answer.YES_NO:
            return (True, False)
        case Answer.CHOICE:
            return fact.options
        case Answer.NUMBER:
            return _numbers(policy, fact)


def _numbers(policy: Policy, fact: Fact) -> Iterator[Range]:
    """Yield numbers on both sides of every figure, exact and as a lower bound, as far as the scale goes."""
    figures = [leaf.operand for leaf in leaves(policy, fact.name) if isinstance(leaf.operand, int)]
    wanted = max(figures, default=0) + 1
    highest = wanted if fact.kind.highest is None else min(wanted, fact.kind.highest)
    for number in range(highest + 1):
        yield Range.exactly(number)
        yield Range(number, fact.kind.highest)


def from_chart(policy: Policy, fact: Fact, terminology: Terminology) -> frozenset[str] | None:
    """Return the options that a chart can give for a choice; None if the kind is not known here."""
    given = _FROM_CHART.get(fact.kind.name)
    return given(policy, fact, terminology) if given is not None else None


def _partners(policy: Policy, fact: Fact, terminology: Terminology) -> frozenset[str]:
    name = str(fact.parameters["drugs"])
    return frozenset(terminology.drug_set(name, policy.value_sets[name]).roles)


def _scores(policy: Policy, fact: Fact, _: Terminology) -> frozenset[str]:
    definition = policy.figures.definitions[str(fact.parameters["definition"])]
    return IHC_SCORES | {row.score for row in definition.rows if row.score}


_FROM_CHART: Mapping[str, Callable[[Policy, Fact, Terminology], frozenset[str]]] = MappingProxyType(
    {
        "disease_extent": lambda _, __, ___: frozenset({METASTATIC}),
        "her2_ihc": _scores,
        "her2_ish": lambda _, __, ___: ISH_RESULTS,
        "combination_partner": _partners,
    }
)
"""What the reader of each kind of choice can say (`docs/policy-language.md`, "Kinds"); tests hold it to the readers."""

ONLY_FROM_CHART = frozenset({"her2_ihc", "her2_ish"})
"""Kinds whose options are the words of a result: another option could only ever be a slip."""
