"""Diagnoses and status codes that state HER2 without a test: they support, and never prove (reading 2)."""

from fhir_mappings.disease import verification
from fhir_mappings.evidence import shows
from fhir_mappings.matching import find, shown
from fhir_mappings.reading import Reading
from fhir_mappings.standing import Standing
from policies.findings import Evidence, Role
from policies.model import Fact


def statements(reading: Reading, fact: Fact) -> tuple[Evidence, ...]:
    """Return the Conditions that state a HER2 status, as possible evidence."""
    codes = reading.codes_of(fact, "supports")
    hits = ((condition, find(condition.code, codes)) for condition in reading.chart.conditions)
    return tuple(
        shows(condition, shown(condition.code, hit[1].display), hit[0], Role.POSSIBLE)
        for condition, hit in hits
        if hit is not None and verification(condition) is Standing.PROVES
    )
