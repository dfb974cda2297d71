"""From FHIR to the clinical record: each resource of a chart becomes one value of `fhir_mappings.clinical`.

Here, and in the rest of this room, resources are met; what reasons over a chart meets these values only.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.chart.subjects import sites_of_result
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import (
    DiagnosisRecord,
    Link,
    PatientRecord,
    ProductNamed,
    ResultRecord,
    Stage,
    TreatmentRecord,
)
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.claims import CLAIMS
from fhir_mappings.r4.dosage import dosages, form_of, routes_said
from fhir_mappings.r4.elements import Period, Reference, concepts, extensions, ingredients, references
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import NOT_ORDERS, STANDING, is_over, standing, standing_of, verification, word
from fhir_mappings.text_forms.quantities import measured
from fhir_mappings.written.narratives import remarks
from policies.terminology.scales import NO_SCALE

_MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
RELATED_PRIMARY = f"{_MCODE}mcode-related-primary-cancer-condition"
"""mCODE's extension for the primary cancer of a secondary one."""
INTENT = f"{_MCODE}mcode-procedure-intent"
_REMEMBERED = "recall"
"""The origin of a vaccination that the patient, or a parent, remembers (FHIR R4, immunization-origin)."""
_DAYS: Mapping[str, Decimal] = MappingProxyType({"d": Decimal(1), "wk": Decimal(7), "h": Decimal(1) / 24})
_INTENTS = (INTENT, f"{_MCODE}mcode-treatment-intent")
"""mCODE's extension for the intent of a treatment, by its present and its older name."""


def standing_on_file(reading: Reading, reference: str) -> Standing | None:
    """Return what its status makes of the record that evidence names; None where that is not on file."""
    found = reading.chart.resolve(Reference(reference))
    return standing_of(found) if found is not None else None


def links(chart: Chart, named: Iterable[Reference], within: Resource) -> tuple[Link, ...]:
    """Return references of a resource as links."""
    return tuple([_link(chart, one, within) for one in named])


def _link(chart: Chart, named: Reference, within: Resource) -> Link:
    target = chart.resolve(named, within)
    if target is not None:
        return Link(chart.links.place(target))
    pair = local(named.reference or "")
    return Link(None, bool(named.reference) and (pair is None or pair[0] == "Condition"))


def diagnosis_record(chart: Chart, condition: Resource) -> DiagnosisRecord:
    """Return a Condition as a diagnosis."""
    status = word(condition.clinical_status)
    primary = extensions(condition.extension, RELATED_PRIMARY) if condition.extension else ()
    named = (one.value_reference for one in primary if one.value_reference is not None)
    began = condition.onset_date_time
    if began is None and condition.onset_period is not None:
        began = condition.onset_period.start
    return DiagnosisRecord(
        reference=condition.reference,
        code=condition.code,
        standing=verification(condition),
        clinical_status=status,
        is_over=is_over(condition, status),
        when=condition.when,
        onset=span(began),
        recorded=condition.recorded_date,
        issued=condition.issued,
        stages=tuple([Stage(one.summary, links(chart, one.assessment, condition)) for one in condition.stage]),
        primary=links(chart, named, condition) if primary else (),
        notes=remarks(condition) if condition.note or condition.narrative else (),
    )


def result_record(chart: Chart, observation: Resource) -> ResultRecord:
    """Return an Observation as a result."""
    parts = tuple([one.measurement for one in (observation, *observation.component)])
    return ResultRecord(
        reference=observation.reference,
        id=observation.id,
        status=observation.status,
        standing=standing("Observation", observation.status),
        code=observation.code,
        whole=parts[0],
        parts=parts,
        method=observation.method,
        when=observation.when,
        recorded=observation.recorded_date,
        issued=observation.issued,
        focus=links(chart, references(observation.focus), observation) if observation.focus else (),
        specimen=_specimen(chart, observation) if observation.specimen else "",
        sites=sites_of_result(chart, observation) if observation.body_site or observation.specimen else frozenset(),
        members=_members(chart, observation) if observation.has_member else (),
        is_head=bool(observation.has_member),
        notes=remarks(observation) if observation.note or observation.narrative else (),
    )


def _members(chart: Chart, observation: Resource) -> tuple[str, ...]:
    named = (chart.resolve(one) for one in observation.has_member)
    return tuple([one.reference for one in named if one is not None])


def _specimen(chart: Chart, observation: Resource) -> str:
    """Return one name of a specimen, however its reference is written; empty without one."""
    named = next(iter(references(observation.specimen)), None)
    if named is None:
        return ""
    if named.reference:
        pair = local(named.reference) if chart.identity.is_home(named.reference) else None
        return "/".join(pair) if pair else named.reference
    if named.identifier is not None:
        return f"{named.identifier.system or ''}|{named.identifier.value or ''}"
    return named.display or ""


