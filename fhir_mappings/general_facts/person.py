"""The person: age and sex by the Patient, and what only a person can say."""

from datetime import date
from types import MappingProxyType

from fhir_mappings.chart.clinical_records import patient
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.doubts import TURNED
from fhir_mappings.clinical.records import PatientRecord
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes, answers
from fhir_mappings.sketches import people
from policies.kinds.person import PATIENT_AGE, PATIENT_SEX, STATED_BY_PERSON, STATED_CHOICE, STATED_NUMBER
from policies.model.criteria import Fact
from policies.model.findings import Finding, Range
from policies.model.notes import Note

_MONTHS = "months"
_SEXES = frozenset({"female", "male"})


def readable_patient(reading: Reading) -> PatientRecord | None:
    """Return the patient; None without one, and where something in it may turn it round."""
    known = patient(reading)
    return None if known is None or known.doubts & TURNED else known


@once
def born(reading: Reading) -> Span | None:
    """Return the date of birth, which may be given to the year; None where it is not, or lies after the order."""
    known = readable_patient(reading)
    found = span(known.birth_date) if known is not None else None
    return found if found is not None and found.first <= reading.as_of else None


def age(reading: Reading, fact: Fact) -> Finding:
    """Work out the age on the order's day, of every day that the date of birth can mean."""
    known, day = readable_patient(reading), born(reading)
    if known is None or day is None:
        return reading.silence()
    last = min(day.last, reading.as_of)
    months = [_months(one, reading.as_of) for one in (last, day.first)]
    low, high = (one if fact.parameters["counted_in"] == _MONTHS else one // 12 for one in months)
    note = Note("age.on_day", low=low) if low == high else Note("age.between", low=low, high=high)
    return Finding.known(Range(low, high), (shows(known, Note("age.evidence", born=day.written)),), note)


def _months(born_on: date, day: date) -> int:
    """Return the months that are completed on a day; who was born on a 31st is older on the first of the next."""
    return (day.year - born_on.year) * 12 + day.month - born_on.month - (day.day < born_on.day)


def sex(reading: Reading, _: Fact) -> Finding:
    """Read Patient.gender; `other` and `unknown` settle nothing."""
    known = readable_patient(reading)
    if known is None or known.gender not in _SEXES:
        return reading.silence()
    return Finding.known(known.gender, (shows(known, Note("sex.evidence", sex=known.gender)),))


def stated_by_person(reading: Reading, _: Fact) -> Finding:
    """Return that no chart says it: it is asked."""
    return reading.silence()


def _age_values(_: Codes, fact: Fact) -> dict[str, str]:
    return {"months": "1" if fact.parameters["counted_in"] == _MONTHS else "12"}


def _sex_values(_: Codes, fact: Fact) -> dict[str, str]:
    return {"answers": answers(fact)}


_PATIENT = frozenset({"Patient"})
RECORDS = (
    FhirKind(
        PATIENT_AGE,
        age,
        _PATIENT,
        logic=PopulationLogic(_age_values),
        draws=MappingProxyType({"born": people.with_patient}),
    ),
    FhirKind(
        PATIENT_SEX,
        sex,
        _PATIENT,
        logic=PopulationLogic(_sex_values),
        draws=MappingProxyType({"sex": people.with_patient}),
    ),
    FhirKind(STATED_BY_PERSON, stated_by_person, frozenset()),
    FhirKind(STATED_NUMBER, stated_by_person, frozenset()),
    FhirKind(STATED_CHOICE, stated_by_person, frozenset()),
)
