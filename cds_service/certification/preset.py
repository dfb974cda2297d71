"""A preset for the public certification kit of CRD 2.0.1: where this service is, and bodies for all six hooks.

The kit posts what its tester brings, and asserts on the answers; its own sample bodies are of another payer's members.
These are our samples, brought into the contexts of 2.0.1, and what shows the types of cards that no sample shows by
itself. Left out are those that are answered `not-covered`: the guide's rule for them is the wrong way round
(crd-ci-q2), and fails the answer of whoever keeps to what it says; and the one that shows how an odd order is answered,
since the kit refuses orders that are no FHIR.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from secrets import token_hex
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hooks.protocol.client import SWITCHES

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
VISITS = ("encounter-start", "encounter-discharge")
# Samples, by the number that each file's name begins with.
_LEFT_OUT = frozenset({"10", "12", "18"})
_SIGNED, _OPEN, _DISPATCHED, _BOOKED, _VISIT = "01", "02", "16", "17", "19"
_PROPOSING = "04", "11", "20"
"""Orders that lead to a proposal, while they are selected as well as when they are signed."""
_NAME_BYTES = 3


def new_session() -> str:
    """Return a name for a session that none had before."""
    return token_hex(_NAME_BYTES)


def preset(base_url: str, session: str = "") -> Json:
    """Return the preset for a service at a base URL, to be loaded into the kit's suite `crd_server`.

    Some cards are shown once to a patient, and so each session has patients of its own, who bear its name in their ids.
    """
    calls = bodies(session)
    lists = {hook: [one for one in calls if one["hook"] == hook] for hook in HOOKS}
    return {
        "title": f"CRD services at {base_url}",
        "id": "cds-service-crd-server",
        "test_suite_id": "crd_server",
        "inputs": [
            {"name": "base_url", "type": "text", "value": base_url},
            {"name": "authentication_required", "type": "radio", "value": "no"},
            {"name": "encryption_method", "type": "radio", "value": "ES384"},
            {"name": "any_hook_request_body", "type": "textarea", "value": as_text(calls[0])},
            *(_input(hook, calls) for hook, calls in lists.items()),
        ],
    }


def bodies(session: str = "") -> list[Json]:
    """Return what is posted in a session, of all hooks; the first is the signing of an order that meets everything.

    Whose authorization is brought up at a visit is the same in every session: it has to be given long before.
    """
    known = {name: one for name, one in samples().items() if name not in _LEFT_OUT}
    own = [
        *map(_in_2_0, known.values()),
        _visit(known[_VISIT], known[_VISIT], "encounter-start"),
        *(_selected(known[name]) for name in _PROPOSING),
        *(_by_task(_in_2_0(known[name])) for name in (_OPEN, _DISPATCHED, _BOOKED)),
        *_visits(known, _BOOKED),
    ]
    return [*(of_session(one, session) for one in own), *_visits(known, _SIGNED)]


def _input(hook: str, calls: list[Json]) -> Json:
    return {"name": f"{hook.replace('-', '_')}_request_bodies", "type": "textarea", "value": as_text(calls)}


def as_text(value: object) -> str:
    """Return a value as the kit takes it."""
    return json.dumps(value, ensure_ascii=False)


def samples() -> dict[str, Json]:
    """Return the sample calls, by the number that each file's name begins with, in order."""
    folder = files("cds_service") / "samples"
    numbered = {one.name.partition("-")[0]: one for one in folder.iterdir() if one.name.endswith(".json")}
    return {one: json.loads(numbered[one].read_text(encoding="utf-8")) for one in sorted(numbered)}


def _visits(known: Mapping[str, Json], before: str) -> Iterator[Json]:
    """Yield visits at their start and end, each of a patient of its own, and what is on file of whom before."""
    for hook, call in zip(VISITS, visitors(known[before]), strict=True):
        yield _in_2_0(call)
        yield _visit(known[_VISIT], call, hook)


def visitors(call: Json) -> list[Json]:
    """Return a call as it is made about each of the members who come to a visit."""
    return [_renamed(call, visit) for visit in VISITS]


def _renamed(call: Json, visit: str) -> Json:
    """Return a call about another member, with the same chart."""
    text = as_text(of_session(call, visit)).replace("-SYNTHETIC", f"-{visit.upper()}")
    renamed: Json = json.loads(text)
    return renamed


def of_session(call: Json, session: str) -> Json:
    """Return a call about a patient of its own."""
    if not session:
        return call
    patient = call["context"]["patientId"]
    renamed: Json = json.loads(as_text(call).replace(patient, f"{patient}-{session}"))
    return renamed | {"hookInstance": _instance(f"{call['hookInstance']}/{session}")}


def _visit(sample: Json, of: Json, hook: str) -> Json:
    """Return a call about a visit, as in a sample, of the patient of another call."""
    patient, prefetch = of["context"]["patientId"], of["prefetch"]
    about = {"subject": {"reference": f"Patient/{patient}"}}
    known = {"patient": prefetch["patient"], "coverage": prefetch["coverage"]}
    return sample | {
        "hook": hook,
        "hookInstance": _instance(f"{patient}/{hook}"),
        "fhirServer": of["fhirServer"],
        "context": sample["context"] | {"patientId": patient},
        "prefetch": known | {"encounter": sample["prefetch"]["encounter"] | about},
    }


def _selected(call: Json) -> Json:
    """Return a signing as the selection of its orders."""
    orders = [one["resource"] for one in call["context"]["draftOrders"]["entry"]]
    context = call["context"] | {"selections": [f"{one['resourceType']}/{one['id']}" for one in orders]}
    instance = _instance(f"{call['hookInstance']}/order-select")
    return _in_2_0(call | {"hook": "order-select", "hookInstance": instance, "context": context})


def _by_task(call: Json) -> Json:
    """Return a call of a client that knows our form page, as one that does not: the form comes as a task."""
    instance = _instance(f"{call['hookInstance']}/task")
    return call | {"hookInstance": instance, "extension": {SWITCHES: {"smart_launch": False}}}


def _instance(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


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
    order = context["dispatchedOrders"][0]
    context = older | {"order": order} | ({"task": tasks[0]} if tasks else {})
    return _drafted(plain | {"context": context}, order)


def _drafted(call: Json, order: str) -> Json:
    """Return a call with its order as a draft: the profile of MedicationRequest in 2.0.1 knows no other status."""
    kind, _, name = order.partition("/")
    found: Json = json.loads(
        as_text(call["prefetch"]),
        object_hook=lambda one: (
            one | {"status": "draft"} if (one.get("resourceType"), one.get("id")) == (kind, name) else one
        ),
    )
    return call | {"prefetch": found}
