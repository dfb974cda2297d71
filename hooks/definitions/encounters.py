"""encounter-start 1.0 and encounter-discharge 1.0: nothing is ordered, so that only the Encounter itself is answered.

CRD's secondary hooks: no documents are asked for (CRD 2.2.1, hook-19). The answer stands on the Encounter, if it came
in the prefetch or can be fetched; without it there is nothing to write on, and the answer is empty.
"""

from dataclasses import replace

from hooks.definitions.hook import ENCOUNTER, Hook
from hooks.protocol.json_fields import Members
from hooks.request.call import Asked, Brought
from hooks.request.context_fields import encounter, patient_of_user
from hooks.request.reference_lookup import find
from hooks.request.requested_resources import AskedAbout

_ENCOUNTER = "Encounter"


def _read(context: Members, brought: Brought) -> Asked:
    patient = patient_of_user(context)
    reference = f"{_ENCOUNTER}/{encounter(context)}"
    context.settle()
    found = AskedAbout(patient, "encounter", frozenset({_ENCOUNTER}), server=brought.server)
    for raw in find(brought, [reference]).values():
        found.read("prefetch.encounter", raw)
    found.settle()
    return Asked(patient, found.orders, sought=frozenset() if found.orders else frozenset({reference}))


ENCOUNTER_START = Hook(
    "encounter-start",
    _read,
    asks_for_documents=False,
    judges_orders=False,
    prefetch=ENCOUNTER,
    is_visit=True,
    warms=True,
)
ENCOUNTER_DISCHARGE = replace(ENCOUNTER_START, name="encounter-discharge", warms=False)
