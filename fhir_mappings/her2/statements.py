"""Diagnoses and status codes that state HER2 without a test: they support, and never prove (reading 2)."""

from fhir_mappings.chart.admission import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.standing import Standing
from fhir_mappings.disease.diagnoses import verification
from policies.model.findings import Evidence, Role
from policies.model.policy import Fact


def statements(reading: Reading, fact: Fact, meaning: frozenset[str] | None = None) -> tuple[Evidence, ...]:
    """Return the Conditions that state a HER2 status, or one of these, as possible evidence."""
    codes = reading.codes_of(fact, "supports")
    found: list[Evidence] = []
    for condition in reading.once(admitted).conditions:
        hit = find(condition.code, codes)
        if hit is None or (meaning is not None and hit[1].means not in meaning):
            continue
        if verification(condition) is Standing.PROVES:
            found.append(shows(condition, shown(condition.code, hit[1].display), hit[0], Role.POSSIBLE))
    return tuple(found)
