"""Measured results: the newest, the highest or the lowest of some tests, in the unit of the policy.

What a value set of tests says of its scale decides what can be read: a number in another unit is converted by UCUM or
by a rule of the scale, and one that no such test can have is not read. A comparator leaves a bound (`< 0.1`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.admission.counted_results import Dated, Result, in_words, newest, results
from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.values import Measurement, Quantity
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.general_facts.measured_words import measured_in_words
from fhir_mappings.meanings.of_words import Seen
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.population.result_logic import RESULTS, has_tests, number_values, test_values
from fhir_mappings.sketches import measurements
from fhir_mappings.text_forms.quantities import measured
from policies.kinds.measurements import HIGHEST_MEASUREMENT, LOWEST_MEASUREMENT, MEASUREMENT, NOT_MEASURED
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Interval, Role
from policies.model.notes import Note
from policies.terminology.scales import NO_SCALE
from policies.terminology.units import without_annotations


@dataclass(frozen=True, slots=True)
class Number:
    """A result and the number that it is in the unit of the fact; None if it cannot be read."""

    result: Result
    value: Interval | None


def numbers(reading: Reading, fact: Fact, parameter: str = "tests") -> tuple[Number, ...]:
    """Return the results of a fact's tests that have a value, each with its number."""
    found = (one for one in results(reading, reading.codes_of(fact, parameter)) if one.value.has_value)
    return tuple(
        Number(one, value_of(reading, fact, one.value, parameter)) for one in found if one.member.means != NOT_MEASURED
    )


def value_of(reading: Reading, fact: Fact, value: Measurement, parameter: str = "tests") -> Interval | None:
    """Return the number of a result; one that is written twice and differs, or beside a text, is not read."""
    carried = list(_carried(reading, fact, value, parameter))
    return carried[0] if carried and all(one == carried[0] for one in carried) else None


def _carried(reading: Reading, fact: Fact, value: Measurement, parameter: str) -> Iterator[Interval | None]:
    unit = fact.measured_in
    scale = reading.codes_of(fact, parameter).scale or NO_SCALE
    if value.quantity is not None:
        yield measured(value.quantity, unit, scale)
    if value.integer is not None:
        yield measured(Quantity(value=Decimal(value.integer)), unit, scale)
    if value.text is not None:
        yield None
    if value.range is not None:
        ends = [measured(one, unit, scale) for one in (value.range.low, value.range.high)]
        yield _between(ends)
    if value.concept is not None:
        yield _coded(reading, fact, value)


def _between(ends: Sequence[Interval | None]) -> Interval | None:
    low, high = (one.only if one is not None else None for one in ends)
    return (
        Interval(low, high, ends[0].unit) if low is not None and high is not None and low <= high and ends[0] else None
    )


def _coded(reading: Reading, fact: Fact, value: Measurement) -> Interval | None:
    """Return the number that a code stands for; None without such codes, and for one that means two numbers."""
    if "scores" not in fact.parameters:
        return None
    means = meanings(value.concept, reading.codes_of(fact, "scores"))
    return Interval.exactly(Decimal(next(iter(means))), fact.measured_in) if len(means) == 1 else None


def measurement(reading: Reading, fact: Fact) -> Finding:
    """Read the newest result; an older one than the look-back is shown and asked again.

    Results of one time that differ leave an interval. An undated result is none of now.
    """
    found = numbers(reading, fact)
    current = newest(found)
    if not current:
        undated = tuple(evidence(fact, found, Role.POSSIBLE))
        return confirming(reading, Note("measured.undated", found=undated) if undated else "", undated, look(fact))
    shown = tuple(evidence(fact, current, Role.FOR))
    possible = as_role(shown, Role.POSSIBLE)
    known = [one.value for one in current if one.value is not None]
    if len(known) < len(current):
        return confirming(reading, Note("measured.unreadable", unit=fact.unit, found=possible), possible, look(fact))
    if any(is_old(reading, fact, one) for one in current):
        days = reading.days_of(fact, "within_days")
        return confirming(reading, Note("measured.old", found=possible, days=days), possible, look(fact))
    value = hull(known)
    key = "measured.newest" if value.only is not None or len(known) == 1 else "measured.range"
    return Finding.known(value, shown, Note(key, value=value.in_signs))


def is_old(reading: Reading, fact: Fact, one: Dated) -> bool:
    """Return whether a result may be older than the look-back; without one, none is."""
    if "within_days" not in fact.parameters:
        return False
    when = one.result.when
    return when is None or when.days_before(reading.as_of)[1] > reading.days_of(fact, "within_days")


