"""The rows of the negative matrix as calls."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    body,
    every_hook,
    in_version,
    medication_request,
    order_sign,
    searchset,
)

Json = dict[str, Any]
ROWS: list[Json] = yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text(encoding="utf-8"))
CALLERS = ("plain", "2.0", "2.2")
_NDC = {"system": "http://hl7.org/fhir/sid/ndc", "code": "74527-022-02"}
_ORDERS: Mapping[str, Json] = {
    "amoxicillin": medication_request(AMOXICILLIN, "amoxicillin"),
    "margetuximab by ndc": medication_request(_NDC, "margetuximab-by-ndc")
    | {"medicationCodeableConcept": {"coding": [_NDC, MARGETUXIMAB]}},
    "margetuximab by words": medication_request(MARGETUXIMAB, "margetuximab-by-words")
    | {"medicationCodeableConcept": {"text": "Margenza"}},
    "margetuximab again": medication_request(MARGETUXIMAB, "margetuximab-again", status="active"),
}


def cases() -> Iterator[tuple[Json, str]]:
    """Yield each row with each caller that it tells something."""
    yield from ((row, caller) for row in ROWS for caller in CALLERS if caller in row["told"] or "all" in row["told"])


def told(row: Json, caller: str) -> Json:
    """Return what a caller is told."""
    return dict(row["told"].get(caller) or row["told"]["all"])


def path_of(row: Json) -> str:
    """Return where a row is posted to."""
    return f"/cds-services/{row.get('path', row.get('hook', 'order-sign') + '-crd')}"


def sent(row: Json, caller: str, dead: str) -> bytes:
    """Return the body of a row; `dead` is the address of a server that is not there."""
    if "body" in row:
        return str(row["body"]).encode()
    call = order_sign(*(_ORDERS[name] for name in row["orders"])) if "orders" in row else every_hook()[_hook(row)]
    call = deepcopy(call) if caller == "plain" else in_version(deepcopy(call), caller)
    for place, value in row.get("put", {}).items():
        _put(call, place, dead if value == "{dead}" else value)
    for place in row.get("drop", ()):
        inner, name = _inner(call, place)
        del inner[name]
    return _grown(call, row["big"]) if "big" in row else body(call)


def _hook(row: Json) -> str:
    return str(row.get("hook", "order-sign"))


def _put(call: Json, place: str, value: Any) -> None:
    inner, name = _inner(call, place)
    if isinstance(inner, list):
        inner[int(name)] = value
    else:
        inner[name] = value


def _inner(call: Any, place: str) -> tuple[Any, str]:
    *path, name = place.split(".")
    for step in path:
        call = call[int(step)] if isinstance(call, list) else call[step]
    return call, name


def _grown(call: Json, size: int) -> bytes:
    """Return a call whose prefetch is filled up with vital signs to a size in bytes, or a little over."""
    coding = {"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}
    one = {"resourceType": "Observation", "id": "v", "status": "final", "code": {"coding": [coding]}}
    one |= {"subject": {"reference": "Patient/p1"}, "valueQuantity": {"value": 72, "unit": "/min"}}
    each = len(json.dumps({"resource": one})) + 2
    call["prefetch"]["observations"] = searchset(*[one] * (size // each + 1))
    return body(call)
