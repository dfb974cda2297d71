"""A person's answer laid over what the chart says of the same fact.

The answer wins, and stays marked as the person's. Where the chart says otherwise, what it says is kept beside it for
the payer's reviewer. An answer that only repeats what the chart holds counts as much as the chart does.
"""

from dataclasses import replace
from decimal import Decimal

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.judgement.confirmations import confirmed
from policies.model.findings import Finding, Interval, Origin, Range, Role, State, Strength, Value
from policies.model.notes import Note, together


def laid_over(answer: Finding, chart: Finding) -> Finding:
    """Return what is known of a fact that a person answered, whatever the chart says of it.

    An answer that says nothing leaves it to the chart, and is shown beside it. What the chart proposed and the person
    confirmed comes first; a value that was given beside it is held against that.
    """
    if not answer.proposals:
        return _laid_over(answer, chart)
    clicks = replace(answer, state=State.UNKNOWN, value=None, evidence=as_role(answer.evidence, Role.POSSIBLE))
    base = _laid_over_known(confirmed(clicks, chart), chart)
    return replace(_laid_over(replace(answer, proposals=()), base), proposals=base.proposals)


def _laid_over_known(clicked: Finding, chart: Finding) -> Finding:
    """Return a confirmed value held against what the chart proves or leaves torn; a count is made from the chart's."""
    if clicked.origin is not Origin.ANSWER or chart.origin is Origin.ANSWER or isinstance(clicked.value, Range):
        return clicked
    if chart.state is State.UNKNOWN or clicked.state is State.UNKNOWN:
        return clicked
    return replace(_laid_over(replace(clicked, proposals=()), chart), proposals=clicked.proposals)


def _laid_over(answer: Finding, chart: Finding) -> Finding:
    if answer.state is State.UNKNOWN:
        return replace(chart, note=together(chart.note, answer.note))
    if chart.state is State.UNKNOWN or not chart.counted:
        return answer
    if chart.state is State.CONFLICTING:
        return _against(answer, chart)
    if answer.value == _held(chart.value):
        repeated = tuple(one._replace(strength=Strength.STRONG) for one in answer.evidence)
        return replace(answer, evidence=(*repeated, *chart.counted))
    return answer if _allowed(answer.value, chart.value) else _against(answer, chart)


def _held(value: Value | None) -> Value | None:
    """Return the answer that says just what a chart holds: of a count, as many as it shows."""
    return Range.exactly(value.at_least) if isinstance(value, Range) else value


def _allowed(answer: Value | None, chart: Value | None) -> bool:
    """Whether a number lies in the range that a chart leaves open."""
    if isinstance(answer, Interval) and isinstance(chart, Interval) and answer.only is not None:
        return _lies_in(answer.only, chart)
    if not isinstance(answer, Range) or not isinstance(chart, Range):
        return False
    return answer.at_least >= chart.at_least and (chart.at_most is None or answer.at_least <= chart.at_most)


def _lies_in(number: Decimal, chart: Interval) -> bool:
    above = chart.low is None or number > chart.low or (number == chart.low and not chart.low_is_open)
    below = chart.high is None or number < chart.high or (number == chart.high and not chart.high_is_open)
    return above and below


def _against(answer: Finding, chart: Finding) -> Finding:
    """Return an answer with what the chart shows against it; of two sides it chooses the one that it repeats."""
    is_torn = chart.state is State.CONFLICTING
    chosen = [one for one in chart.proposals if is_torn and one.means == answer.value]
    records = tuple(item for one in chosen for item in as_role(one.evidence, _role(answer)))
    of_records = {item.reference for item in records}
    rest = tuple(item for item in chart.counted if item.reference not in of_records) or chart.counted
    known = {item.reference for item in answer.evidence}
    added = tuple(dict.fromkeys(item for item in records if item.reference not in known))
    note = together(answer.note, Note("answer.against", found=rest))
    return replace(answer, evidence=(*answer.evidence, *added), note=note, overruled=rest)


def _role(answer: Finding) -> Role:
    return Role.AGAINST if answer.value is False else Role.FOR
