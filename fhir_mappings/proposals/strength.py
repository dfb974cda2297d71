"""How well a record proves what it is confirmed to mean: by its type and status, whatever its words."""

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.standing import Standing
from fhir_mappings.disease.diagnoses import verification
from fhir_mappings.r4.resources import Reference
from fhir_mappings.r4.status_rules import standing
from policies.model.findings import Evidence, Strength


def strength_of(reading: Reading, item: Evidence, *, is_old: bool) -> Strength:
    """Return strong for a final result, a confirmed diagnosis and a proven giving; weak for all else, and what is old.

    Source: docs/architecture.md, "Findings".
    """
    record = None if is_old else reading.chart.resolve(Reference(item.reference))
    if record is None:
        return Strength.WEAK
    is_condition = record.resource_type == "Condition"
    told = verification(record) if is_condition else standing(record.resource_type, record.status)
    return Strength.STRONG if told is Standing.PROVES else Strength.WEAK
