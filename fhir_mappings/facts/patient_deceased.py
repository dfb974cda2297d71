"""Whether the patient is recorded as deceased."""

from types import MappingProxyType

from fhir_mappings.chart.clinical_records import patient
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import span
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
    when = known.deceased_on[:10]
    if known.is_deceased and _is_to_come(reading, when):
        return Finding.unknown(Note("deceased.to_come", date=when))
    if known.is_deceased:
        note = Note("deceased.recorded", date=when or Note("undated"))
        return Finding.yes((shows(known, Note("deceased.evidence"), role=Role.FOR),), note)
    lost = reading.chart.lost_of_patient
    if known.doubts & TURNED and (not lost or lost & _DECEASED):
        return Finding.unknown(Note("deceased.unread", found=known.reference))
    return Finding.no((shows(known, Note("deceased.none")),))


def _is_to_come(reading: Reading, when: str) -> bool:
    """Return whether a death is dated after the day of the call, in any time zone: an error of the record."""
    day = span(when)
    return day is not None and (day.first - reading.today).days > 1


RECORDS = (
    FhirKind(
        PATIENT_DECEASED,
        deceased,
        frozenset({"Patient"}),
        draws=MappingProxyType({"deceased": people.with_patient}),
    ),
)
