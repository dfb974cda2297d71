"""One test on one finding: what the policy's figure makes of what is known."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from policies.model.criteria import Comparison, Fact, Leaf, Operand
from policies.model.findings import Finding, Interval, Range, State, Value
from policies.model.truth import Truth, all_of

Number = int | Decimal


def judge(leaf: Leaf, fact: Fact, finding: Finding) -> Truth:
    """Hold a finding against a criterion; raises TypeError if the value is not of the fact's type (a mapping's bug)."""
    if finding.state is not State.KNOWN or finding.value is None:
        return Truth.UNKNOWN
    if isinstance(finding.value, str) and _is_undecided(finding.value, fact):
        return Truth.UNKNOWN
    match leaf.comparison:
        case Comparison.IS:
            return _is(finding.value, leaf.operand)
        case Comparison.ONE_OF:
            return _one_of(finding.value, leaf.operand)
        case Comparison.BETWEEN:
            return _between(_bounds(finding.value, fact), leaf.operand)
        case _:
            return _MEASURES[leaf.comparison](_bounds(finding.value, fact), _figure(leaf.operand))


def holds(value: Interval, comparison: Comparison, figure: object) -> Truth:
    """Hold a measured number against one figure; raises TypeError for a comparison with none, or with two."""
    if not isinstance(figure, int | Decimal):
        raise TypeError(f"nothing can be measured against {figure!r}")
    known = _Bounds(value.low, value.high, value.low_is_open, value.high_is_open)
    return _MEASURES[comparison](known, _figure(figure))


def figures_of(tests: Iterable[Leaf]) -> frozenset[Number]:
    """Return the figures that a fact is held against by some tests."""
    operands = (leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,) for leaf in tests)
    named = (one for operand in operands for one in operand)
    return frozenset(one for one in named if isinstance(one, int | Decimal) and not isinstance(one, bool))


def about(figures: Iterable[Number]) -> Iterator[Decimal]:
    """Yield each figure, and a number on every side of it that no other figure lies before."""
    known = sorted(Decimal(one) for one in figures)
    yield from known
    yield from ((low + high) / 2 for low, high in pairwise(known))
    if known:
        yield from (known[0] - 1, known[-1] + 1)


def _is_undecided(option: str, fact: Fact) -> bool:
    """Whether an option settles nothing; raises TypeError if it is none of the fact's options."""
    if option not in fact.options:
        raise TypeError(f"{option!r} is none of the options of '{fact.name}'")
    return option in fact.undecided


def _truth(met: bool) -> Truth:  # noqa: FBT001 - it is the one thing the function is about
    return Truth.MET if met else Truth.NOT_MET


def _is(value: Value, operand: Operand) -> Truth:
    if type(value) is not type(operand):
        raise TypeError(f"{value!r} cannot be compared with {operand!r}")
    return _truth(value == operand)


def _one_of(value: Value, operand: Operand) -> Truth:
    if not isinstance(value, str) or not isinstance(operand, tuple):
        raise TypeError(f"{value!r} cannot be one of {operand!r}")
    return _truth(value in operand)


class _Bounds(NamedTuple):
    """Between which numbers a value lies; None is no bound, and an open one is not itself possible."""

    low: Number | None
    high: Number | None
    low_is_open: bool = False
    high_is_open: bool = False


def _bounds(value: Value, fact: Fact) -> _Bounds:
    """Return the bounds of a number; raises TypeError for any other value, and for one in another unit."""
    if isinstance(value, Range):
        return _Bounds(value.at_least, value.at_most)
    if not isinstance(value, Interval):
        raise TypeError(f"{value!r} cannot be measured")
    if value.unit != fact.unit:
        raise TypeError(f"{value!r} is not in the unit of '{fact.name}'")
    return _Bounds(value.low, value.high, value.low_is_open, value.high_is_open)


def _figure(operand: Operand) -> Number:
    if isinstance(operand, bool) or not isinstance(operand, int | Decimal):
        raise TypeError(f"nothing can be measured against {operand!r}")
    return operand


def _at_least(known: _Bounds, figure: Number) -> Truth:
    if known.low is not None and known.low >= figure:
        return Truth.MET
    return Truth.NOT_MET if _is_surely_below(known, figure) else Truth.UNKNOWN


def _at_most(known: _Bounds, figure: Number) -> Truth:
    if known.high is not None and known.high <= figure:
        return Truth.MET
    return Truth.NOT_MET if _is_surely_above(known, figure) else Truth.UNKNOWN


def _above(known: _Bounds, figure: Number) -> Truth:
    if _is_surely_above(known, figure):
        return Truth.MET
    return Truth.NOT_MET if known.high is not None and known.high <= figure else Truth.UNKNOWN


def _below(known: _Bounds, figure: Number) -> Truth:
    if _is_surely_below(known, figure):
        return Truth.MET
    return Truth.NOT_MET if known.low is not None and known.low >= figure else Truth.UNKNOWN


def _is_surely_above(known: _Bounds, figure: Number) -> bool:
    return known.low is not None and (known.low > figure or (known.low == figure and known.low_is_open))


def _is_surely_below(known: _Bounds, figure: Number) -> bool:
    return known.high is not None and (known.high < figure or (known.high == figure and known.high_is_open))


def _between(known: _Bounds, operand: Operand) -> Truth:
    if not isinstance(operand, tuple):
        raise TypeError(f"nothing lies between {operand!r}")
    low, high = operand
    if isinstance(low, str) or isinstance(high, str):
        raise TypeError(f"nothing lies between {operand!r}")
    return all_of((_at_least(known, low), _at_most(known, high)))


_MEASURES: Mapping[Comparison, Callable[[_Bounds, Number], Truth]] = MappingProxyType(
    {
        Comparison.AT_LEAST: _at_least,
        Comparison.AT_MOST: _at_most,
        Comparison.ABOVE: _above,
        Comparison.BELOW: _below,
    }
)
