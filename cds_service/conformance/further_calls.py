"""Calls that show more than a single one can: two orders, what stands on an order already, what is switched off."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from cds_service.conformance.exchanges import Answer, objects

Json = dict[str, Any]
SECOND = "conformance-order-2"
TWO_ORDERS = "two orders"
REPORTED_ALREADY = "told already"
SWITCHED_OFF = "switched off"
ERROR_FOR_COVERAGE = "an error for the Coverage"
_CONFIGURATION = "davinci-crd.configuration"
_OPTIONS = "davinci-crd.configuration-options"
_ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}


def further_calls(answers: Iterable[Answer]) -> Iterator[tuple[str, Answer, Json]]:
    """Yield what to send to order-sign beyond whole calls: its name, the answer that it goes by, and the call."""
    signed = [one for one in answers if one.hook == "order-sign" and "extension" in one.call]
    if not signed:
        return
    first = signed[0]
    yield TWO_ORDERS, first, _with_orders(first.call, _two(first.call))
    yield ERROR_FOR_COVERAGE, first, first.call | {"prefetch": first.call["prefetch"] | {"coverage": _ERROR}}
    if "coverage-info" in _offered(first.service):
        off = first.call["extension"] | {_CONFIGURATION: {"coverage-info": False}}
        yield SWITCHED_OFF, first, first.call | {"extension": off}
    for newest in (one for one in signed if one.version == "2.2"):
        bearing = [resource for resource, _ in newest.information]
        if bearing:
            yield REPORTED_ALREADY, newest, _with_orders(newest.call, bearing[:1])


def _two(call: Json) -> list[Json]:
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    return [order, order | {"id": SECOND}]


def _with_orders(call: Json, orders: list[Json]) -> Json:
    """Return a call with other draft orders, written anew so that nothing is shared."""
    entries = [
        {"fullUrl": f"https://ehr.example.org/fhir/MedicationRequest/{one['id']}", "resource": one} for one in orders
    ]
    bundle = call["context"]["draftOrders"] | {"entry": entries}
    changed: Json = json.loads(json.dumps(call | {"context": call["context"] | {"draftOrders": bundle}}))
    return changed


def _offered(service: Json) -> set[str]:
    extension = service.get("extension")
    options = extension.get(_OPTIONS) if isinstance(extension, dict) else None
    return {str(one.get("code")) for one in objects(options)}
