"""One test on one finding: what the policy's figure makes of what is known."""

from policies.model.findings import Finding, Range, State, Value
from policies.model.policy import Comparison, Fact, Leaf, Operand
from policies.model.truth import Truth


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
        case Comparison.AT_LEAST:
            return _at_least(finding.value, leaf.operand)
        case Comparison.AT_MOST:
            return _at_most(finding.value, leaf.operand)


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
