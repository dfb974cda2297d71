"""One test on one finding: what the policy's figure makes of what is known."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from policies.findings import Finding, Range, State, Value
from policies.model import Comparison, Fact, Leaf, Operand
from policies.truth import Truth


def judge(leaf: Leaf, fact: Fact, finding: Finding) -> Truth:
    """Hold a finding against a criterion; raises TypeError if the value is not of the fact's type (a mapping's bug)."""
    if finding.state is not State.KNOWN or finding.value is None:
        return Truth.UNKNOWN
    if isinstance(finding.value, str):
        if finding.value not in fact.options:
            raise TypeError(f"{finding.value!r} is none of the options of '{fact.name}'")
        if finding.value in fact.undecided:
            return Truth.UNKNOWN
    return _JUDGES[leaf.comparison](finding.value, leaf.operand)


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


def _bounds(value: Value, operand: Operand) -> tuple[Range, int]:
    if not isinstance(value, Range) or isinstance(operand, bool) or not isinstance(operand, int):
        raise TypeError(f"{value!r} cannot be measured against {operand!r}")
    return value, operand


def _at_least(value: Value, operand: Operand) -> Truth:
    number, needed = _bounds(value, operand)
    if number.at_least >= needed:
        return Truth.MET
    return Truth.NOT_MET if number.at_most is not None and number.at_most < needed else Truth.UNKNOWN


def _at_most(value: Value, operand: Operand) -> Truth:
    number, allowed = _bounds(value, operand)
    if number.at_most is not None and number.at_most <= allowed:
        return Truth.MET
    return Truth.NOT_MET if number.at_least > allowed else Truth.UNKNOWN


_JUDGES: Mapping[Comparison, Callable[[Value, Operand], Truth]] = MappingProxyType(
    {
        Comparison.IS: _is,
        Comparison.ONE_OF: _one_of,
        Comparison.AT_LEAST: _at_least,
        Comparison.AT_MOST: _at_most,
    }
)
