"""Row "we failed": the Coverage or the order's own product was asked for and could not be had in time.

Then nothing can be told of coverage, and the order says so instead of failing (`docs/determinations.md`). Coverage
information names a Coverage: where not even its name is known, there is nothing to write, and the coverage stays
missing. Clinical data that could not be had is none of this: its facts are unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.coverage.coverages import NO_COVERAGE, CoverageState, OwnCoverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Reference, Resource
from hooks.coverage_decision.determination_table import Decided, Deciding, is_missing
from hooks.ehr_data.fetch_port import Fetched


class _Insured(msgspec.Struct, frozen=True, gc=False):
    insurance: tuple[Reference, ...] = ()


_OPEN = frozenset({CoverageState.NONE, CoverageState.FOREIGN, CoverageState.ENDED})
"""The states in which a coverage that could not be had would say another thing."""
_INSURED = msgspec.json.Decoder(_Insured)


@dataclass(frozen=True, slots=True)
class Unreached:
    """Writes the row for the orders of one call."""

    deciding: Deciding
    chart: Chart
    fetched: Fetched

    def told(self, decided: tuple[Decided, ...]) -> tuple[Decided, ...]:
        """Return the orders, those that rest on what could not be had with the row in place of a determination."""
        return tuple(self._one(one) for one in decided) if self.fetched.failed else decided

    def _one(self, decided: Decided) -> Decided:
        coverage = self._doubtful(decided)
        if coverage is None:
            product = decided.judgement.order.resource.medication_reference
            if is_missing(decided.coverage) or not self._failed([product]):
                return decided
            coverage = decided.coverage
        told = self.deciding.technical(decided.judgement, "reason.unreached")
        return replace(decided, coverage=coverage, determination=told)

    def _doubtful(self, decided: Decided) -> OwnCoverage | None:
        """Return the coverage that may be ours and run, for all that could be had; None if there is no such doubt."""
        state, ended = decided.coverage.state, decided.coverage.coverage
        if state is CoverageState.UNKNOWN_MEMBER and f"Patient/{self.chart.identity.id}" in self.fetched.failed:
            return OwnCoverage(CoverageState.UNREACHED, ended)
        if state not in _OPEN:
            return None
        unasked = [one for one in self.chart.coverages if one.status not in NO_COVERAGE and self._failed(one.payor)]
        if len(unasked) == 1:
            return OwnCoverage(CoverageState.UNREACHED, unasked[0])
        if not unasked and not any(name.startswith("Coverage?") for name in self.fetched.failed):
            return None
        if ended is not None:
            return OwnCoverage(CoverageState.UNREACHED, ended)
        return _insured(decided.judgement.order)

    def _failed(self, references: Iterable[Reference | None]) -> bool:
        named = (local(one.reference) for one in references if one is not None and one.reference)
        return any("/".join(pair) in self.fetched.failed for pair in named if pair)


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
