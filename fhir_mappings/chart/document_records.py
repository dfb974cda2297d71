"""The documents, reports and adverse events of a chart, as values of the clinical record."""

from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.chart.assembly import is_named_result
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.clinical_records import result_record
from fhir_mappings.chart.kept_records import PLANS
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import Course, DocumentRecord, EventRecord, Inner, Link
from fhir_mappings.r4.care_plans import courses
from fhir_mappings.r4.elements import concepts
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import standing
from fhir_mappings.written.annotations import titles
from fhir_mappings.written.inline_notes import inline_notes
from fhir_mappings.written.narratives import narrative

_MOST_NOTES = 30
_POTENTIAL = "potential"


@once
def documents(reading: Reading) -> tuple[DocumentRecord, ...]:
    """Return the reports and documents of a chart, in its order."""
    return tuple([_document(reading.chart, one) for one in reading.chart.documents])


def _document(chart: Chart, document: Resource) -> DocumentRecord:
    done = courses(document)
    concluded = (word for one in document.conclusion_code for word in one.words)
    named = document.code.words if document.code is not None else ()
    texts = (document.conclusion or "", document.description or "", *concluded, *titles(document.content), *named)
    return DocumentRecord(
        reference=document.reference,
        kind=document.resource_type,
        status=document.status,
        standing=standing(document.resource_type, document.status),
        code=document.code,
        when=document.when or _began(document) or span(document.issued),
        # Of a care plan only what was done is read: the rest is planned.
        texts=_done(done) if document.resource_type in PLANS else (*texts, narrative(document)),
        conclusions=document.conclusion_code,
        categories=concepts(document.category),
        inner=tuple([_inner(chart, document, one) for one in document.contained if _is_unnamed(document, one)]),
        courses=done,
    )


def _done(courses_: tuple[Course, ...]) -> tuple[str, ...]:
    return tuple([one.words for one in courses_])


def _began(document: Resource) -> Span | None:
    return span(document.period.start) if document.period is not None else None


def _is_unnamed(document: Resource, inner: Resource) -> bool:
    """Whether a contained resource is a result that its document does not name as its own."""
    return inner.resource_type == "Observation" and not is_named_result(document, inner)


def _inner(chart: Chart, document: Resource, inner: Resource) -> Inner:
    found = result_record(chart, inner)
    when = found.when or span(document.effective_date_time)
    return Inner(found._replace(when=when, issued=inner.issued or document.issued), Link(chart.links.place(inner)))


@once
def notes_of_documents(reading: Reading) -> Mapping[str, tuple[str, ...]]:
    """Return the notes that documents bring along, by reference; of very many documents the newest are read."""
    newest = sorted(reading.chart.documents, key=_last_day, reverse=True)
    read = {one.reference: inline_notes(one) for one in newest[:_MOST_NOTES]}
    return MappingProxyType({one.reference: read.get(one.reference, ()) for one in newest})


def _last_day(document: Resource) -> str:
    when = document.when
    return when.last.isoformat() if when is not None else ""


@once
def events(reading: Reading) -> tuple[EventRecord, ...]:
    """Return the adverse events of a chart."""
    return tuple(
        EventRecord(one.reference, one.status, one.actuality == _POTENTIAL, one.when, concepts(one.event))
        for one in reading.chart.events
    )
