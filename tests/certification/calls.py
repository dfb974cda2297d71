"""What a tester brings to the certification tests: calls of every hook in the shapes of CRD 2.0.1, and the answers.

As those tests do it, each hook's first service of discovery gets all bodies of that hook with one and the same token.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from cds_service.commands.demo import samples
from tests.certification.resources import fhir_fault
from tests.clients.signing import BASE, token
from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    appointment,
    appointment_book,
    body,
    coverage,
    every_hook,
    medication_request,
    order_dispatch,
    order_select,
    order_sign,
    searchset,
    service_request,
)

Json = dict[str, Any]
ISSUER = "http://127.0.0.1:4567/custom/crd_server"
KEYS = f"{ISSUER}/jwks.json"
HOOKS = list(every_hook())
TEXT_ONLY = {"medicationCodeableConcept": {"text": "Margenza"}}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and what came back."""

    call: Json
    status: int
    media_type: str
    reply: Any

    @property
    def hook(self) -> str:
        """Return the hook that was called."""
        return str(self.call["hook"])


def calls(hook: str) -> Iterator[Json]:
    """Yield the bodies of a hook: every sample of it, and calls that lead to other answers.

    A tester's own orders are valid FHIR: a sample that shows how an odd one is answered is left out.
    """
    yield from (one for one in _SAMPLES if one["hook"] == hook and not any(map(fhir_fault, _brought(one))))
    yield every_hook()[hook] if hook != "order-dispatch" else order_dispatch(older=True)
    ended = every_hook()[hook]
    ended["prefetch"]["coverage"] = searchset(coverage("cov2", period={"end": "2026-01-01"}))
    yield ended
    if hook in _MORE:
        yield from _MORE[hook]


_SAMPLES: list[Json] = [json.loads(sample.body) for sample in samples()]


def _brought(call: Json) -> list[Json]:
    """Return the resources in the context of a call."""
    bundles = (one for one in call["context"].values() if isinstance(one, dict) and "entry" in one)
    return [entry["resource"] for bundle in bundles for entry in bundle["entry"]]


_TEXT = medication_request(MARGETUXIMAB, "mr2") | TEXT_ONLY
_OTHER = medication_request(AMOXICILLIN, "mr3")
_MORE: dict[str, list[Json]] = {
    "order-sign": [order_sign(medication_request(MARGETUXIMAB), _TEXT, _OTHER), order_sign(service_request())],
    "order-select": [order_select(_TEXT, _OTHER, selections=["MedicationRequest/mr2", "MedicationRequest/mr3"])],
    "order-dispatch": [order_dispatch(_TEXT, older=True)],
    "appointment-book": [
        appointment_book(appointment("a1", "ServiceRequest/s1"), appointment("a2"), service_request())
    ],
}


def asked(client: FlaskClient, hook: str) -> list[Exchange]:
    """Post all bodies of a hook to its first service, with one token."""
    services = client.get("/cds-services").get_json()["services"]
    path = f"/cds-services/{next(one['id'] for one in services if one['hook'] == hook)}"
    bearer = token(header={"jku": KEYS}, iss=ISSUER, aud=f"{BASE}{path}")
    return [_exchange(client, path, bearer, call) for call in calls(hook)]


def _exchange(client: FlaskClient, path: str, bearer: str, call: Json) -> Exchange:
    headers = {"Authorization": f"Bearer {bearer}"}
    reply = client.post(path, data=body(call), content_type="application/json", headers=headers)
    return Exchange(call, reply.status_code, reply.content_type, reply.get_json(silent=True))
