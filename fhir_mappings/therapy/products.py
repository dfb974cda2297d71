"""Which drug a record or an order is of: by the codes of its product, else by those of the product's ingredients.

A product is coded in the record itself, or in a Medication that is contained or came along. Pharmacies compound bags
and combinations that have no code of their own: there the ingredients are coded (FHIR R4, Medication.ingredient).
"""

from functools import lru_cache

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.concepts import Coding, Concept
from fhir_mappings.r4.resources import Resource, ingredients
from policies.terminology.drugs import Drug, Drugs

_REMEMBERED = 4096


class Named(msgspec.Struct, frozen=True):
    """A drug that a concept names, with the coding that says so, and since when (ISO date) the code means it."""

    drug: Drug
    coding: Coding
    since: str


def drugs_of(concept: Concept | None, drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs of a concept by its codes; more than one means that the codes contradict each other.

    A code for what a conjugate is derived from, or a combination contains, beside the code of the whole adds nothing.
    """
    return _named_by(concept.coding, drugs) if concept is not None else ()


@lru_cache(maxsize=_REMEMBERED)
def _named_by(codings: tuple[Coding, ...], drugs: Drugs) -> tuple[Named, ...]:
    """Do the same for codings. Remembered: a chart names few drugs, each in many records."""
    found: dict[str, Named] = {}
    for coding in codings:
        match = drugs.told_by(coding.system or "", coding.code or "", coding.display or "")
        if match is not None and match.drug.id not in found:
            found[match.drug.id] = Named(match.drug, coding, match.code.since)
    if len(found) < 2:
        return tuple(found.values())
    parts = {part for one in found.values() for part in (one.drug.derived_from, *one.drug.contains)}
    return tuple(one for name, one in found.items() if name not in parts)


def medication_of(chart: Chart, record: Resource) -> Resource | None:
    """Return the Medication that a record or an order points to; None if there is none."""
    if record.resource_type == "Procedure" or record.medication_codeable_concept is not None:
        return None
    found = chart.resolve(record.medication_reference, record)
    return found if found is not None and found.resource_type == "Medication" else None


def product(chart: Chart, record: Resource) -> Concept | None:
    """Return what a record says was given: its own code, or that of the Medication that it points to."""
    if record.resource_type == "Procedure":
        return record.code
    if record.medication_codeable_concept is not None:
        return record.medication_codeable_concept
    medication = medication_of(chart, record)
    return medication.code if medication is not None else None


def ingredient_concepts(chart: Chart, record: Resource) -> tuple[Concept, ...]:
    """Return the active ingredients of the Medication that a record points to, coded or by reference."""
    medication = medication_of(chart, record)
    if medication is None:
        return ()
    found: list[Concept] = []
    for one in ingredients(medication.ingredient):
        target = chart.resolve(one.item_reference, medication) or chart.resolve(one.item_reference, record)
        concept = one.item_codeable_concept or (target.code if target is not None else None)
        if one.is_active and concept is not None:
            found.append(concept)
    return tuple(found)


def drugs_in(chart: Chart, record: Resource, drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs that a record says were given: one, or those of a compound; none if its codes contradict.

    The code of a product goes before its ingredients; ingredients that it does not hold make it a contradiction, as
    does a text of the product that names another drug.
    """
    concept = product(chart, record)
    coded = _named_by(concept.coding, drugs) if concept is not None else ()
    if len(coded) > 1:
        return ()
    if record.medication_reference is None or (concept is not None and medication_of(chart, record) is None):
        return coded  # no Medication stands behind it that could name ingredients
    mixed = _compound(ingredient_concepts(chart, record), drugs)
    if not coded:
        words = concept.words if concept is not None else ()
        fits = not any(drugs.contradicts(one.drug, text) for one in mixed for text in words if len(mixed) == 1)
        return mixed if fits else ()
    whole = coded[0].drug
    parts = {whole.id, whole.derived_from, *whole.contains}
    return coded if all(one.drug.id in parts for one in mixed) else ()


def _compound(concepts: tuple[Concept, ...], drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs of ingredients, as the fixed combination if they make one; none if one contradicts itself."""
    each = [drugs_of(one, drugs) for one in concepts]
    if any(len(one) > 1 for one in each):
        return ()
    found = {one.drug.id: one for named in each for one in named}
    whole = drugs.combination_of(found)
    if whole is not None:
        first = next(iter(found.values()))
        return (Named(whole, first.coding, first.since),)
    return tuple(found.values())
