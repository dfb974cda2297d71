"""Which drug an order is for, by its codes; text is only ever a hint.

Any coding counts, those by which it may be billed too. Order types that no drug policy can cover are taken as not ours.
"""

from dataclasses import dataclass
from enum import Enum

from fhir_mappings.clinical.values import Coding
from fhir_mappings.orders.ordered_item import OrderedItem
from fhir_mappings.therapy.products import NOT_IDENTIFIED, identified
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.value_sets import CodeSet

_DRUG_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})


class Naming(Enum):
    """How well an order names its product."""

    DRUG = "a code of a drug that we know"
    OTHER = "a code of something else"
    UNSPECIFIC = "text only, a code that names no product, or codes that contradict each other"
    NOT_A_DRUG = "an order type that no drug policy covers"


@dataclass(frozen=True, slots=True)
class Product:
    """What an order is for: the drug and the coding that names it, the words to show, and all codings that it bears."""

    naming: Naming
    words: str
    drug: Drug | None = None
    coding: Coding | None = None
    codings: tuple[Coding, ...] = ()


def product_of(item: OrderedItem, drugs: Drugs, unspecific: CodeSet, known_systems: frozenset[str]) -> Product:
    """Return what an order is for, by the newest drug table.

    Codes of systems that nobody else knows say as little as text. Text that names a drug of ours beside codes that do
    not is asked back: the code may be newer than our table. A ServiceRequest need not be for a drug at all.
    """
    if item.kind not in _DRUG_ORDERS:
        return Product(Naming.NOT_A_DRUG, "")
    concept, mixed = item.concept, item.product.ingredients
    words = next(iter(concept.words), "") or ", ".join(word for one in mixed for word in one.words[:1])
    known = identified(item.product._replace(concept=concept, ingredients=()), drugs)
    if mixed and known == NOT_IDENTIFIED:
        known = identified(item.product, drugs)
    named = known.drugs
    if len(named) == 1 and not item.is_torn:
        return Product(Naming.DRUG, named[0].drug.name, named[0].drug, named[0].coding, concept.coding)
    hinted = not known.is_another and any(drugs.named_in(text) for one in (concept, *mixed) for text in one.words)
    is_vague = item.is_torn or hinted or bool(named or known.perhaps or known.is_torn)
    is_other = not is_vague and _names_something(item, unspecific, known_systems)
    return Product(Naming.OTHER if is_other else Naming.UNSPECIFIC, words, codings=concept.coding)


def _names_something(item: OrderedItem, unspecific: CodeSet, known_systems: frozenset[str]) -> bool:
    """Whether an order names a thing to anybody outside the sender's own walls."""
    coding = [(one.system or "", one.code or "") for one in item.concept.coding]
    vague = [unspecific.find(*one) is not None for one in coding]
    if item.kind == "ServiceRequest" and not any(vague):
        return True
    named = (code and system in known_systems for system, code in coding)
    return any(one and not is_vague for one, is_vague in zip(named, vague, strict=True))