def hull(known: Sequence[Interval]) -> Interval:
    """Return the smallest interval that holds several."""
    lows = [(one.low, one.low_is_open) for one in known if one.low is not None]
    highs = [(one.high, not one.high_is_open) for one in known if one.high is not None]
    low, low_open = min(lows) if len(lows) == len(known) else (None, False)
    high, closed = max(highs) if len(highs) == len(known) else (None, True)
    return Interval(low, high, known[0].unit, low_open, not closed)


def evidence(fact: Fact, found: Iterable[Number], role: Role) -> Iterator[Evidence]:
    """Yield results as evidence: in the unit of the policy, and as written where that differs or cannot be read."""
    for one in found:
        written = in_words(one.result.value) or Note("measured.unread")
        value = one.value.in_signs if one.value is not None else written
        shown_value = f"{value} ({written})" if isinstance(written, str) and written != value else value
        summary = Note("measured.evidence", what=fact.what, value=shown_value)
        yield shows(one.result.observation, summary, one.result.coding, role)


def look(fact: Fact) -> Look:
    """Return how records name what is measured, where no code tells."""
    return Look(fact.tests.named if fact.tests is not None else None)


def highest_measurement(reading: Reading, fact: Fact) -> Finding:
    """Read the highest result within the look-back: no chart proves that there was no higher one."""
    known, rest = _within(reading, fact)
    lows = [one.value.low for one in known if one.value is not None and one.value.low is not None]
    if not lows:
        return _none_within(reading, fact, rest)
    best = [one for one in known if one.value is not None and one.value.low == max(lows)]
    value = Interval(max(lows), None, fact.unit, low_is_open=all(one.value and one.value.low_is_open for one in best))
    shown = tuple(evidence(fact, best, Role.FOR))
    return Finding.known(value, shown, Note("measured.highest", value=_written(max(lows), fact)))


def lowest_measurement(reading: Reading, fact: Fact) -> Finding:
    """Read the lowest result within the look-back: no chart proves that there was no lower one."""
    known, rest = _within(reading, fact)
    highs = [one.value.high for one in known if one.value is not None and one.value.high is not None]
    if not highs:
        return _none_within(reading, fact, rest)
    best = [one for one in known if one.value is not None and one.value.high == min(highs)]
    value = Interval(
        None, min(highs), fact.unit, high_is_open=all(one.value and one.value.high_is_open for one in best)
    )
    shown = tuple(evidence(fact, best, Role.FOR))
    return Finding.known(value, shown, Note("measured.lowest", value=_written(min(highs), fact)))


def _written(number: Decimal, fact: Fact) -> str:
    return Interval.exactly(number, fact.unit).in_signs


def _within(reading: Reading, fact: Fact) -> tuple[list[Number], list[Number]]:
    """Return the results that can be read and surely lie within the look-back, and all others."""
    found = numbers(reading, fact)
    known = [one for one in found if one.value is not None and not is_old(reading, fact, one)]
    return known, [one for one in found if one not in known]


def _none_within(reading: Reading, fact: Fact, rest: Sequence[Number]) -> Finding:
    possible = tuple(evidence(fact, rest, Role.POSSIBLE))
    note = Note("measured.none_within", days=str(fact.parameters.get("within_days", "")), found=possible)
    return confirming(reading, note if possible else "", possible, look(fact))


def meant(seen: Seen) -> Interval | None:
    """Return the number that a record or a sentence would mean, if a person confirms it."""
    return measured_in_words(seen, lambda value: value_of(seen.reading, seen.fact, value))


def logic_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values of the population logic of the newest number."""
    lowest = (codes.set(str(fact.parameters["tests"])).scale or NO_SCALE).lowest
    quantity = {"value": float(lowest), "system": "http://unitsofmeasure.org", "code": without_annotations(fact.unit)}
    tested = test_values(codes, fact, measurement, {"valueQuantity": quantity})
    return tested | number_values(codes, fact)


NEWEST_NUMBER = ("test", "number")
"""The templates that the logic of the newest number begins with."""
_DRAWS = MappingProxyType({"measured": measurements.measured})
RECORDS = (
    FhirKind(
        MEASUREMENT,
        measurement,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        other_tests=frozenset({NOT_MEASURED}),
        means=meant,
        logic=PopulationLogic(logic_values, RESULTS, NEWEST_NUMBER, serves=has_tests, types=("DiagnosticReport",)),
        draws=_DRAWS,
    ),
    FhirKind(
        HIGHEST_MEASUREMENT,
        highest_measurement,
        frozenset({"Observation"}),
        other_tests=frozenset({NOT_MEASURED}),
        means=meant,
    ),
    FhirKind(
        LOWEST_MEASUREMENT,
        lowest_measurement,
        frozenset({"Observation"}),
        other_tests=frozenset({NOT_MEASURED}),
        means=meant,
    ),
)
