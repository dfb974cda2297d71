"""order-dispatch: orders go out to who performs them; they were signed before, and so come in the prefetch.

Both shapes of the context are read: `dispatchedOrders` and `fulfillmentTasks` (1.1, CRD 2.1 and later), and a single
`order` with a `task` (1.0, CRD 2.0.1). There is no user and no encounter in it.
"""

from collections.abc import Mapping

from fhir_mappings.orders.orders import ORDER_TYPES
from hooks.definitions.hook import Hook
from hooks.protocol.json_fields import Members
from hooks.request.call import Asked, Brought
from hooks.request.context_fields import bare_id, check_reference, references
from hooks.request.reference_lookup import find
from hooks.request.requested_resources import AskedAbout

_ORDERS, _ORDER = "dispatchedOrders", "order"
_SEARCHED = ("CommunicationRequest", "DeviceRequest", "NutritionOrder", "ServiceRequest", "VisionPrescription")
_PREFETCH = {"order": "{{context.order}}"} | {
    f"{kind[0].lower()}{kind[1:]}s": f"{kind}?patient={{{{context.patientId}}}}&status=active" for kind in _SEARCHED
}
"""The order itself where the context has just one; else the types of orders that the chart is not asked for anyway."""


_DISPATCHED = "dispatchedMedicationRequests"
"""A key of its own: `medicationRequests` is that of the chart, and what comes under it stands for the whole search."""


def _expression(kind: str) -> str:
    return f"{kind}?_id={{{{context.dispatchedOrders.resolve().ofType({kind}).id}}}}"


_STANDARD = {
    **{f"{kind[0].lower()}{kind[1:]}s": _expression(kind) for kind in _SEARCHED},
    _DISPATCHED: _expression("MedicationRequest"),
    "medications": f"Medication?_id={{{{%{_DISPATCHED}.entry.resource.medication.resolve().id}}}}",
}
"""Just the orders that are dispatched, and their Medications, as CRD 2.2.1 asks for them."""


def _read(context: Members, brought: Brought) -> Asked:
    patient = bare_id(context, "patientId")
    context.text("performer")
    context.entries("fulfillmentTasks")
    context.inner("task", required=False)
    dispatched = _dispatched(context)
    context.settle()
    found = find(brought, dispatched)
    orders = AskedAbout(patient, server=brought.server)
    for reference, place in dispatched.items():
        if reference.partition("/")[0] not in ORDER_TYPES:
            orders.unfit(place, "is not of a type that CRD counts as an order")
        elif reference in found:
            orders.read(place, found[reference])
    orders.settle()
    absent = {reference: place for reference, place in dispatched.items() if reference not in found}
    return Asked(patient, orders.orders, prefetched=frozenset(found), absent=absent)


def _dispatched(context: Members) -> Mapping[str, str]:
    """Return the references to the orders that the context names, with the place of each."""
    named = references(context, _ORDERS)
    order = context.text(_ORDER, required=False)
    if order:
        check_reference(context, _ORDER, order)
        named[context.place(_ORDER)] = order
    if not named:
        context.fault(_ORDERS, f"names no order (nor does {_ORDER}, as older clients have it)")
    found: dict[str, str] = {}
    for place, reference in named.items():
        found.setdefault(reference, place)
    return found


ORDER_DISPATCH = Hook(
    "order-dispatch", _read, asks_for_documents=True, judges_orders=True, prefetch=_PREFETCH, standard=_STANDARD
)
