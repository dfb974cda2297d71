"""The other orders of a call that count for an order: what is really meant to be given beside it."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from fhir_mappings.chart.policy_chart import DraftedDrug, DraftInWords
from fhir_mappings.ordered_products.product import Naming, Product
from fhir_mappings.orders.orders import Order
from policies.terminology.drugs import Drugs

_MOST_IN_WORDS = 20
_MOST_OF_A_DRUG = 10
_DAY = len("2026-01-01")


def drafted(orders: Iterable[tuple[Order, Product]]) -> tuple[tuple[Order, DraftedDrug], ...]:
    """Return the orders of a call that are really meant to be given, each with its drug.

    Of many for one drug the first few tell as much as all: a call with many orders takes no more time for each.
    """
    counted: Counter[str] = Counter()
    found: list[tuple[Order, DraftedDrug]] = []
    for order, product in orders:
        if product.drug is None or not order.is_meant or counted[product.drug.id] == _MOST_OF_A_DRUG:
            continue
        counted[product.drug.id] += 1
        found.append((order, DraftedDrug(product.drug.id, order.reference, order.written[:_DAY])))
    return tuple(found)


def drafted_in_words(orders: Iterable[tuple[Order, Product]], drugs: Drugs) -> tuple[tuple[Order, DraftInWords], ...]:
    """Return the orders of a call that are meant to be given and name one drug, in words only."""
    named = ((one, product, drugs.named_in(product.words)) for one, product in orders if _is_vague(one, product))
    found = ((one, _in_words(one, product, *ids)) for one, product, ids in named if len(ids) == 1)
    return tuple(islice(found, _MOST_IN_WORDS))


def named_beside(order: Order, own: str, drugs: Drugs) -> tuple[DraftInWords, ...]:
    """Return the one drug beside its own that the remarks of an order name ("give with eribulin")."""
    found: list[DraftInWords] = []
    for words in order.remarks:
        others = drugs.named_in(words) - {own}
        if len(others) == 1:
            found.append(DraftInWords(next(iter(others)), order.reference, order.written[:_DAY], words, order.status))
    return tuple(found)


def _is_vague(order: Order, product: Product) -> bool:
    return product.naming is Naming.UNSPECIFIC and order.is_meant


def _in_words(order: Order, product: Product, drug: str) -> DraftInWords:
    return DraftInWords(drug, order.reference, order.written[:_DAY], product.words, order.status)