def treatment_record(chart: Chart, resource: Resource) -> TreatmentRecord:
    """Return a record of a giving, an order, a procedure or a line of a claim as a treatment."""
    is_billed, when, reasons = resource.resource_type in CLAIMS, resource.when, resource.reason_reference
    period = resource.effective_period or resource.performed_period
    start, end = (when, None) if period is None else _course(period, when, is_billed=is_billed)
    return TreatmentRecord(
        reference=resource.reference,
        kind=resource.resource_type,
        status=resource.status,
        standing=STANDING.get((resource.resource_type, resource.status or ""), Standing.NOTHING),
        is_plan=resource.do_not_perform or resource.intent in NOT_ORDERS,
        is_billed=is_billed,
        product=product_named(chart, resource),
        when=when,
        start=start,
        end=end,
        recorded=resource.recorded_date,
        issued=resource.issued,
        reasons=concepts(resource.reason_code) if resource.reason_code else (),
        reason_links=links(chart, references(reasons), resource) if reasons else (),
        status_reasons=concepts(resource.status_reason) if resource.status_reason else (),
        intents=_intents(resource) if resource.extension else (),
        daily_mg=_daily_milligrams(resource) if resource.dosage or resource.dosage_instruction else None,
    )


def vaccination_record(chart: Chart, one: Resource) -> TreatmentRecord:
    """Return an Immunization; a dose only remembered by the patient was perhaps given, a subpotent one is shown."""
    made = treatment_record(chart, one)
    standing = made.standing
    if standing is Standing.PROVES and one.report_origin is not None and _REMEMBERED in one.report_origin.codes:
        standing = Standing.PROBABLE
    if standing is not Standing.NOTHING and one.is_subpotent:
        standing = Standing.HINTS
    return made._replace(product=ProductNamed(one.vaccine_code), standing=standing, recorded=one.recorded)


def _course(period: Period, when: Span | None, *, is_billed: bool) -> tuple[Span | None, Span | None]:
    """Return when a giving over a period began, and when it ended, if that is said."""
    end = span(period.end)
    if is_billed and when is not None and end is not None:
        # A claim says that something was given within its period, and not on which day of it.
        return Span(when.first, max(when.last, end.last), when.written), None
    return when, end


def _daily_milligrams(resource: Resource) -> Decimal | None:
    """Return the milligrams a day of one plain dosage with one plain interval; None without one, or with several."""
    stated = (*dosages(resource.dosage), *dosages(resource.dosage_instruction))
    dosage = stated[0] if len(stated) == 1 else None
    if dosage is None or len(dosage.dose_and_rate) != 1 or dosage.timing is None:
        return None
    repeat, dose = dosage.timing.repeat, measured(dosage.dose_and_rate[0].dose_quantity, "mg", NO_SCALE)
    if repeat is None or dose is None or dose.only is None or not repeat.frequency or not repeat.period:
        return None
    length = _DAYS.get(repeat.period_unit or "")
    return (dose.only * repeat.frequency / (repeat.period * length)).normalize() if length is not None else None


def _intents(resource: Resource) -> tuple[Concept, ...]:
    named = (one.value_codeable_concept for url in _INTENTS for one in extensions(resource.extension, url))
    return tuple([one for one in named if one is not None])


def product_named(chart: Chart, resource: Resource) -> ProductNamed:
    """Return what a record or an order is of: its own code, or that of the Medication that it points to."""
    pointed = resource.medication_reference
    words = (pointed.display or "") if pointed is not None else ""
    if resource.resource_type == "Procedure":
        return ProductNamed(resource.code, (), words)
    routes = routes_said(resource.dosage) if resource.dosage else ()
    if resource.dosage_instruction:
        routes = (*routes, *routes_said(resource.dosage_instruction))
    if pointed is None or resource.medication_codeable_concept is not None:
        return ProductNamed(resource.medication_codeable_concept, (), words, None, routes)
    medication = medication_of(chart, resource)
    if medication is None:
        return ProductNamed(None, (), words, None, routes)
    mixed, form = _ingredients(chart, medication, resource), form_of(medication.form)
    return ProductNamed(medication.code, mixed, words, form, routes)


def medication_of(chart: Chart, resource: Resource) -> Resource | None:
    """Return the Medication that a record or an order points to; None if there is none."""
    if resource.resource_type == "Procedure" or resource.medication_codeable_concept is not None:
        return None
    found = chart.resolve(resource.medication_reference, resource)
    return found if found is not None and found.resource_type == "Medication" else None


def _ingredients(chart: Chart, medication: Resource, within: Resource) -> tuple[Concept, ...]:
    """Return the active ingredients of a Medication, coded or by reference."""
    found: list[Concept] = []
    for one in ingredients(medication.ingredient):
        target = chart.resolve(one.item_reference, medication) or chart.resolve(one.item_reference, within)
        concept = one.item_codeable_concept or (target.code if target is not None else None)
        if one.is_active and concept is not None:
            found.append(concept)
    return tuple(found)


def patient(reading: Reading) -> PatientRecord | None:
    """Return who the patient is; None if no Patient came along."""
    one = reading.chart.patient
    if one is None:
        return None
    died = one.deceased_date_time or ""
    is_deceased, doubts = bool(one.deceased_boolean or died), reading.chart.marks(one)
    return PatientRecord(one.reference, is_deceased, died, one.gender, one.birth_date, doubts)
