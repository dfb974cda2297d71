"""Which drug a record or an order is of: by the codes of its product, else by those of the product's ingredients.

Pharmacies compound bags and combinations that have no code of their own: there the ingredients are coded. A drug that
is bound to a route is meant only where the record, or the product itself, says that it is given by that route.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from fhir_mappings.clinical.records import ProductNamed, RouteSaid
from fhir_mappings.clinical.values import Coding, Concept, texts_of
from fhir_mappings.text_forms.stated_routes import stated_route
from policies.terminology.drugs import Drug, DrugMatch, Drugs
from policies.terminology.routes import Fit, of_words, route_words
from policies.terminology.short_texts import remembered

_Plain = tuple[tuple[Coding, ...], str | None, str, Concept | None, tuple[RouteSaid, ...]]
"""A product without ingredients, as it can be told apart."""


class Named(msgspec.Struct, frozen=True):
    """A drug that a concept names, with the coding that says so, and since when (ISO date) the code means it."""

    drug: Drug
    coding: Coding
    since: str


class Identified(msgspec.Struct, frozen=True):
    """What a product is: the drugs by its codes, and those that it may be, of which the route is not known.

    `is_another`: its codes are those of drugs that are given by another route than its own. `is_torn`: its codes
    contradict each other.
    """

    drugs: tuple[Named, ...] = ()
    perhaps: frozenset[str] = frozenset()
    is_another: bool = False
    is_torn: bool = False


NOT_IDENTIFIED = Identified()


def identified(product: ProductNamed, drugs: Drugs) -> Identified:
    """Return what was given or ordered: one drug, or those of a compound; none if its codes contradict.

    The code of a product goes before its ingredients; ingredients that it does not hold make it a contradiction, as
    does a text of the product that names another drug.
    """
    concept, ingredients, pointed, form, routes = product
    if not ingredients:
        plain = (concept.coding, concept.text, pointed, form, routes) if concept is not None else None
        return _of_codings(plain, drugs) if plain is not None else NOT_IDENTIFIED
    coded = _by_route(concept.coding, product, drugs) if concept is not None else NOT_IDENTIFIED
    if coded.perhaps or coded.is_another or coded.is_torn:
        return coded
    mixed = _compound(product, drugs)
    if not coded.drugs:
        words = concept.words if concept is not None else ()
        each = mixed.drugs if len(mixed.drugs) == 1 else ()
        fits = not any(drugs.contradicts(one.drug, text) for one in each for text in words)
        return mixed if fits else NOT_IDENTIFIED
    whole = coded.drugs[0].drug
    parts = {whole.id, whole.derived_from, *whole.contains}
    fits = not mixed.perhaps and not mixed.is_another and all(one.drug.id in parts for one in mixed.drugs)
    return coded if fits else NOT_IDENTIFIED


def drugs_in(product: ProductNamed, drugs: Drugs) -> tuple[Named, ...]:
    """Return the drugs of what was given or ordered, as `identified` has them."""
    return identified(product, drugs).drugs


def _texts(plain: _Plain, _: Drugs) -> Iterator[str | None]:
    """Yield every text that a product without ingredients is made of."""
    codings, text, pointed, form, routes = plain
    yield from texts_of((codings, text))
    for one in (form, *(one.route for one in routes)):
        yield from texts_of((one.coding, one.text)) if one is not None else ()
    yield pointed
    yield from chain.from_iterable(one.words for one in routes)


@remembered(texts=_texts)
def _of_codings(plain: _Plain, drugs: Drugs) -> Identified:
    """Do the same for a product without ingredients. Remembered: a chart names few, each in many records."""
    codings, text, pointed, form, routes = plain
    return _by_route(codings, ProductNamed(Concept(codings, text), (), pointed, form, routes), drugs)


def _by_route(codings: tuple[Coding, ...], product: ProductNamed, drugs: Drugs) -> Identified:
    """Return the drugs of codings, each held against the route; a code of a drug by another route names another."""
    named = ((one, drugs.of_coding(one.system or "", one.code or "", one.display or "")) for one in codings)
    coded = [one for one in named if one[1]]
    if not coded:
        return NOT_IDENTIFIED
    stated = stated_route(product, drugs.words, _of_rows(match for _, matches in coded for match in matches))
    found, perhaps = dict[str, Named](), set[str]()
    is_another = False
    for coding, matches in coded:
        fits = [(match, drugs.fit(match.drug, stated)) for match in matches]
        is_another = is_another or all(fit is Fit.OTHER for _, fit in fits)
        for match, fit in fits:
            if fit is Fit.SURE:
                found.setdefault(match.drug.id, Named(match.drug, coding, match.code.since))
            elif fit is Fit.OPEN:
                perhaps.add(match.drug.id)
    if perhaps or is_another:
        return Identified((), frozenset(perhaps), is_another and not perhaps and not found, is_torn=bool(found))
    parts = {part for one in found.values() for part in (one.drug.derived_from, *one.drug.contains)}
    whole = tuple(one for name, one in found.items() if name not in parts) if len(found) > 1 else tuple(found.values())
    return Identified(whole) if len(whole) == 1 else Identified(is_torn=True)


def _of_rows(matches: Iterable[DrugMatch]) -> Iterator[frozenset[str]]:
    """Yield the routes that the rows of codes say, in a word of their own or in their displays."""
    for one in matches:
        words = of_words(one.code.display)
        if one.code.routes:
            yield route_words().named(one.code.routes)
        elif words is not None and not words.in_doubt:
            yield words.routes


def _compound(product: ProductNamed, drugs: Drugs) -> Identified:
    """Return the drugs of ingredients, as the fixed combination if they make one; none if one contradicts itself."""
    each = [_by_route(one.coding, product, drugs) for one in product.ingredients]
    perhaps = frozenset[str]().union(*(one.perhaps for one in each))
    if perhaps or any(one.is_torn or one.is_another for one in each):
        return Identified((), perhaps, is_another=not perhaps and any(one.is_another for one in each))
    found = {one.drug.id: one for known in each for one in known.drugs}
    whole = drugs.combination_of(found)
    if whole is not None:
        first = next(iter(found.values()))
        return Identified((Named(whole, first.coding, first.since),))
    return Identified(tuple(found.values()))
