"""Results that count: Observations of a value set of tests, final, and admitted as evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.records import ResultRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Coding, Measurement, Quantity
from policies.terminology.value_sets import CodeSet, Member

_LATER = frozenset({"amended", "corrected", "cancelled", "entered-in-error"})
"""Statuses that come after `final`: a version with one of them replaces the final one of the same id."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result that counts, by the code that made it relevant; `value` is the Observation, or one of its components."""

    observation: ResultRecord
    value: Measurement
    coding: Coding
    member: Member
    when: Span | None


class Dated(Protocol):
    """What a result was read as."""

    @property
    def result(self) -> Result:
        """The result, with the days that it is of."""


_D = TypeVar("_D", bound=Dated)


def newest(found: Sequence[_D]) -> list[_D]:
    """Return those that may be as late as the latest day; none where none has a date."""
    dated = [(one, one.result.when) for one in found if one.result.when is not None]
    latest = max((when for _, when in dated), key=lambda when: when.first, default=None)
    return [one for one, when in dated if latest is not None and when.may_be_as_late_as(latest)]


def results(reading: Reading, tests: CodeSet) -> Iterator[Result]:
    """Yield the results of these tests; preliminary, cancelled and erroneous ones are passed over."""
    for observation in admitted(reading).results:
        for value in observation.parts:
            hit = find(value.code, tests)
            if hit is not None and counts(reading, observation) and not _is_header(observation, value, tests):
                yield Result(observation, value, *hit, observation.when)


def _is_header(observation: ResultRecord, value: Measurement, tests: CodeSet) -> bool:
    """Whether a value is no more than the head of components that say what was found."""
    if value is not observation.whole or value.has_value:
        return False
    return any(find(one.code, tests) is not None for one in observation.parts[1:])


def counts(reading: Reading, observation: ResultRecord) -> bool:
    """Whether an Observation is a result that can count."""
    return observation.standing is Standing.PROVES and not _is_replaced(reading, observation)


def _is_replaced(reading: Reading, observation: ResultRecord) -> bool:
    """Whether another version of the same result, amended or withdrawn, is on hand: it replaces this one."""
    return observation.status not in _LATER and observation.id is not None and observation.id in _replaced(reading)


@once
def _replaced(reading: Reading) -> frozenset[str]:
    return frozenset(one.id for one in admitted(reading).on_file.results if one.id and one.status in _LATER)


def in_words(value: Measurement) -> str:
    """Write a value as a person would read it."""
    if value.quantity is not None:
        return _amount(value.quantity)
    if value.range is not None:
        bounds = (value.range.low, value.range.high)
        return " - ".join(_amount(one) for one in bounds if one is not None)
    if value.integer is not None:
        return str(value.integer)
    concept = value.concept or next(iter(value.interpretation), None)
    return value.text or shown(concept)


def _amount(quantity: Quantity) -> str:
    number = f"{quantity.comparator or ''}{quantity.value}" if quantity.value is not None else ""
    return " ".join(part for part in (number, quantity.unit or quantity.code) if part)
