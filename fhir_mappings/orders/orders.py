"""Draft orders: which drug each is for, by its codes; text is only ever a hint.

A drug can stand in the order itself, or in a Medication that is contained, bundled with the orders or prefetched. Any
coding counts, those by which it may be billed too. Order types that no drug policy can cover are taken as not ours.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.clinical_records import medication_of, product_named
from fhir_mappings.chart.policy_chart import DraftedDrug, DraftInWords
from fhir_mappings.chart.site_codes import SiteCode, SiteCodes
from fhir_mappings.clinical.dates import day
from fhir_mappings.clinical.values import Coding
from fhir_mappings.orders.billing_options import with_billing_options
from fhir_mappings.r4.elements import CodeableConcept
from fhir_mappings.r4.raw_marks import marks_of
from fhir_mappings.r4.references import named as named_by_reference
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import NOT_ORDERS
from fhir_mappings.therapy.products import drugs_in, drugs_of
from policies.model.dates import CallDay, OrderDate
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.value_sets import CodeSet

ORDER_TYPES = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
"""The resources that CRD counts as orders (CRD 2.0.1 and 2.2.1, order-sign context)."""

_DRUG_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})
_NO_LONGER_WANTED = frozenset({"entered-in-error", "cancelled", "stopped", "revoked", "noshow"})
_MOST_IN_WORDS = 20
_MOST_OF_A_DRUG = 10
_PLANNED = frozenset({"draft", "active"})
_RESOURCE = msgspec.json.Decoder(Resource)


@dataclass(frozen=True, slots=True)
class Order:
    """One draft order: as it is read, as sent, and the URL that its bundle gives it.

    `site_codes` are those by which it is read; one that `is_torn` bears another code that says something else.
    """

    resource: Resource
    raw: msgspec.Raw
    url: str = ""
    site_codes: tuple[SiteCode, ...] = ()
    is_torn: bool = False

    def of_site(self, site_codes: SiteCodes) -> "Order":
        """Return it as it is read with the codes that a site's own mean; what was sent stays as it is."""
        mapped = site_codes.mapped(self.raw)
        if not mapped.used:
            return self
        return replace(self, resource=_RESOURCE.decode(mapped.raw), site_codes=mapped.used, is_torn=mapped.is_torn)

    @property
    def reference(self) -> str:
        """Return Type/id."""
        return self.resource.reference

    @property
    def medication(self) -> str:
        """Return Type/id of the Medication that it points to; empty if it points to none."""
        return "/".join(named_by_reference(self.resource.medication_reference) or ())

    @property
    def is_refusal(self) -> bool:
        """Whether the order says that something is not to be done, or is wanted no longer."""
        return self.resource.do_not_perform or self.resource.status in _NO_LONGER_WANTED


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


def product_of(order: Order, chart: Chart, drugs: Drugs, unspecific: CodeSet, known_systems: frozenset[str]) -> Product:
    """Find what an order is for, by the newest drug table.

    Codes of systems that nobody else knows say as little as text. Text that names a drug of ours beside codes that do
    not is asked back: the code may be newer than our table. A ServiceRequest need not be for a drug at all.
    """
    if order.resource.resource_type not in _DRUG_ORDERS:
        return Product(Naming.NOT_A_DRUG, "")
    concept = with_billing_options(_concept(order.resource, chart) or CodeableConcept())
    product = product_named(chart, order.resource)
    mixed = product.ingredients
    words = next(iter(concept.words), "") or ", ".join(word for one in mixed for word in one.words[:1])
    named = drugs_of(concept, drugs) or (drugs_in(product, drugs) if mixed else ())
    if len(named) == 1 and not order.is_torn:
        return Product(Naming.DRUG, named[0].drug.name, named[0].drug, named[0].coding, concept.coding)
    hinted = any(drugs.named_in(text) for one in (concept, *mixed) for text in one.words)
    vague = any(unspecific.find(coding.system or "", coding.code or "") for coding in concept.coding)
    told = order.resource.resource_type == "ServiceRequest" and not vague
    told = told or any(_tells(coding, unspecific, known_systems) for coding in concept.coding)
    return Product(
        Naming.OTHER if told and not named and not hinted and not order.is_torn else Naming.UNSPECIFIC,
        words,
        codings=concept.coding,
    )


def _tells(coding: Coding, unspecific: CodeSet, known_systems: frozenset[str]) -> bool:
    """Whether a coding names a product to anybody outside the sender's own walls."""
    system, code = coding.system or "", coding.code or ""
    return bool(code) and system in known_systems and unspecific.find(system, code) is None


def _concept(order: Resource, chart: Chart) -> CodeableConcept | None:
    if order.resource_type == "ServiceRequest":
        return order.code
    if order.medication_codeable_concept is not None:
        return order.medication_codeable_concept
    medication = medication_of(chart, order)
    if medication is not None:
        return medication.code
    shown = order.medication_reference.display if order.medication_reference else None
    return CodeableConcept(text=shown) if shown else None


@dataclass(frozen=True, slots=True)
class AsOf:
    """The date that an order is judged by; `future` and `unread` hold an authoredOn that could not be used."""

    day: OrderDate
    future: str = ""
    unread: str = ""


def as_of(order: Order, signed: CallDay) -> AsOf:
    """Return the order's own date, else the day of its call; one to come, or not given to the day, counts as that."""
    written, without = order.resource.authored_on, OrderDate(signed)
    if not written:
        return AsOf(without)
    found = day(written)
    if found is None:
        return AsOf(without, unread=written)
    return AsOf(without, future=written) if found > signed else AsOf(OrderDate(found))


def drafted(orders: Iterable[tuple[Order, Product]]) -> tuple[tuple[Order, DraftedDrug], ...]:
    """Return the orders of a call that are really meant to be given, each with its drug.

    Of many for one drug the first few tell as much as all: a call with many orders takes no more time for each.
    """
    counted: Counter[str] = Counter()
    found: list[tuple[Order, DraftedDrug]] = []
    for order, product in orders:
        if product.drug is None or not _is_meant(order) or counted[product.drug.id] == _MOST_OF_A_DRUG:
            continue
        counted[product.drug.id] += 1
        found.append((order, DraftedDrug(product.drug.id, order.reference, (order.resource.authored_on or "")[:10])))
    return tuple(found)


def drafted_in_words(orders: Iterable[tuple[Order, Product]], drugs: Drugs) -> tuple[tuple[Order, DraftInWords], ...]:
    """Return the orders of a call that are meant to be given and name one drug, in words only."""
    named = ((one, product, drugs.named_in(product.words)) for one, product in orders if _is_vague(one, product))
    found = ((one, _in_words(one, product, *ids)) for one, product, ids in named if len(ids) == 1)
    return tuple(islice(found, _MOST_IN_WORDS))


def _is_vague(order: Order, product: Product) -> bool:
    return product.naming is Naming.UNSPECIFIC and _is_meant(order)


def _in_words(order: Order, product: Product, drug: str) -> DraftInWords:
    resource = order.resource
    written, status = (resource.authored_on or "")[:10], resource.status or "draft"
    return DraftInWords(drug, order.reference, written, product.words, status)


def _is_meant(order: Order) -> bool:
    resource = order.resource
    planned = (resource.status or "draft") in _PLANNED and (resource.intent or "order") not in NOT_ORDERS
    return planned and not order.is_refusal and not marks_of(order.raw)
