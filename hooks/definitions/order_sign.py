"""order-sign 1.0: orders are about to be signed; every draft order is answered."""

from hooks.definitions.hook import DRAFTED_MEDICATIONS, ENCOUNTER, Hook
from hooks.protocol.json_fields import Members
from hooks.request.call import Asked, Brought
from hooks.request.context_fields import bundle_entries, encounter, patient_of_user
from hooks.request.requested_resources import AskedAbout

_DRAFTS = "draftOrders"


def _read(context: Members, brought: Brought) -> Asked:
    patient = patient_of_user(context)
    encounter(context, required=False)
    entries = bundle_entries(context, _DRAFTS)
    context.settle()
    drafts = AskedAbout(patient, server=brought.server)
    drafts.read_bundle(context.place(f"{_DRAFTS}.entry"), entries)
    return Asked(patient, drafts.orders, tuple(drafts.bundled))


ORDER_SIGN = Hook(
    "order-sign",
    _read,
    asks_for_documents=True,
    judges_orders=True,
    prefetch=ENCOUNTER,
    standard=DRAFTED_MEDICATIONS,
    is_warmed=True,
)
