"""Diagnoses and status codes that state HER2 without a test: they support, and never prove (reading 2)."""

from fhir_mappings.disease import verification
from fhir_mappings.evidence import shows
from fhir_mappings.matching import find, shown
from fhir_mappings.reading import Reading
from fhir_mappings.standing import Standing
from policies.findings import Evidence, Role
from policies.model import Fact


def statements(reading: Reading, fact: Fact, meaning: frozenset[str] | None = None) -> tuple[Evidence, ...]:
    """Return the Conditions that state a HER2 status, or one of these, as possible evidence."""
    codes = reading.codes_of(fact, "supports")
    found: list[Evidence] = []
    for condition in reading.chart.conditions:
        hit = find(condition.code, codes)
        if hit is None or (meaning is not None and hit[1].means not in meaning):
            continue
        if verification(condition) is Standing.PROVES:
            found.append(shows(condition, shown(condition.code, hit[1].display), hit[0], Role.POSSIBLE))
    return tuple(found)
