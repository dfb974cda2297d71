"""What a person said to proposals, laid over what the chart says: a yes makes the value, a no is only remembered.

A yes is a person's answer that has the record as its evidence, as strong as the record is. A yes to a possible line
adds one to the count for which it was proposed, as long as the chart proposes it still: once it is among the certain
lines, it is counted there. A yes to a line says nothing of others, so that the count stays a lower bound.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from fhir_mappings.chart.evidence import as_role
from policies.model.findings import Evidence, Finding, Origin, Proposal, Range, Role, State, Value
from policies.model.notes import Note, together

_ANSWER = "QuestionnaireResponse"


def confirmed_value(proposals: Iterable[Proposal]) -> Value | None:
    """Return what the confirmed ones of some proposals say a fact is; None without one, and for lines."""
    return next((one.means for one in proposals if one.answer and not one.counts), None)


def confirmed(clicks: Finding, chart: Finding) -> Finding:
    """Return what is known of a fact after the yes and no to its proposals, which `clicks` holds.

    `chart` may hold earlier answers to the same proposals: the later one stands. Its proposals bear the answers then.
    """
    said = {one.id: one for one in clicks.proposals}
    before = {one.id: one.answer for one in chart.proposals}
    marked = tuple(one.answered(said[one.id].answer if one.id in said else one.answer) for one in chart.proposals)
    own = tuple(one for one in clicks.evidence if one.reference.startswith(_ANSWER))
    if any(one.counts for one in clicks.proposals):
        now = [one for one in marked if one.counts and one.id in said]
        return _with_lines(replace(chart, proposals=marked), now, before, own)
    rest = tuple(one for one in clicks.proposals if one.id not in before)
    return _with_value(replace(chart, proposals=(*marked, *rest)), clicks.proposals, before, own)


def _with_value(
    chart: Finding,
    clicks: tuple[Proposal, ...],
    before: Mapping[str, bool | None],
    own: tuple[Evidence, ...],
) -> Finding:
    value = confirmed_value(clicks)
    if value is None:
        undone = chart.origin is Origin.ANSWER and any(before.get(one.id) and not one.answer for one in clicks)
        return _taken_back(chart) if undone else chart
    yes = [one for one in clicks if one.answer]
    role = Role.AGAINST if value is False else Role.FOR
    records = tuple(item for one in yes for item in as_role(one.evidence, role))
    shown = {one.reference for one in records}
    others = tuple(one for one in chart.evidence if one.reference not in shown and not one.counts)
    note = Note("proposal.confirmed", found=records)
    evidence = (*as_role(own, role), *records, *(others if chart.state is State.UNKNOWN else ()))
    return replace(Finding.known(value, evidence, note, Origin.ANSWER), proposals=chart.proposals)


def _with_lines(
    chart: Finding,
    clicks: list[Proposal],
    before: Mapping[str, bool | None],
    own: tuple[Evidence, ...],
) -> Finding:
    yes = [one for one in clicks if one.answer and not before[one.id]]
    no = [one for one in clicks if before[one.id] and not one.answer]
    lowest = chart.value.at_least if isinstance(chart.value, Range) else 0
    records = tuple(item for one in yes for item in as_role(one.evidence, Role.FOR))
    kept = _kept(chart, records, {item.reference for one in no for item in one.evidence})
    count = lowest + len(yes) - len(no)
    if count <= 0:
        return replace(Finding.unknown(chart.note, as_role(kept, Role.POSSIBLE)), proposals=chart.proposals)
    if not yes and not no:
        return chart
    lines = Note("proposal.lines", found=records) if records else ""
    note = together(chart.note, lines)
    highest = chart.value.at_most if isinstance(chart.value, Range) else None
    value = Range(count, highest if highest is None or highest >= count else None)
    evidence = (*(own if yes else ()), *kept, *records)
    return replace(Finding.known(value, evidence, note, Origin.ANSWER), proposals=chart.proposals)


def _kept(chart: Finding, confirmed: tuple[Evidence, ...], refused: Set[str]) -> tuple[Evidence, ...]:
    """Return the evidence of a chart beside what a person confirmed; what was refused is merely possible."""
    shown = {one.reference for one in confirmed}
    return tuple(
        item._replace(role=Role.POSSIBLE) if item.reference in refused else item
        for item in chart.evidence
        if item.reference not in shown or item.counts
    )


def _taken_back(chart: Finding) -> Finding:
    seen = tuple(one for one in chart.evidence if not one.reference.startswith(_ANSWER))
    return replace(Finding.unknown(chart.note, as_role(seen, Role.POSSIBLE)), proposals=chart.proposals)
