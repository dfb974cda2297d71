"""What can be found of a fact at all: the answers that a person can give, and what a chart can say."""

from collections.abc import Iterable, Iterator

from policies.evaluation.comparison import about, figures_of
from policies.model.criteria import Fact, Leaf, walk
from policies.model.fact_kinds import Answer, Parameter
from policies.model.findings import Finding, Interval, Origin, Range, State, Value
from policies.model.policy import Policy
from policies.terminology.registry import Terminology


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
        case Answer.MEASURE:
            return _measures(policy, fact)


def _numbers(policy: Policy, fact: Fact) -> Iterator[Range]:
    """Yield numbers on both sides of every figure, exact and as a lower bound, as far as the scale goes."""
    wanted = max(map(int, figures_of(leaves(policy, fact.name))), default=0) + 1
    highest = wanted if fact.kind.highest is None else min(wanted, fact.kind.highest)
    for number in range(highest + 1):
        yield Range.exactly(number)
        yield Range(number, fact.kind.highest)


def _measures(policy: Policy, fact: Fact) -> Iterator[Interval]:
    """Yield measured numbers on both sides of every figure, exact and as a bound."""
    for number in about(figures_of(leaves(policy, fact.name))):
        yield Interval.exactly(number, fact.unit)
        yield Interval(number, None, fact.unit)
        yield Interval(None, number, fact.unit)


def from_chart(policy: Policy, fact: Fact, terminology: Terminology) -> frozenset[str] | None:
    """Return the options that a chart can give for a choice; None if the fact is no choice."""
    options = fact.kind.options
    return options.words | _of_parameter(policy, fact, terminology) if options is not None else None


def _of_parameter(policy: Policy, fact: Fact, terminology: Terminology) -> frozenset[str]:
    """Return the options that stand in a parameter of the fact: names of drugs, or scores of a definition."""
    parameter = fact.kind.options.parameter if fact.kind.options is not None else ""
    name = str(fact.parameters.get(parameter, ""))
    match fact.kind.parameters.get(parameter):
        case Parameter.DRUGS:
            return frozenset(terminology.drug_set(name, policy.value_sets[name]).roles)
        case Parameter.CODES:
            known = terminology.codes(name, policy.value_sets[name])
            return frozenset(one.means for one in known.members if one.decides and one.means)
        case Parameter.DEFINITION:
            return frozenset(row.score for row in policy.figures.definitions[name].rows if row.score)
        case _:
            return frozenset()
