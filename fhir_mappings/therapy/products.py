"""Which drug a record or an order is of: by the codes of its product, else by those of the product's ingredients.

Pharmacies compound bags and combinations that have no code of their own: there the ingredients are coded.
"""

import msgspec

from fhir_mappings.clinical.records import ProductNamed
from fhir_mappings.clinical.values import Coding, Concept, written
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.short_texts import remembered


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


@remembered(texts=written)
def _named_by(codings: tuple[Coding, ...], drugs: Drugs) -> tuple[Named, ...]:
    """Do the same for codings. Remembered: a chart names few drugs, each in many records."""
    found: dict[str, Named] = {}
    for coding in codings:
        match = drugs.of_coding(coding.system or "", coding.code or "", coding.display or "")
        if match is not None and match.drug.id not in found:
            found[match.drug.id] = Named(match.drug, coding, match.code.since)
    if len(found) < 2:
        return tuple(found.values())
    parts = {part for one in found.values() for part in (one.drug.derived_from, *one.drug.contains)}
    return tuple(one for name, one in found.items() if name not in parts)


def drugs_in(product: ProductNamed, drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs of what was given or ordered: one, or those of a compound; none if its codes contradict.

    The code of a product goes before its ingredients; ingredients that it does not hold make it a contradiction, as
    does a text of the product that names another drug.
    """
    concept = product.concept
    coded = _named_by(concept.coding, drugs) if concept is not None else ()
    if len(coded) > 1:
        return ()
    if not product.ingredients:
        return coded
    mixed = _compound(product.ingredients, drugs)
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
