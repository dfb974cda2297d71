"""What is wrong with what was given: its Medication, a substance in it, words that deny it or name another drug."""

import re
from itertools import chain

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.values import Coding, Concept, written
from fhir_mappings.r4.dosage import giving, is_empty
from fhir_mappings.r4.elements import concepts, ingredients
from fhir_mappings.r4.resources import Resource
from fhir_mappings.text_forms.denials import denies_event, denies_giving, unsettles_giving
from policies.terminology.drugs import Drugs
from policies.terminology.short_texts import remembered

_OF_WHAT_FOLLOWS = re.compile(
    r"\b(?:further|more|additional|another|next|remaining|future|subsequent|m[aá]s|adicional\w*|siguiente\w*)\b",
    re.IGNORECASE,
)
"""By which a refusal is of the doses to come, and not of this one."""
_PERFORMED = frozenset({"completed", "in-progress"})
_WITH_REASON_IF_NOT = frozenset({"MedicationAdministration", "MedicationDispense", "MedicationRequest", "Immunization"})


def of_treatment(reading: Reading, record: Resource) -> set[Doubt]:
    """Return what is wrong with the product that a record names, or points to (reading 21)."""
    found: set[Doubt] = set()
    pointed = None
    if record.medication_reference is not None:
        medication = reading.chart.resolve(record.medication_reference, record)
        if medication is not None:
            pointed = medication.code
            found |= _of_medication(reading.chart, medication)
    is_procedure = record.resource_type == "Procedure"
    for concept in (record.code, record.medication_codeable_concept, pointed):
        if concept is not None and _is_belied(concept.coding, concept.text, reading.drugs, is_procedure):
            found.add(Doubt.CONTRADICTED)
    if record.vaccine_code is not None and any(map(denies_giving, record.vaccine_code.words)):
        found.add(Doubt.CONTRADICTED)
    if (record.dosage or record.dosage_instruction or record.quantity) and _is_of_nothing(record):
        found.add(Doubt.CONTRADICTED)
    reason = record.status_reason or record.status_reason_codeable_concept
    if reason and any(_undoes(record, word) for one in concepts(reason) for word in one.words):
        found.add(Doubt.CONTRADICTED)
    return found


def _undoes(record: Resource, reason: str) -> bool:
    """Return whether the reason of a status says that nothing was given.

    The reason of an administration or a dispense is that of one not performed (FHIR R4): none stands beside one that
    was completed; of a request that was filled neither.
    """
    performed = record.resource_type in _WITH_REASON_IF_NOT and record.status in _PERFORMED
    refused = performed and denies_giving(reason) and _OF_WHAT_FOLLOWS.search(reason) is None
    return denies_event(reason) or refused


def _is_of_nothing(record: Resource) -> bool:
    """Return whether a record states doses of zero alone, a dose that was held, or that nothing was handed over."""
    for one in (record.dosage, record.dosage_instruction):
        is_zero, texts = giving(one) if one else (False, ())
        if is_zero or any(map(unsettles_giving, texts)):
            return True
    return bool(record.quantity) and is_empty(record.quantity)


def _of_medication(chart: Chart, medication: Resource) -> set[Doubt]:
    """Return what is wrong with the Medication that a record points to, or with a substance in it."""
    found = set(chart.marks(medication))
    if medication.status == "entered-in-error":
        found.add(Doubt.STATUS)
    for one in ingredients(medication.ingredient):
        substance = chart.resolve(one.item_reference, medication)
        if substance is not None:
            found |= chart.marks(substance)
    return found


@remembered(texts=lambda codings, text, *_: chain((text,), written(codings)))
def _is_belied(codings: tuple[Coding, ...], text: str | None, drugs: Drugs, is_procedure: bool) -> bool:  # noqa: FBT001
    """Return whether the words of a product deny the giving, or name another drug than its codes, or none of ours.

    Remembered: a chart names few products, each in many records.
    """
    words = Concept(codings, text).words
    if not words:
        return False
    coded = [match.drug for one in codings for match in drugs.matches(one.system or "", one.code or "")]
    if not coded:
        return False
    if any(map(denies_giving, words)):
        return True
    if text and all(drugs.contradicts(drug, text) for drug in coded):
        return True
    known = {part for drug in coded for part in (drug.id, drug.derived_from, *drug.contains)}
    return not is_procedure and not any(drugs.spelled_in(word) & known for word in words)
