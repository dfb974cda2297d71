"""How results have changed under the ordered drug: the newest one, held against the last one before its first dose.

Both must be single numbers: of a bound, or of two results of one day that differ, nothing is worked out.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from fhir_mappings.admission.counted_results import newest
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.general_facts.current_drug import TYPES
from fhir_mappings.general_facts.measurement import Number, evidence, hull, is_old, look, numbers
from fhir_mappings.therapy.ordered_drug import first_dose
from policies.kinds.changes import MEASUREMENT_CHANGE, RELATIVE_CHANGE
from policies.kinds.measurements import NOT_MEASURED
from policies.model.criteria import Fact
from policies.model.findings import Finding, Interval, Role
from policies.model.notes import Note, Said

_LOWER = "lower"
_TENTH = Decimal("0.1")
_HUNDRED = 100


class _Sides(NamedTuple):
    """The results before the first dose and the newest since; the number of each, None where it is not one number."""

    before: list[Number]
    now: list[Number]

    @property
    def values(self) -> tuple[Decimal | None, Decimal | None]:
        """Return the number of each side."""
        return _only(self.before), _only(self.now)


def relative_change(reading: Reading, fact: Fact) -> Finding:
    """Return by how many percent of what it was before a result is lower, or higher."""
    return _change(reading, fact, _share)


def measurement_change(reading: Reading, fact: Fact) -> Finding:
    """Return by how much a result is lower, or higher, than before."""
    return _change(reading, fact, lambda by, _: Interval.exactly(by, fact.unit))


def _share(by: Decimal, before: Decimal) -> Interval | None:
    """Return a change in percent; between two tenths where no tenth says it, and None of what was not above nought."""
    if before <= 0:
        return None
    percent = by * _HUNDRED / before
    low, high = percent.quantize(_TENTH, ROUND_FLOOR), percent.quantize(_TENTH, ROUND_CEILING)
    if low == high:
        return Interval.exactly(low.normalize() + 0, "%")
    return Interval(low, high, "%", low_is_open=True, high_is_open=True)


def _change(reading: Reading, fact: Fact, worked_out: Callable[[Decimal, Decimal], Interval | None]) -> Finding:
    found = numbers(reading, fact)
    seen = tuple(evidence(fact, found, Role.POSSIBLE))
    start = first_dose(reading)
    if start is None:
        return confirming(reading, Note("change.no_start", found=seen) if seen else "", seen, look(fact))
    sides = _sides(reading, fact, found, start)
    before, now = sides.values
    value = None
    if before is not None and now is not None:
        value = worked_out(before - now if fact.parameters["direction"] == _LOWER else now - before, before)
    if value is None:
        return confirming(reading, _lack(sides, start), seen, look(fact))
    shown = tuple(evidence(fact, (*sides.before, *sides.now), Role.FOR))
    written = [_written(one) for one in (sides.before, sides.now)]
    return Finding.known(value, shown, Note("change.newest", before=written[0], now=written[1], value=value.in_signs))


def _sides(reading: Reading, fact: Fact, found: Iterable[Number], start: Span) -> _Sides:
    """Return the last results that surely lie no later than the first dose, and the newest that surely lie after it."""
    dated = [(one, one.result.when) for one in found if one.result.when is not None]
    earlier = [one for one, when in dated if when.last <= start.first and _is_near(fact, when, start)]
    since = [one for one, when in dated if when.first > start.last]
    now = newest(since)
    return _Sides(newest(earlier), [] if any(is_old(reading, fact, one) for one in now) else now)


def _is_near(fact: Fact, when: Span, start: Span) -> bool:
    limit = fact.parameters.get("baseline_days")
    return not isinstance(limit, int) or (start.last - when.first).days <= limit


def _only(side: list[Number]) -> Decimal | None:
    known = [one.value for one in side if one.value is not None]
    return hull(known).only if side and len(known) == len(side) else None


def _written(side: list[Number]) -> str:
    return hull([one.value for one in side if one.value is not None]).in_signs


def _lack(sides: _Sides, start: Span) -> Said:
    key = "change.no_baseline" if sides.values[0] is None else "change.none_since"
    return Note(key, start=start.written)


RECORDS = tuple(
    FhirKind(
        kind,
        reader,
        TYPES | {"Observation", "Medication"},
        newest=Newest.RESULT,
        other_tests=frozenset({NOT_MEASURED}),
    )
    for kind, reader in ((RELATIVE_CHANGE, relative_change), (MEASUREMENT_CHANGE, measurement_change))
)
