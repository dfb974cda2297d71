"""`policy show`: a policy as people read it, as text for a terminal."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from policies.model.criteria import Fact, Group, Leaf, Node, RequestKind
from policies.model.dosing import Dosing
from policies.model.figures import LineRules
from policies.model.policy import Policy
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import CodeSet
from policies.text.phrases import (
    REQUEST_TITLES,
    documentation_in_words,
    dose_in_words,
    dosing_in_words,
    joins,
    note_in_words,
    place_in_document,
    preferred_in_words,
    proposal_in_words,
    row_in_words,
    tested,
)

WIDTH = 110


def show(policy: Policy, terminology: Terminology) -> str:
    """Write a policy as text: head, criteria, definitions, lines, value sets, dose, safety, readings."""
    return "\n".join((*_head(policy), *_criteria(policy), *_tables(policy), *_value_sets(policy, terminology)))


def _head(policy: Policy) -> Iterator[str]:
    document, product = policy.figures.document, policy.figures.product
    yield f"{policy.title}: {policy.id}, in force from {policy.version}, revision {policy.revision}"
    yield from _fold(f"Document {document.number} of {document.payer}: {document.title}. {document.version_is}", 0)
    yield from _fold(f"Adopted {document.adopted}, approved {', '.join(document.approved)}. {document.benefit}.", 0)
    yield f"For: {', '.join(document.lines_of_business)}"
    if policy.holds_for:
        yield f"Chosen for members of these lines of business only: {', '.join(policy.holds_for)}"
    billing = f"{product.billing_code} ({product.billing_display}; {product.unit_mg} mg a unit)"
    billed = f"; billed by {billing}" if product.billing_code else ""
    vials = f"; vials {', '.join(product.vials)}" if product.vials else ""
    yield from _fold(f"Product: {', '.join(product.names)}{billed}{vials}", 0)
    for view in policy.views:
        of = f" for {_title(policy, view)}" if policy.indications else ""
        yield f"An authorization{of} lasts {view.figures.authorization_months} months."
    yield f"A request is a continuation from day {policy.after_days} after the first dose."
    if policy.within_days is not None:
        yield f"More than {policy.within_days} days after the last dose it is a first request again."
    if policy.renewal_days:
        yield f"The renewal is offered from {policy.renewal_days} days before the end of an authorization."


def _criteria(policy: Policy) -> Iterator[str]:
    for kind in RequestKind:
        yield f"\n{REQUEST_TITLES[kind]}: all of"
        for part in policy.requests[kind].criteria.parts:
            yield from _node(policy, part, 2)


def _node(policy: Policy, node: Node, depth: int) -> Iterator[str]:
    fact = policy.facts[node.fact] if isinstance(node, Leaf) else None
    place = f"; {place_in_document(node.section)}" if node.section else ""
    said = f"{node.says} [{node.id}{place}]" if node.id else ""
    yield from _fold("- " + ": ".join(part for part in (said, joins(node)) if part), depth)
    if fact is not None:
        yield from _fold(f"met when {tested(node, fact)}", depth + 4)
        yield from _asked(fact, depth + 4)
    for part in node.parts if isinstance(node, Group) else ():
        yield from _node(policy, part, depth + 2)


def _asked(fact: Fact, depth: int) -> Iterator[str]:
    if fact.ask:
        yield from _fold(f"asks: {fact.ask}", depth)
    if fact.options:
        undecided = f" (settles nothing: {', '.join(sorted(fact.undecided))})" if fact.undecided else ""
        yield from _fold(f"answers: {', '.join(fact.options)}{undecided}", depth)
    if fact.proposes is not None:
        yield from _fold(f"proposes: {proposal_in_words(fact.proposes)}", depth)
    days = fact.parameters.get("within_days")
    if days is not None:
        yield from _fold(f"looks back {days} days", depth)


def _tables(policy: Policy) -> Iterator[str]:
    figures, rules = policy.figures, policy.figures.lines
    for definition in figures.definitions.values():
        yield f"\nDefinition {definition.name}"
        yield from _fold(definition.says, 2)
        yield from _listed(row_in_words(row) for row in definition.rows)
    if rules.drugs:
        yield "\nLines of therapy"
        yield from _listed(_of_lines(rules))
    yield from _doses(policy)
    notes = tuple(map(note_in_words, figures.safety))
    wanted = tuple(documentation_in_words(kind, one) for kind, one in figures.documentation.items())
    first = preferred_in_words(figures.preferred)
    for title, sentences in (
        ("Preferred", first),
        ("To submit", wanted),
        ("Safety", notes),
        ("Readings", figures.readings),
    ):
        if not sentences:
            continue
        yield f"\n{title}"
        yield from _listed(sentences)


def _title(policy: Policy, view: Policy) -> str:
    """Return the indication that one of the views of a policy is for."""
    several = policy.indications.covered.values() if policy.indications is not None else ()
    return next((one.title for one in several if one.requests is view.requests), "")


def doses_of(policy: Policy) -> tuple[tuple[str, Dosing], ...]:
    """Return each dosing of a policy with the indications that it is for; with nothing where it is for all."""
    found: dict[Dosing, list[str]] = {}
    for view in policy.views:
        if view.figures.dosing is not None:
            found.setdefault(view.figures.dosing, []).append(_title(policy, view))
    return tuple((", ".join(titles), one) for one, titles in found.items())


def _doses(policy: Policy) -> Iterator[str]:
    for title, dosing in doses_of(policy):
        yield f"\nDose: {title}" if title else "\nDose"
        yield from _listed((*map(dose_in_words, dosing.schedule), *dosing_in_words(dosing)))
        yield from _listed(f"source: {one}" for one in dosing.sources)


def _of_lines(rules: LineRules) -> Iterator[str]:
    yield f"drugs started within {rules.window_days} days belong to one line"
    yield f"the same drug after more than {rules.gap_days} days may be a further line"
    if rules.lead_in_days:
        yield f"after a lead-in drug the window is {rules.lead_in_days} days"
    yield from (f"{after} may follow {first} inside a line" for first, after in sorted(rules.same_line))
    yield from _after_transplant(rules)


def _after_transplant(rules: LineRules) -> Iterator[str]:
    if rules.maintenance_days:
        yield f"maintenance within {rules.maintenance_days} days after conditioning belongs to the line"
    if rules.consolidation:
        drugs = ", ".join(sorted(rules.consolidation))
        yield f"within the same time these may follow by plan, and so may be a further line: {drugs}"
    if rules.cell_therapies:
        drugs = ", ".join(sorted(rules.cell_therapies))
        yield f"a line begun at most {rules.bridging_days} days before one of these may be its bridge: {drugs}"


def _value_sets(policy: Policy, terminology: Terminology) -> Iterator[str]:
    yield "\nValue sets"
    for name, version in policy.value_sets.items():
        if name == DRUG_TABLE:
            yield f"  - {name} of {version}: the drug table, {len(terminology.drugs(version).by_id)} drugs"
            continue
        pinned = terminology.sets[name, version]
        if isinstance(pinned, CodeSet):
            codes = "1 code" if len(pinned.members) == 1 else f"{len(pinned.members)} codes"
            held = f"{codes}, {sum(one.decides for one in pinned.members)} verified"
        else:
            held = ", ".join(pinned.roles)
        yield from _fold(f"- {name} of {version}: {pinned.title}; {held}", 2)


def _listed(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from _fold(f"- {sentence}", 2)


def _fold(text: str, depth: int) -> list[str]:
    hang = depth + 2 if text.startswith("- ") else depth
    return wrap(text, WIDTH, initial_indent=" " * depth, subsequent_indent=" " * hang, break_on_hyphens=False)
