"""Admission: which records of a chart are evidence at the order's date, for every fact alike (readings 6, 20 and 21).

A record that fails here is shown with the reason, and counts for nothing. Reading is fail-closed: what is not
understood proves nothing. Everything that reasons over a chart takes its records from here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import TypeVar

from fhir_mappings.admission.diagnosis_doubts import of_condition
from fhir_mappings.admission.product_doubts import of_treatment
from fhir_mappings.admission.result_doubts import of_result
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.clinical_records import diagnosis_record, result_record, treatment_record, vaccination_record
from fhir_mappings.chart.kept_records import GIVINGS
from fhir_mappings.chart.policy_chart import Reading, once, once_for_each
from fhir_mappings.chart.subjects import is_of_another
from fhir_mappings.clinical.dates import span
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.records import (
    NO_DOUBTS,
    ClinicalRecord,
    DiagnosisRecord,
    Link,
    Linked,
    Record,
    ResultRecord,
    Shelves,
    TreatmentRecord,
)
from fhir_mappings.r4.elements import Period
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import standing_of
from fhir_mappings.text_forms.denials import unsettles_diagnosis, unsettles_giving, unsettles_result
from fhir_mappings.written.narratives import remarks

_R = TypeVar("_R", DiagnosisRecord, ResultRecord, TreatmentRecord)


@once
def admitted(reading: Reading) -> ClinicalRecord:
    """Make the clinical record of a chart: every record with its doubts, and those that are evidence without any."""
    chart = reading.chart
    on_file = Shelves(
        _decided(reading, chart.conditions, diagnosis_record),
        _decided(reading, chart.observations, result_record),
        _decided(reading, chart.treatments, treatment_record),
        _decided(reading, chart.vaccinations, vaccination_record),
    )
    every: Iterable[Record] = chain(*on_file)
    return ClinicalRecord(
        tuple([one for one in on_file.diagnoses if not one.doubts]),
        tuple([one for one in on_file.results if not one.doubts]),
        tuple([one for one in on_file.treatments if not one.doubts]),
        tuple([one for one in on_file.vaccinations if not one.doubts]),
        tuple([one for one in every if one.doubts]),
        on_file,
    )


def _decided(reading: Reading, resources: Iterable[Resource], made: Callable[[Chart, Resource], _R]) -> tuple[_R, ...]:
    """Return resources as records, each with what is wrong with it; they are made once for all readings of a chart."""
    chart, found, known = reading.chart, list[_R](), reading.chart.links.made
    for resource in resources:
        record: _R | None = known.get(id(resource))
        if record is None:
            record = known[id(resource)] = made(chart, resource)
        doubts = doubts_of(reading, resource)
        found.append(record._replace(doubts=doubts) if doubts else record)
    return tuple(found)


def linked(reading: Reading, link: Link) -> Linked | None:
    """Return what is known of a record that another one names; None for one that is not on file."""
    return _linked(reading, link.place) if link.place is not None else None


@once_for_each
def _linked(reading: Reading, place: int) -> Linked:
    resource = reading.chart.links.named[place]
    doubts = doubts_of(reading, resource)
    return Linked(resource.resource_type, resource.code, standing_of(resource), resource.when, doubts)


def doubts_of(reading: Reading, record: Resource) -> frozenset[Doubt]:
    """Return why a record is no evidence at the order's date; empty if it is."""
    found, kind = set(reading.chart.marks(record)), record.resource_type
    # A partner may be ordered or begun after the order (reading 15): what was given by then is asked where it matters.
    limit = reading.today if kind in GIVINGS else reading.as_of
    _add_dates(found, _DATES(record), limit)
    if (recorded := _RECORDED(record)) != _NOT_RECORDED:
        _add_dates(found, recorded, reading.as_of)
    if _PERIODS(record) != _NO_PERIOD:
        periods = tuple(filter(None, _PERIODS(record)))
        _add_dates(found, tuple(map(_START, periods)), limit)
        found |= _by_periods(periods)
    subject = record.subject
    is_plain = subject is None or not (subject.type or subject.display)
    if (record.focus or record.specimen or record.patient or not is_plain) and is_of_another(reading.chart, record):
        found.add(Doubt.PERSON)
    if (record.note or record.narrative) and any(map(_UNSETTLES.get(kind, unsettles_giving), remarks(record))):
        found.add(Doubt.CONTRADICTED)
    if kind == "Condition":
        found.update(of_condition(reading, record))
    elif kind == "Observation":
        found.update(of_result(reading, record))
    else:
        found.update(of_treatment(reading, record))
    return frozenset(found) if found else NO_DOUBTS


def _add_dates(found: set[Doubt], dates: tuple[str | None, ...], last: date) -> None:
    """Add what dates say: nothing dated, begun, recorded or issued after the order is evidence at its date."""
    for written in dates:
        if written:
            when = span(written)
            if when is None:
                found.add(Doubt.DATE)
            elif when.first > last:
                found.add(Doubt.AFTER_ORDER)


def _by_periods(periods: tuple[Period, ...]) -> set[Doubt]:
    """Return what is wrong with a period that surely ends before it begins (FHIR R4, Period, invariant per-1)."""
    spans = [(span(one.start), span(one.end)) for one in periods]
    return {Doubt.DATE for start, end in spans if start is not None and end is not None and end.surely_before(start)}


_UNSETTLES: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"Condition": unsettles_diagnosis, "Observation": unsettles_result}
)
"""By type, whether a remark takes a record back, or leaves it open."""
_START: Callable[[Period], str | None] = attrgetter("start")
_NO_PERIOD = (None, None, None)
_PERIODS: Callable[[Resource], tuple[Period | None, ...]] = attrgetter(
    "effective_period", "performed_period", "onset_period"
)
_DATES: Callable[[Resource], tuple[str | None, ...]] = attrgetter(
    *("effective_date_time", "effective_instant", "performed_date_time", "occurrence_date_time", "when_handed_over"),
    *("onset_date_time", "authored_on", "date", "started"),
)
"""When a record says that its matter was, as written; with the starts of its periods."""
_RECORDED: Callable[[Resource], tuple[str | None, ...]] = attrgetter(
    "recorded_date", "recorded", "asserted_date", "date_asserted", "date_recorded", "issued"
)
"""When it was put on file."""
_NOT_RECORDED = (None,) * 6
