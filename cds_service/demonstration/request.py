"""What the demonstration sends to be authorized: a Bundle of Da Vinci PAS for an order that was signed.

The order bears the coverage information that was answered, and with it the id of its determination: chart and answers
of that are at hand, and need not come again.
"""

from uuid import uuid4

from cds_service.certification.pas_bundles import SERVER, Json, bundle, claim, item, payer, practice, resources_of

_PARTIES = frozenset({"Patient", "Coverage", "Organization"})


def request_bundle(order: Json, call: Json, at: str) -> Json:
    """Return the request for an order as it was answered, of the call that signed it; `at` is the time (an instant)."""
    known = {f"{one['resourceType']}/{one['id']}": one for one in (payer(), practice())}
    known |= {f"{one['resourceType']}/{one['id']}": one for one in resources_of(call) if _is_party(one)}
    covered = next(name for name in known if name.startswith("Coverage/"))
    patient, name = f"Patient/{call['context']['patientId']}", str(uuid4())
    asked = item(1, f"{order['resourceType']}/{order['id']}")
    resources = [claim(patient, covered, asked, identifier=name, created=at), order | {"status": "active"}]
    server = call.get("fhirServer", SERVER)
    return bundle(*resources, *known.values(), server=server, identifier=f"b-{name}", timestamp=at)


def _is_party(one: Json) -> bool:
    return one["resourceType"] in _PARTIES and "id" in one
