"""How well a record proves what it is confirmed to mean: by its type and status, whatever its words."""

from fhir_mappings.chart.clinical_records import standing_on_file
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.standings import Standing
from policies.model.findings import Evidence, Strength


def strength_of(reading: Reading, item: Evidence, *, is_old: bool) -> Strength:
    """Return strong for a final result, a confirmed diagnosis and a proven giving; weak for all else, and what is old.

    Source: docs/architecture.md, "Findings".
    """
    proves = not is_old and standing_on_file(reading, item.reference) is Standing.PROVES
    return Strength.STRONG if proves else Strength.WEAK
