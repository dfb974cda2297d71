"""What an order says it is for, and why: in itself, or in a Medication that is contained, bundled or prefetched.

Source: FHIR R4, MedicationRequest.medication[x], ServiceRequest.code, reasonCode and reasonReference.
"""

from typing import NamedTuple

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.clinical_records import medication_of, product_named
from fhir_mappings.clinical.records import ProductNamed
from fhir_mappings.clinical.values import Concept
from fhir_mappings.orders.billing_options import with_billing_options
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.elements import CodeableConcept, concepts, references
from fhir_mappings.r4.resources import Resource


class OrderedItem(NamedTuple):
    """The type of an order and what it is for: `concept` holds the codes by which it may be billed too.

    `product` is what the order or its Medication says itself, with the ingredients. One that `is_torn` bears codes that
    contradict each other.
    """

    kind: str
    concept: Concept
    product: ProductNamed
    is_torn: bool = False


def ordered_item(order: Order, chart: Chart) -> OrderedItem:
    """Return what an order is for, with the resources of its call at hand."""
    resource = order.resource
    concept = with_billing_options(_concept(resource, chart) or CodeableConcept())
    return OrderedItem(resource.resource_type, concept, product_named(chart, resource), order.is_torn)


def is_product_unseen(order: Order, chart: Chart) -> bool:
    """Whether an order points to a product that did not come along."""
    medication = order.resource.medication_reference
    return medication is not None and chart.resolve(medication, order.resource) is None


def reasons_of(order: Order, chart: Chart) -> tuple[Concept, ...]:
    """Return what an order gives as its reasons: coded, or the code of a diagnosis that it names."""
    resource = order.resource
    named = (chart.resolve(one, resource) for one in references(resource.reason_reference))
    coded = (one.code for one in named if one is not None and one.code is not None)
    return (*concepts(resource.reason_code), *coded)


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
