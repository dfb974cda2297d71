"""Tests, groups and bounds in words, made from the policy itself; nothing here is written by hand for one policy."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from policies.model.criteria import Comparison, Fact, Group, Leaf, Node, Operator, RequestKind
from policies.model.dosing import Bill, DoseStep, Dosing
from policies.model.figures import Bounds, DefinitionRow, Documentation
from policies.model.safety import Preferred, Proposal, SafetyNote
from policies.terminology.units import figure_in_words

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
    {
        Comparison.AT_LEAST: "{} or more",
        Comparison.AT_MOST: "{} or less",
        Comparison.ABOVE: "more than {}",
        Comparison.BELOW: "less than {}",
        Comparison.BETWEEN: "from {} to {}",
    }
)
_SECTION = re.compile(r"[A-Z]\.")


def tested(node: Node, fact: Fact | None) -> str:
    """Return the test on a fact in words: what is asked for, and the figure; empty for a group."""
    if not isinstance(node, Leaf) or fact is None:
        return ""
    return f"{fact.what}: {figure(node, fact.unit)}"


def figure(leaf: Leaf, unit: str = "") -> str:
    """Return what a test asks for: yes, one of some options, 4 or more, 7.5 % or more."""
    if isinstance(leaf.operand, bool):
        return "yes" if leaf.operand else "no"
    operands = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
    if leaf.comparison is Comparison.ONE_OF:
        return "one of " + ", ".join(map(str, operands))
    return _MEASURES.get(leaf.comparison, "{}").format(*(figure_in_words(one, unit) for one in operands))


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


def documentation_in_words(kind: str, asked: Documentation) -> str:
    """Write what is to be submitted with a kind of request, and how the form asks for it."""
    return f"With {kind} requests ({place_in_document(asked.section)}): {asked.what}. Asked: {asked.ask}"


def note_in_words(note: SafetyNote) -> str:
    """Write a statement on safety: what it is, where it stands, and which results are shown beside it."""
    some = f", for women below {note.women_below}" if note.women_below is not None else ""
    shown = f" Shown beside it: {note.tests}{some}." if note.tests else ""
    place = f" ({note.section})" if note.section.lower() != note.kind.value else ""
    return f"{note.kind.value.capitalize()}{place}: {note.says}{shown}"


def proposal_in_words(proposal: Proposal) -> str:
    """Write the test that a fact proposes."""
    test = proposal.test
    return f"{test.display} ({test.system.name} {test.code}) where {proposal.fact} is {proposal.value}"


def dose_in_words(step: DoseStep) -> str:
    """Write a row of the dose table."""
    amount = f"{step.mg} mg" if step.mg is not None else f"{step.mg_per_kg} mg/kg"
    again = f", every {step.every_days} days" if step.every_days else ""
    begins = f", from day {step.from_day}" if step.from_day > 1 else ""
    some = f"; only for {step.only_for}" if step.only_for else ""
    return f"{step.step} ({step.when}): {amount} {step.route}{again}{begins}{some}"


def _tolerated(percent: int) -> str:
    if percent == 0:
        return "no other dose is the policy's"
    return f"a dose up to {percent} % above or below is the policy's"


def dosing_in_words(dosing: Dosing) -> tuple[str, ...]:
    """Write the figures beside the dose table: tolerance, weight, vials, what is billed, and the note."""
    weight = dosing.weight
    return (
        _tolerated(dosing.tolerance_percent),
        *(
            (
                f"by a body weight of the last {weight.within_days} days",
                f"weights of that time that differ by more than {weight.agree_percent} % contradict each other",
                f"weights of any time that differ by more than {weight.slip_percent} % contradict each other",
            )
            if weight is not None
            else ()
        ),
        f"vials of {', '.join(f'{size} mg' for size in dosing.vial_mg)}",
        "billed are the milligrams " + ("given" if dosing.bill is Bill.DOSE else "of the vials opened"),
        dosing.note,
    )


def preferred_in_words(preferred: Preferred | None) -> tuple[str, ...]:
    """Return what goes before a drug, in sentences; none where nothing does."""
    if preferred is None:
        return ()
    alike = ["dosed by the same milligrams"] if preferred.same_dose else []
    products = (f"{one.name}, {one.drug}: {one.code} ({one.display})" for one in preferred.products)
    return (f"{preferred.says} ({preferred.criterion}; {preferred.source})", *products, *alike)
