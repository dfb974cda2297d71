"""What an order says of its dose and of what is to be dispensed, decoded only when somebody asks for the dose."""

import msgspec

from fhir_mappings.clinical.dosage import OrderedDosage
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.dosage import dispense, dosages


class _Ordered(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    dosage_instruction: msgspec.Raw = msgspec.Raw()
    dispense_request: msgspec.Raw = msgspec.Raw()


_ORDERED = msgspec.json.Decoder(_Ordered)
_STATED = (b'"dosageInstruction"', b'"dispenseRequest"')
"""One of these stands in the text of every order that states a dose or a quantity; others need no further look."""


def dosage_of(order: Order) -> OrderedDosage:
    """Return what an order says of its dose and of what is to be dispensed; only a MedicationRequest says any of it."""
    text = bytes(order.raw)
    if order.resource.resource_type != "MedicationRequest" or not any(one in text for one in _STATED):
        return OrderedDosage()
    ordered = _ORDERED.decode(text)
    return OrderedDosage(tuple(dosages(ordered.dosage_instruction)), dispense(ordered.dispense_request))
