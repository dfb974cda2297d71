"""What each result would say of HER2 if it stood, where results contradict each other (reading 4).

A person who is asked which stands chooses a result; what it would mean is never more than what it says.
"""

from collections.abc import Iterable, Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.consensus import NEGATIVE, Outcome, Settled
from fhir_mappings.her2.ihc_results import ihc_settled
from fhir_mappings.her2.ish_results import ish_settled
from policies.model.criteria import Fact
from policies.model.findings import Finding, Side, State


def stain_sides(reading: Reading, fact: Fact, found: Finding) -> Iterator[Side]:
    """Yield the results of the stain, and a negative ISH that is among the evidence against it."""
    settled, other = ihc_settled(reading), ish_settled(reading)
    if settled is None or found.state is not State.CONFLICTING:
        return
    yield from _of(settled, fact)
    shown = {item.reference for item in found.counted}
    for outcome in _outcomes(other) if other is not None else ():
        evidence = tuple(item for item in outcome.evidence if item.reference in shown)
        if outcome.kind == NEGATIVE and not outcome.torn and evidence and NEGATIVE in fact.options:
            yield Side(NEGATIVE, evidence)


def hybridization_sides(reading: Reading, fact: Fact, found: Finding) -> Iterator[Side]:
    """Yield the results of in situ hybridization; one that contradicts itself for each of the things that it says."""
    settled = ish_settled(reading)
    if settled is not None and found.state is State.CONFLICTING:
        yield from _of(settled, fact)


def _of(settled: Settled, fact: Fact) -> Iterator[Side]:
    for outcome in _outcomes(settled):
        for value in sorted(outcome.values):
            if value in fact.options:
                yield Side(value, outcome.evidence)


def _outcomes(settled: Settled) -> Iterable[Outcome]:
    if settled.conflict:
        return settled.outcomes
    return (Outcome(settled.value, settled.value, None, settled.evidence),)
