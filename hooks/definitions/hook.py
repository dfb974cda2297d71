"""What a hook is to us: how its context is read, what is answered there, and what a client is asked to send along."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hooks.request.call import ContextReader

ALWAYS = ("patient", "coverage")
"""The keys of the prefetch that every hook asks for."""
DRAFTED_MEDICATIONS = {
    "medications": (
        "Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id}}"
    )
}
"""The Medications that draft orders refer to, as CRD 2.2.1 asks for them."""
ENCOUNTER = {"encounter": "Encounter/{{context.encounterId}}"}
"""What a hook asks for whose context can name an encounter."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook: its name (CDS Hooks library), and the reader of its context.

    `asks_for_documents` is false for CRD's secondary hooks, where no documents are asked for. `judges_orders` tells
    whether it can be about orders that a policy judges, so that the chart is needed. `prefetch` are templates beyond
    what every hook asks for; `standard` are those in the expressions of CDS Hooks 3.0, for clients that read them
    (CRD 2.2.1, found-29). `is_visit` tells whether it is about a visit, and so for whoever books or opens it.
    `warms` says that what is fetched for it may be left for a signing that follows, and `is_warmed` that it is one.
    """

    name: str
    read: ContextReader
    asks_for_documents: bool
    judges_orders: bool
    prefetch: Mapping[str, str]
    standard: Mapping[str, str] = field(default_factory=dict)
    warms: bool = False
    is_warmed: bool = False
    is_visit: bool = False

    @property
    def service_id(self) -> str:
        """Return the id of our service for this hook."""
        return f"{self.name}-crd"

    def templates(self, known: Mapping[str, str], *, expressions: bool = False) -> dict[str, str]:
        """Return the prefetch templates of this hook; `known` are all those that our policies have a use for.

        With `expressions` it is for a client that reads those of CDS Hooks 3.0.
        """
        always = {key: known[key] for key in ALWAYS}
        chart = dict(known) if self.judges_orders else {}
        return always | dict(self.prefetch) | chart | (dict(self.standard) if expressions else {})
