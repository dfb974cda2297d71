"""By which route something was given, as its record says: in its dosage, its dose form, the words of its product."""

from collections.abc import Iterable, Iterator
from itertools import chain

from fhir_mappings.clinical.records import ProductNamed, RouteSaid
from fhir_mappings.clinical.values import Coding, Concept, texts_of
from policies.terminology.routes import Stated, Statement, any_of, is_silent, of_code, of_words, route_words, together
from policies.terminology.short_texts import remembered

_Plain = tuple[tuple[Coding, ...], str | None]
"""A concept without what only its resource needs: what can be told apart."""


def stated_route(product: ProductNamed, known: frozenset[str], rows: Iterable[frozenset[str]] = ()) -> Stated:
    """Return what a record says of its route; `known` are names of drugs, `rows` what the table says of its codes."""
    words = chain.from_iterable(_words(one) for one in (product.concept, *product.ingredients))
    said = [of_words(one, known) for one in (*words, product.pointed) if one]
    said += _of_concept(product.form, is_route=False)
    dosed = any_of([_of_dosage(one) for one in product.routes])
    if dosed is not None:
        said += [Statement(dosed.surely), Statement(dosed.can, proves=False, in_doubt=dosed.in_doubt)]
    return together([one for one in said if one is not None] + [Statement(one) for one in rows])


def _words(concept: Concept | None) -> tuple[str, ...]:
    return concept.words if concept is not None else ()


def _of_dosage(said: RouteSaid) -> Stated:
    """Return what one dosage says; its free words narrow what it can mean, and prove nothing."""
    every = route_words().routes
    if said.is_modified:
        return Stated(every, every, in_doubt=True)
    free = (of_words(one) for one in said.words)
    beside = [Statement(one.routes, proves=False, in_doubt=one.in_doubt) for one in free if one is not None]
    return together([*_of_concept(said.route, is_route=True), *beside])


def _of_concept(concept: Concept | None, *, is_route: bool) -> list[Statement]:
    """Return what a route or a dose form says; one that nothing is understood of is in doubt."""
    if concept is None:
        return []
    return list(_statements((concept.coding, concept.text), is_route))


@remembered(texts=lambda plain, _: texts_of(plain))
def _statements(plain: _Plain, is_route: bool) -> tuple[Statement, ...]:  # noqa: FBT001
    codings, text = plain
    words = tuple(one for one in (text, *(coding.display for coding in codings)) if one and one.strip())
    found = [one for one in chain(_coded(codings), map(of_words, words)) if one is not None]
    is_understood = found or (not is_route and words and all(map(is_silent, words)))
    return tuple(found) if is_understood else (Statement(route_words().routes, proves=False, in_doubt=True),)


def _coded(codings: Iterable[Coding]) -> Iterator[Statement | None]:
    for one in codings:
        yield of_code(one.system or "", one.code or "")
