"""Tests, groups and bounds in words, made from the policy itself; nothing here is written by hand for one policy."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from policies.model import Comparison, Fact, Group, Leaf, Node, Operator, RequestKind
from policies.tables import Bounds, DefinitionRow, DoseStep

_JOINS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.ALL: "all of",
        Operator.ANY: "at least one of",
        Operator.NOT: "not",
        Operator.AT_LEAST_OF: "at least {needed} of",
    }
)
REQUEST_TITLES: Mapping[RequestKind, str] = MappingProxyType(
    {RequestKind.INITIAL: "First request", RequestKind.CONTINUATION: "Continuation"}
)
_MEASURES: Mapping[Comparison, str] = MappingProxyType(
    {Comparison.AT_LEAST: "{} or more", Comparison.AT_MOST: "{} or less"}
)
_SECTION = re.compile(r"[A-Z]\.")


def tested(node: Node, fact: Fact | None) -> str:
    """Return the test on a fact in words: what is asked for, and the figure; empty for a group."""
    if not isinstance(node, Leaf) or fact is None:
        return ""
    return f"{fact.what}: {figure(node)}"


def figure(leaf: Leaf) -> str:
    """Return what a test asks for: yes, one of some options, 4 or more."""
    if isinstance(leaf.operand, bool):
        return "yes" if leaf.operand else "no"
    if isinstance(leaf.operand, tuple):
        return "one of " + ", ".join(leaf.operand)
    return _MEASURES.get(leaf.comparison, "{}").format(leaf.operand)


def place_in_document(section: str) -> str:
    """Return where a criterion stands in the payer's document."""
    return f"Section {section}" if _SECTION.match(section) else section


def joins(node: Node) -> str:
    """Return how the parts of a group join, in words; empty for a test of a fact."""
    return _JOINS[node.operator].format(needed=node.needed) if isinstance(node, Group) else ""


def bounds_in_words(bounds: Bounds) -> str:
    """Write bounds as people read them: 4.0 or more, and below 6.0."""
    low = f"{bounds.at_least} or more" if bounds.at_least is not None else ""
    high = f"below {bounds.below}" if bounds.below is not None else ""
    return " and ".join(part for part in (low, high) if part)


def row_in_words(row: DefinitionRow) -> str:
    """Write a row of a definition: what it takes, what that is called, and how the payer puts it."""
    measures = (f"{name} {bounds_in_words(bounds)}" for name, bounds in row.measures)
    probe = f"{row.probe} probe" if row.probe else ""
    taken = ", ".join(part for part in (row.score, probe, *measures) if part)
    return f"{taken}: {row.result} ({row.says})"


def dose_in_words(step: DoseStep) -> str:
    """Write a row of the dose table."""
    amount = f"{step.mg} mg" if step.mg is not None else f"{step.mg_per_kg} mg/kg"
    again = f", every {step.every_days} days" if step.every_days else ""
    return f"{step.step} ({step.when}): {amount} {step.route}{again}"
