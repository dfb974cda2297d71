"""Whether the patient is recorded as deceased."""

from types import MappingProxyType

from fhir_mappings.chart.clinical_records import patient
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.doubts import TURNED
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.sketches import people
from policies.kinds.disease import PATIENT_DECEASED
from policies.model.criteria import Fact
from policies.model.findings import Finding, Role
from policies.model.notes import Note

_DECEASED = frozenset({"deceasedBoolean", "deceasedDateTime"})


def deceased(reading: Reading, fact: Fact) -> Finding:
    """Read Patient.deceased[x]; without a Patient, or without the element, no death is on record."""
    known = patient(reading)
    if known is None:
        return fact.silent
    if known.is_deceased:
        when = known.deceased_on[:10]
        note = Note("deceased.recorded", date=when or Note("undated"))
        return Finding.yes((shows(known, Note("deceased.evidence"), role=Role.FOR),), note)
    lost = reading.chart.lost_of_patient
    if known.doubts & TURNED and (not lost or lost & _DECEASED):
        return Finding.unknown(Note("deceased.unread", found=known.reference))
    return Finding.no((shows(known, Note("deceased.none")),))


RECORDS = (
    FhirKind(
        PATIENT_DECEASED,
        deceased,
        frozenset({"Patient"}),
        draws=MappingProxyType({"deceased": people.with_patient}),
    ),
)
