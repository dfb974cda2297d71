"""The facts of a continuation: progression, intolerance, documents, and the length of treatment.

The payer asks for no evidence of progression, and for documents that show it: what no resource and no person has stated
is unknown, and is asked.
"""

import re
from collections.abc import Iterator
from types import MappingProxyType

from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.document_records import documents, events
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.kept_records import DOCUMENTS, EVENTS, GIVINGS
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.courses import NO_PROGRESSION, PROGRESSION
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.records import DocumentRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.disease_status import Status, statuses
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.disease.worse_course import worse_since
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.facts.sides import by_status
from fhir_mappings.meanings.of_words import document_serves, not_tolerated, progressed
from fhir_mappings.population import phrases
from fhir_mappings.population.drug_logic import TREATMENTS
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes, found_in_lower
from fhir_mappings.population.result_logic import named_words
from fhir_mappings.population.status_lists import observed
from fhir_mappings.sketches import people, stages
from fhir_mappings.therapy.ordered_drug import first_dose, own_records
from policies.kinds.treatment import DOCUMENT, INTOLERANCE, PROGRESSION_ON_THERAPY, TREATMENT_DURATION
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Origin, Role
from policies.model.notes import Note

NOT_TOLERATED = "not tolerated"
IMAGING_CODES = frozenset({"RAD", "RX", "CT", "NMR", "MR", "NMS", "imaging", "LP29684-5"})
"""How FHIR's diagnostic service sections, and US Core, call imaging in the category of a report."""
_NO_EVENT = frozenset({"entered-in-error", "not-done"})
IMAGING_WORDS = re.compile(
    r"\b(?:imaging|radiolog\w+|CT|MRI?|PET|tomograph\w+|bone scan|mammogra\w+|ultraso\w+)\b", re.IGNORECASE
)


def progression_on_therapy(reading: Reading, fact: Fact) -> Finding:
    """Read the disease statuses since the first dose: the newest one speaks, if it is recent and unopposed.

    A progression that a later status takes back is a conflict; an old "no progression" is shown and asked again.
    """
    start = first_dose(reading)
    later = [one for one in statuses(reading, fact) if one.belongs is not Tie.OTHER and _after(start, one)]
    since = [one for one in later if one.belongs is Tie.OWN]
    if not since:
        return _untied(reading, later)
    newest = max(one.when.first for one in since)
    latest = [one for one in since if one.when.last >= newest]
    progressed = [one for one in since if one.means == PROGRESSION]
    if all(one.means == PROGRESSION for one in latest):
        evidence = tuple(one.evidence for one in latest)
        return Finding.yes(evidence, Note("progression.recorded", found=evidence))
    if progressed and any(one.means == NO_PROGRESSION for one in latest):
        both = tuple(one.evidence for one in dict.fromkeys((*progressed, *latest)))
        return Finding.conflicting(Note("progression.conflict", found=both), both)
    return _no_progression(reading, fact, list(dict.fromkeys((*progressed, *latest))))


def _untied(reading: Reading, later: list[Status]) -> Finding:
    """Show the statuses of which nothing says that they are about this disease."""
    possible = as_role((one.evidence for one in later), Role.POSSIBLE)
    note = Note("progression.unclear", found=possible)
    return confirming(reading, note if possible else "", possible, Look(kind=PROGRESSION_ON_THERAPY.name))


def _no_progression(reading: Reading, fact: Fact, latest: list[Status]) -> Finding:
    evidence = tuple(one.evidence for one in latest)
    days = reading.days_of(fact, "within_days")
    stated = all(one.means == NO_PROGRESSION for one in latest)
    current = stated and all(one.when.days_before(reading.as_of)[1] <= days for one in latest)
    worse = worse_since(reading, _last_day(latest)) if current else ()
    if worse:
        note = Note("doubtful.newer", found=worse, counted=evidence)
        return Finding.unknown(note, (*worse, *as_role(evidence, Role.POSSIBLE)))
    newer = tuple(_imaged_since(reading, latest)) if current else ()
    if newer:
        note = Note("progression.imaged", found=evidence, imaging=newer)
        return Finding.unknown(note, (*as_role(evidence, Role.POSSIBLE), *newer))
    if current:
        return Finding.no(evidence)
    old = Note("progression.old", found=evidence, days=days)
    return Finding.unknown(
        old if stated else Note("progression.unclear", found=evidence), as_role(evidence, Role.POSSIBLE)
    )


def _last_day(statuses_: list[Status]) -> Span:
    return max((one.when for one in statuses_), key=lambda when: when.last)


def _imaged_since(reading: Reading, latest: list[Status]) -> Iterator[Evidence]:
    """Yield the imaging after the last status and up to the order: what it showed, the status cannot know."""
    for one in documents(reading):
        when = one.when
        if when is None or not _is_imaging(one) or when.first > reading.as_of:
            continue
        counts = one.standing is Standing.HINTS
        if counts and all(status.when.surely_before(when) for status in latest):
            yield shows(one, Note("progression.imaging", kind=one.kind), role=Role.POSSIBLE)


def _is_imaging(one: DocumentRecord) -> bool:
    """Whether a report is of imaging, and not another: by its type, its category, or the words of its code."""
    if one.kind == "ImagingStudy":
        return True
    named = (*one.categories, *((one.code,) if one.code is not None else ()))
    codes = {coding.code for concept in named for coding in concept.coding}
    words = " ".join(word for concept in named for word in concept.words)
    is_report = one.kind == "DiagnosticReport"
    return is_report and (bool(codes & IMAGING_CODES) or bool(IMAGING_WORDS.search(words)))


