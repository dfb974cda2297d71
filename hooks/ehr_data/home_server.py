"""On which server the patient of a call lives, where the call does not say so by its fhirServer.

Another server's patient of the same id is another patient. What the orders and the Patient say comes first; without
them, what the chart says, as long as it speaks of one server only.
"""

from collections.abc import Iterable

from fhir_mappings.chart.chart import Located
from fhir_mappings.r4.references import base, local
from fhir_mappings.r4.resources import Resource
from hooks.request.call import Call

NOWHERE = "several servers"
"""The home of a patient of whom a call speaks on several servers: no absolute reference means this one."""


def home_of(call: Call, located: Iterable[Located], urls: frozenset[str]) -> str:
    """Return the base URL of the patient's server, empty if nothing says which; `urls` are those of the Patient."""
    if call.fhir_server:
        return call.fhir_server
    asked = {base(one.url) for one in call.orders} | {base(url) for url in urls}
    asked |= {base(one) for order in call.orders for one in _owners(order.resource, call.patient)}
    said = asked - {""}
    if not said:
        said = {base(one) for item in located for one in _owners(item.resource, call.patient)} - {""}
    return said.pop() if len(said) == 1 else (NOWHERE if said else "")


def _owners(resource: Resource, patient: str) -> list[str]:
    """Return the references of a resource to a Patient of an id, wherever it lives."""
    named = (resource.subject, resource.patient, resource.beneficiary)
    given = (one.reference for one in named if one is not None and one.reference)
    return [one for one in given if local(one) == ("Patient", patient)]
