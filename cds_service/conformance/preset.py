"""A preset for the public certification kit of CRD 2.0.1: where this service is, and bodies for all six hooks.

The kit posts what its tester brings, and asserts on the answers; its own sample bodies are of another payer's members.
These are our samples, brought into the contexts of 2.0.1. Left out are those that are answered `not-covered`: the
guide's rule for them is the wrong way round (crd-ci-q2), and fails the answer of whoever keeps to what it says.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

Json = dict[str, Any]
HOOKS = (
    "appointment-book",
    "encounter-start",
    "encounter-discharge",
    "order-select",
    "order-dispatch",
    "order-sign",
)
"""The hooks of the kit, in its order."""
_NOT_COVERED = frozenset({"12-coverage-ended.json", "18-encounter-starts-coverage-ended.json"})


def preset(base_url: str) -> Json:
    """Return the preset for a service at a base URL, to be loaded into the kit's suite `crd_server`."""
    bodies = list(_bodies())
    lists = {hook: [one for one in bodies if one["hook"] == hook] for hook in HOOKS}
    return {
        "title": f"CRD services at {base_url}",
        "id": "cds-service-crd-server",
        "test_suite_id": "crd_server",
        "inputs": [
            {"name": "base_url", "type": "text", "value": base_url},
            {"name": "authentication_required", "type": "radio", "value": "no"},
            {"name": "encryption_method", "type": "radio", "value": "ES384"},
            *(_input(hook, calls) for hook, calls in lists.items()),
        ],
    }


def _input(hook: str, calls: list[Json]) -> Json:
    name = f"{hook.replace('-', '_')}_request_bodies"
    return {"name": name, "type": "textarea", "value": json.dumps(calls, ensure_ascii=False)}


def _bodies() -> Iterator[Json]:
    folder = files("cds_service") / "samples"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json") and file.name not in _NOT_COVERED:
            call = json.loads(file.read_text(encoding="utf-8"))
            yield _in_2_0(call)
            if call["hook"] == "encounter-discharge":
                yield call | {"hook": "encounter-start"}


def _in_2_0(call: Json) -> Json:
    """Return a call as a client of 2.0.1 makes it: without a version, and with one order where it is dispatched."""
    extension = {name: one for name, one in call.get("extension", {}).items() if not name.startswith("davinci-crd.")}
    plain = {name: one for name, one in call.items() if name != "extension"}
    plain |= {"extension": extension} if extension else {}
    context = call["context"]
    if "dispatchedOrders" not in context:
        return plain
    older = {name: one for name, one in context.items() if name not in {"dispatchedOrders", "fulfillmentTasks"}}
    tasks = context.get("fulfillmentTasks") or []
    return plain | {
        "context": older | {"order": context["dispatchedOrders"][0]} | ({"task": tasks[0]} if tasks else {})
    }