def _after(start: Span | None, status: Status) -> bool:
    return start is not None and start.surely_before(status.when)


def intolerance(reading: Reading, fact: Fact) -> Finding:
    """Read the coded reasons for which the ordered drug was stopped; that nobody wrote one down proves no tolerance."""
    reasons = reading.codes_of(fact, "reasons")
    found = tuple(
        shows(one.record, Note("intolerance.evidence", drug=one.name))
        for one in own_records(reading)
        if any(NOT_TOLERATED in meanings(reason, reasons) for reason in one.record.status_reasons)
    )
    if found:
        return Finding.yes(found, Note("intolerance.recorded", found=found))
    seen = tuple(_adverse_events(reading))
    note = Note("intolerance.events", found=seen) if seen else ""
    return confirming(reading, note, seen, Look(kind=INTOLERANCE.name, conditions=True))


def _adverse_events(reading: Reading) -> Iterator[Evidence]:
    """Yield the adverse events that may have happened between the first dose and the order; none proves anything."""
    start = first_dose(reading)
    for one in events(reading):
        when = one.when
        is_before = when is not None and (start is None or when.surely_before(start))
        is_after = when is not None and when.first > reading.as_of
        words = "; ".join(dict.fromkeys(word for concept in one.events for word in _named_by(concept)))
        if words and not is_before and not is_after and one.status not in _NO_EVENT and not one.is_potential:
            yield shows(one, Note("intolerance.event", words=words), role=Role.POSSIBLE)


def _named_by(concept: Concept) -> tuple[str, ...]:
    return concept.words or concept.codes


def document(reading: Reading, fact: Fact) -> Finding:
    """Offer documents of fitting type and date; only an attachment or attestation in the form meets the criterion."""
    wanted = fact.parameters["resources"]
    days = reading.days_of(fact, "within_days")
    found = tuple(
        shows(one, Note("document.evidence", kind=one.kind), role=Role.POSSIBLE)
        for one in documents(reading)
        if isinstance(wanted, list) and one.kind in wanted and _recent(reading, one, days)
    )
    return Finding.unknown(Note("document.possible", found=found), found) if found else reading.silence()


def _recent(reading: Reading, document_: DocumentRecord, days: int) -> bool:
    when = document_.when
    return document_.standing is Standing.HINTS and when is not None and when.days_before(reading.as_of)[0] <= days


def treatment_duration(reading: Reading, fact: Fact) -> Finding:
    """Hold the time since the first dose against the policy's maximum; a policy without one settles it by itself."""
    maximum = fact.parameters["maximum_days"]
    if not isinstance(maximum, int):
        return Finding.known(value=True, note=Note("duration.open"), origin=Origin.POLICY)
    start = first_dose(reading)
    if start is None:
        return reading.silence()
    least, most = start.days_before(reading.as_of)
    evidence = tuple(one.evidence for one in own_records(reading) if one.given and one.start == start)
    if most <= maximum:
        return Finding.yes(evidence)
    if least > maximum:
        return Finding.no(evidence, Note("duration.over", start=start.written, days=maximum))
    return Finding.unknown(Note("duration.unclear"))


def _progression_values(codes: Codes, fact: Fact) -> dict[str, str]:
    return observed() | {
        "tests": phrases.listed(codes.members(fact, "status_tests")),
        "named": phrases.of_any(named_words(fact)),
        "progression": phrases.listed(codes.members(fact, "statuses", PROGRESSION)),
        "no_progression": phrases.listed(codes.members(fact, "statuses", NO_PROGRESSION)),
        "within_days": str(fact.parameters["within_days"]),
        "imaging_codes": phrases.texts(sorted(IMAGING_CODES)),
        "imaging_words": found_in_lower(IMAGING_WORDS),
    }


def _intolerance_values(codes: Codes, fact: Fact) -> dict[str, str]:
    return {"not_tolerated": phrases.listed(codes.members(fact, "reasons", NOT_TOLERATED))}


RECORDS = (
    FhirKind(
        PROGRESSION_ON_THERAPY,
        progression_on_therapy,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        values="statuses",
        means=progressed,
        stands=by_status,
        logic=PopulationLogic(
            _progression_values,
            TREATMENTS,
            reads_ordered_drug=True,
            types=("Condition", "DiagnosticReport", "DocumentReference", "ImagingStudy"),
        ),
        draws=MappingProxyType({"disease status": stages.disease_status}),
    ),
    FhirKind(
        INTOLERANCE,
        intolerance,
        GIVINGS | EVENTS | {"Medication"},
        of_ordered_drug=True,
        means=not_tolerated,
        logic=PopulationLogic(_intolerance_values, TREATMENTS, reads_ordered_drug=True),
    ),
    # No record settles whether a document serves, so that it has no logic.
    FhirKind(
        DOCUMENT,
        document,
        DOCUMENTS,
        means=document_serves,
        draws=MappingProxyType({"document": people.document}),
    ),
    FhirKind(TREATMENT_DURATION, treatment_duration, GIVINGS | {"Medication"}, of_ordered_drug=True),
)
