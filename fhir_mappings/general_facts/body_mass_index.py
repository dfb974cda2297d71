"""Body mass index and surface area: as reported, or worked out of weight and height where that is newer."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from fhir_mappings.admission.counted_results import in_words, results
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.general_facts.measurement import (
    NEWEST_NUMBER,
    Number,
    is_old,
    logic_values,
    look,
    meant,
    measurement,
)
from fhir_mappings.general_facts.person import born
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes, listed
from fhir_mappings.population.result_logic import RESULTS, has_tests, tests_beside
from fhir_mappings.text_forms.quantities import measured
from policies.kinds.measurements import BODY_MASS_INDEX, BODY_SURFACE_AREA, NOT_MEASURED
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Interval, Role, State
from policies.model.notes import Note
from policies.terminology.scales import NO_SCALE

_TENTH, _HUNDREDTH = Decimal("0.1"), Decimal("0.01")
_GROWN, _DAYS_OF_A_YEAR = 20, Decimal("365.25")
"""From this age in years on a height is one for good; below it, it is as old as the weight may be."""


class Computed(NamedTuple):
    """How a measure is worked out of kilograms and meters, and the key of what is said where it cannot be."""

    of: Callable[[Decimal, Decimal], Decimal]
    lacking: str


def _index(kilograms: Decimal, meters: Decimal) -> Decimal:
    return (kilograms / (meters * meters)).quantize(_TENTH, ROUND_HALF_UP)


def _surface(kilograms: Decimal, meters: Decimal) -> Decimal:
    """Return square meters by Mosteller's formula (N Engl J Med 1987;317:1098)."""
    return (kilograms * meters / 36).sqrt().quantize(_HUNDREDTH, ROUND_HALF_UP)


_INDEX = Computed(_index, "measured.parts")
_SURFACE = Computed(_surface, "measured.surface_parts")


def body_mass_index(reading: Reading, fact: Fact) -> Finding:
    """Read the newest body mass index, or work it out."""
    return _newest(reading, fact, _INDEX)


def body_surface_area(reading: Reading, fact: Fact) -> Finding:
    """Read the newest body surface area, or work it out."""
    return _newest(reading, fact, _SURFACE)


def _newest(reading: Reading, fact: Fact, measure: Computed) -> Finding:
    """Read the newest reported number; where there is none that counts, work it out of the newest weight and height.

    A weight is as recent as the number has to be; so is a height of a patient who is not surely grown.
    """
    reported = measurement(reading, fact)
    weight, height = _part(reading, fact, "weights", "kg"), _part(reading, fact, "heights", "m")
    if reported.state is State.KNOWN and not _is_newer(weight, reported):
        return reported
    parts = tuple(_shown(fact, one, Role.FOR) for one in (weight, height) if one is not None)
    computed = _computed(reading, fact, (weight, height), measure)
    if computed is None and reported.state is State.KNOWN:
        return reported
    if computed is None:
        possible = (*reported.evidence, *as_role(parts, Role.POSSIBLE))
        return confirming(
            reading, Note(measure.lacking, found=possible) if parts else reported.note, possible, look(fact)
        )
    return Finding.known(computed, parts, Note("measured.newest", value=computed.in_signs))


def _is_newer(weight: Number | None, reported: Finding) -> bool:
    """Return whether a weight was measured after the index was reported."""
    days = [one.date[:10] for one in reported.counted if one.date]
    when = weight.result.when if weight is not None else None
    return when is not None and bool(days) and when.first.isoformat() > max(days)


def _part(reading: Reading, fact: Fact, parameter: str, unit: str) -> Number | None:
    """Return the newest weight or height; None where several of one time differ, or it has no date."""
    tests = reading.codes_of(fact, parameter)
    scale = tests.scale or NO_SCALE
    found = [
        Number(one, measured(one.value.quantity, unit, scale))
        for one in results(reading, tests)
        if one.when is not None and one.member.means != NOT_MEASURED and one.value.quantity is not None
    ]
    if not found:
        return None
    newest = max(found, key=lambda one: _first(one.result.when))
    same = [one for one in found if _first(one.result.when) == _first(newest.result.when)]
    return newest if all(one.value == newest.value for one in same) else None


def _first(when: Span | None) -> str:
    return when.first.isoformat() if when is not None else ""


def _computed(
    reading: Reading, fact: Fact, parts: tuple[Number | None, Number | None], measure: Computed
) -> Interval | None:
    weight, height = parts
    if weight is None or height is None or weight.value is None or height.value is None:
        return None
    kilograms, meters = weight.value.only, height.value.only
    if kilograms is None or meters is None or meters <= 0 or is_old(reading, fact, weight):
        return None
    if is_old(reading, fact, height) and not _is_grown(reading, height):
        return None
    return Interval.exactly(measure.of(kilograms, meters), fact.unit)


def _is_grown(reading: Reading, height: Number) -> bool:
    """Return whether the patient was surely grown when the height was measured."""
    birth, when = born(reading), height.result.when
    return birth is not None and when is not None and (when.first - birth.last).days >= _GROWN * _DAYS_OF_A_YEAR


def _shown(fact: Fact, one: Number, role: Role) -> Evidence:
    summary = Note("measured.evidence", what=fact.what, value=in_words(one.result.value))
    return shows(one.result.observation, summary, one.result.coding, role)


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values of the population logic: it takes the index as reported, and works none out."""
    return logic_values(codes, fact) | {"parts": listed(tests_beside(codes, fact))}


RECORDS = tuple(
    FhirKind(
        kind,
        reader,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        other_tests=frozenset({NOT_MEASURED}),
        means=meant,
        logic=PopulationLogic(
            _values,
            RESULTS,
            NEWEST_NUMBER,
            template=BODY_MASS_INDEX.name,
            serves=has_tests,
            types=("DiagnosticReport",),
        ),
    )
    for kind, reader in ((BODY_MASS_INDEX, body_mass_index), (BODY_SURFACE_AREA, body_surface_area))
)
