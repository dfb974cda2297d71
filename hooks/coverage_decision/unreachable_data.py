"""Row "we failed": the Coverage, its payor or the order's own product was not seen, or could not be had in time.

Then nothing can be told of coverage, and the order says so instead of failing (`docs/determinations.md`). Coverage
information names a Coverage: where not even its name is known, there is nothing to write, and the coverage stays
missing. Clinical data that could not be had is none of this: its facts are unknown.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.coverage.coverages import NO_COVERAGE, CoverageState, OwnCoverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.elements import Reference
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Resource
from hooks.coverage_decision.determination_table import Decided, DeterminationTable, is_missing
from hooks.ehr_data.fetch_port import Fetched


class _Insured(msgspec.Struct, frozen=True, gc=False):
    insurance: tuple[Reference, ...] = ()


_OPEN = frozenset({CoverageState.NONE, CoverageState.FOREIGN, CoverageState.ENDED, CoverageState.UNSEEN})
"""The states in which a coverage that could not be had would say another thing."""
_INSURED = msgspec.json.Decoder(_Insured)


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
        product = decided.judgement.order.resource.medication_reference
        if is_missing(decided.coverage) or not _has_failed([product], failed):
            return decided
        coverage = decided.coverage
    is_unseen = coverage.state is CoverageState.UNSEEN
    told = table.unseen(decided.judgement) if is_unseen else table.technical(decided.judgement, "reason.unreached")
    return replace(decided, coverage=coverage, determination=told)


def _doubtful(decided: Decided, chart: Chart, failed: frozenset[str]) -> OwnCoverage | None:
    """Return the coverage that may be ours and run, for all that could be had; None if there is no such doubt."""
    state, ended = decided.coverage.state, decided.coverage.coverage
    if state is CoverageState.UNKNOWN_MEMBER and f"Patient/{chart.identity.id}" in failed:
        return OwnCoverage(CoverageState.UNREACHED, ended)
    if state not in _OPEN:
        return None
    unasked = [one for one in chart.coverages if one.status not in NO_COVERAGE and _has_failed(one.payor, failed)]
    if len(unasked) == 1:
        return OwnCoverage(CoverageState.UNREACHED, unasked[0])
    if not unasked and not any(name.startswith("Coverage?") for name in failed):
        return _unseen(decided) if state is CoverageState.UNSEEN else None
    if ended is not None:
        return OwnCoverage(CoverageState.UNREACHED, ended)
    return _insured(decided.judgement.order)


def _unseen(decided: Decided) -> OwnCoverage | None:
    """Return the Coverage that may be ours though nobody saw its payor; of several, the one that the order names."""
    if decided.coverage.coverage is not None:
        return decided.coverage
    named = _insured(decided.judgement.order)
    return replace(named, state=CoverageState.UNSEEN) if named is not None else None


def _has_failed(references: Iterable[Reference | None], failed: frozenset[str]) -> bool:
    named = (local(one.reference) for one in references if one is not None and one.reference)
    return any("/".join(pair) in failed for pair in named if pair)


def _insured(order: Order) -> OwnCoverage | None:
    """Return the one Coverage that an order names as its insurance."""
    try:
        named = [local(one.reference or "") for one in _INSURED.decode(order.raw).insurance]
    except msgspec.ValidationError:
        return None
    found: set[Any] = {pair for pair in named if pair and pair[0] == "Coverage"}
    if len(found) != 1:
        return None
    kind, name = found.pop()
    return OwnCoverage(CoverageState.UNREACHED, Resource(resource_type=kind, id=name))
