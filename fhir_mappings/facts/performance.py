"""ECOG performance status (reading 16): the newest valid grade, current up to the policy's look-back."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.evidence import listed, shows
from fhir_mappings.matching import meanings
from fhir_mappings.observed import Result, results
from fhir_mappings.reading import Reading
from fhir_mappings.resources import Quantity, Resource
from policies.findings import Evidence, Finding, Range, Role
from policies.model import Fact
from policies.value_sets import CodeSet

_WORST = 5
_GRADES = re.compile(r"(?:ECOG\s*)?([0-5])(?:\s*(?:-|to)\s*([0-5]))?", re.IGNORECASE)
_UNITS = frozenset({"", "1", "{score}", "score"})


@dataclass(frozen=True, slots=True)
class Grade:
    """One reading of an ECOG result: the grades it can mean, or none if it cannot be read."""

    result: Result
    grades: Range | None


def performance_status(reading: Reading, fact: Fact) -> Finding:
    """Read the newest ECOG status; an older one than the look-back is shown and asked again.

    Karnofsky is never converted. Grades that differ on the newest day become a range.
    """
    scores = reading.codes_of(fact, "scores")
    ecog = [one for one in results(reading, reading.codes_of(fact, "tests")) if one.member.means == "ecog"]
    dated = [Grade(one, _grades(one.observation, scores)) for one in ecog if one.when is not None]
    if not dated:
        undated = tuple(
            _evidence(reading, (Grade(one, _grades(one.observation, scores)) for one in ecog), Role.POSSIBLE)
        )
        return (
            Finding.unknown(reading.say("ecog.undated", found=listed(undated)), undated)
            if undated
            else reading.silence()
        )
    newest = max(one.result.when.last for one in dated if one.result.when)
    return _newest(reading, fact, [one for one in dated if one.result.when and one.result.when.last == newest])


def _newest(reading: Reading, fact: Fact, grades: list[Grade]) -> Finding:
    days = reading.days_of(fact, "within_days")
    when = grades[0].result.when
    readable = [one.grades for one in grades if one.grades is not None]
    evidence = tuple(_evidence(reading, grades, Role.FOR))
    possible = tuple(_evidence(reading, grades, Role.POSSIBLE))
    if len(readable) < len(grades):
        return Finding.unknown(reading.say("ecog.unreadable", found=listed(possible)), possible)
    if when is None or when.days_before(reading.as_of)[1] > days:
        return Finding.unknown(reading.say("ecog.old", found=listed(possible), days=days), possible)
    span = Range(min(one.at_least for one in readable), max(one.at_most or 0 for one in readable))
    note = reading.say("ecog.range", low=span.at_least, high=span.at_most) if span.at_least != span.at_most else ""
    return Finding.known(span, evidence, note)


def _evidence(reading: Reading, grades: Iterable[Grade], role: Role) -> Iterable[Evidence]:
    for one in grades:
        grade = reading.say("ecog.unread") if one.grades is None else _written(one.grades)
        yield shows(one.result.observation, reading.say("ecog.evidence", grade=grade), one.result.coding, role)


def _written(grades: Range) -> str:
    low, high = grades.at_least, grades.at_most
    return str(low) if low == high else f"{low}-{high}"


def _grades(observation: Resource, scores: CodeSet) -> Range | None:
    """Read every carrier of a grade; one that is no grade, or two that differ, make the result unreadable."""
    carried = list(_carriers(observation, scores))
    return carried[0] if carried and all(one == carried[0] for one in carried) else None


def _carriers(observation: Resource, scores: CodeSet) -> Iterable[Range | None]:
    if observation.value_integer is not None:
        yield _range(observation.value_integer, observation.value_integer)
    if observation.value_quantity is not None:
        yield _of_quantity(observation.value_quantity)
    if observation.value_string is not None:
        match = _GRADES.fullmatch(observation.value_string.strip())
        yield _range(int(match[1]), int(match[2] or match[1])) if match else None
    span = observation.value_range
    if span is not None and span.low and span.high and span.low.value is not None and span.high.value is not None:
        yield _range(span.low.value, span.high.value)
    for concept in (observation.value_codeable_concept, *observation.interpretation):
        for means in meanings(concept, scores):
            yield _range(int(means), int(means))


def _of_quantity(quantity: Quantity) -> Range | None:
    unit = quantity.code or quantity.unit or ""
    if quantity.value is None or quantity.comparator or unit not in _UNITS:
        return None
    return _range(quantity.value, quantity.value)


def _range(low: Decimal | int, high: Decimal | int) -> Range | None:
    whole = low == int(low) and high == int(high)
    return Range(int(low), int(high)) if whole and 0 <= low <= high <= _WORST else None
