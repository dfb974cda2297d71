"""Row "we failed": the Coverage, its payor or the order's own product was not seen, or could not be had in time.

Then nothing is known of coverage, and the order says so instead of failing (`docs/determinations.md`). Coverage
information names a Coverage: where not even its name is known, there is nothing to write, and the coverage stays
missing. Clinical data that could not be had is none of this: its facts are unknown.
"""

from dataclasses import replace

from fhir_mappings.chart.chart import Chart
from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage, insuring, of_payors
from hooks.coverage_decision.determination_table import Decided, DeterminationTable, is_missing
from hooks.ehr_data.fetch_port import Fetched

_OPEN = frozenset({CoverageState.NONE, CoverageState.FOREIGN, CoverageState.ENDED, CoverageState.UNSEEN})
"""The states in which a coverage that could not be had would say another thing."""


def with_unreached(
    decided: tuple[Decided, ...], chart: Chart, fetched: Fetched, table: DeterminationTable
) -> tuple[Decided, ...]:
    """Return the orders of a call, those that rest on what could not be had with the row in place of a determination.

    `fetched` is what was asked for the chart.
    """
    has_unseen = any(one.coverage.state is CoverageState.UNSEEN for one in decided)
    if not fetched.failed and not has_unseen:
        return decided
    return tuple(_one(one, chart, fetched.failed, table) for one in decided)


def _one(decided: Decided, chart: Chart, failed: frozenset[str], table: DeterminationTable) -> Decided:
    coverage = _doubtful(decided, chart, failed)
    if coverage is None:
        if is_missing(decided.coverage) or decided.judgement.order.medication not in failed:
            return decided
        coverage = decided.coverage
    is_unseen = coverage.state is CoverageState.UNSEEN
    determination = (
        table.unseen(decided.judgement) if is_unseen else table.technical(decided.judgement, "reason.unreached")
    )
    return replace(decided, coverage=coverage, determination=determination)


def _doubtful(decided: Decided, chart: Chart, failed: frozenset[str]) -> OwnCoverage | None:
    """Return the coverage that may be ours and run, for all that could be had; None if there is no such doubt."""
    state, ended = decided.coverage.state, decided.coverage.coverage
    if state is CoverageState.UNKNOWN_MEMBER and f"Patient/{chart.identity.id}" in failed:
        return OwnCoverage(CoverageState.UNREACHED, ended)
    if state not in _OPEN:
        return None
    unasked = of_payors(chart, failed)
    if len(unasked) == 1:
        return unasked[0]
    if not unasked and not any(name.startswith("Coverage?") for name in failed):
        return _unseen(decided) if state is CoverageState.UNSEEN else None
    if ended is not None:
        return OwnCoverage(CoverageState.UNREACHED, ended)
    return insuring(decided.judgement.order)


def _unseen(decided: Decided) -> OwnCoverage | None:
    """Return the Coverage that may be ours though nobody saw its payor; of several, the one that the order names."""
    if decided.coverage.coverage is not None:
        return decided.coverage
    named = insuring(decided.judgement.order)
    return replace(named, state=CoverageState.UNSEEN) if named is not None else None
