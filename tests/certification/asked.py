"""The assertions of the public certification tests (CRD 2.0.1) on what a tester brings: 2.02, 2.03, 3.x.02 to 3.x.04.

A body that they refuse fails its whole group, whatever is answered. Their checks against FHIR profiles are the HL7
validator's.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.certification.kit import BEARERS

Json = dict[str, Any]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMMON: dict[str, type] = {"userId": str, "patientId": str}
_CONTEXT: dict[str, dict[str, type]] = {
    "appointment-book": _COMMON | {"appointments": dict},
    "encounter-start": _COMMON | {"encounterId": str},
    "encounter-discharge": _COMMON | {"encounterId": str},
    "order-select": _COMMON | {"selections": list, "draftOrders": dict},
    "order-dispatch": {"patientId": str, "order": str, "performer": str},
    "order-sign": _COMMON | {"draftOrders": dict},
}
_USERS = frozenset({"Practitioner", "PractitionerRole"})
_OF_APPOINTMENTS = _USERS | {"Patient", "RelatedPerson"}
_AUTHORIZATION: dict[str, type] = {
    "access_token": str,
    "token_type": str,
    "expires_in": int,
    "scope": str,
    "subject": str,
}


def asked_faults(hook: str, call: Json) -> Iterator[str]:
    """2.02, 3.x.02, 3.x.04: the envelope of a call; 2.03, 3.x.03: its context."""
    if call.get("hook") != hook:
        yield "another hook"
    if not _UUID.fullmatch(str(call.get("hookInstance"))):
        yield "hookInstance is no UUID"
    yield from (f"{name} is blank" for name, value in call.items() if value in ("", [], {}, None))
    authorization = call.get("fhirAuthorization")
    if authorization is not None:
        yield from _lacking(_AUTHORIZATION, authorization, "fhirAuthorization")
        if not call.get("fhirServer"):
            yield "an authorization without a server"
    context = call.get("context", {})
    yield from _lacking(_CONTEXT[hook], context, "context")
    yield from _context_faults(hook, context)


def _lacking(wanted: dict[str, type], given: Json, where: str) -> Iterator[str]:
    for name, kind in wanted.items():
        if not given.get(name) or not isinstance(given[name], kind):
            yield f"{where}.{name} is missing, or of another type"


def _context_faults(hook: str, context: Json) -> Iterator[str]:
    yield from (f"{name} is no plain id" for name in ("patientId", "encounterId") if "/" in str(context.get(name, "")))
    users = _OF_APPOINTMENTS if hook == "appointment-book" else _USERS
    if "userId" in _CONTEXT[hook] and not _names(context.get("userId"), users):
        yield "userId is none of the users of the hook"
    if hook == "order-dispatch":
        if not _names(context.get("order"), BEARERS[hook]):
            yield "order is no Type/id of an order"
        if not _names(context.get("performer"), None):
            yield "performer is no Type/id"
    for name in ("draftOrders", "appointments"):
        if name in _CONTEXT[hook]:
            yield from _bundle_faults(hook, context.get(name, {}))
    yield from _selection_faults(hook, context)


def _selection_faults(hook: str, context: Json) -> Iterator[str]:
    drafts = {f"{one.get('resourceType')}/{one.get('id')}" for one in _resources(context.get("draftOrders", {}))}
    for one in context.get("selections", ()):
        if one not in drafts or not _names(one, BEARERS[hook]):
            yield f"{one} is no draft order"


def _bundle_faults(hook: str, bundle: Json) -> Iterator[str]:
    resources = list(_resources(bundle))
    if bundle.get("resourceType") != "Bundle" or not all(one.get("id") for one in resources):
        yield "no Bundle, or a resource without an id"
    meant = [one for one in resources if one.get("resourceType") in BEARERS[hook]]
    if not meant:
        yield "the Bundle holds none of the types of the hook"
    if hook == "appointment-book" and any(one.get("status") != "proposed" for one in meant):
        yield "an appointment is not proposed"


def _resources(bundle: Json) -> Iterator[Json]:
    yield from (entry.get("resource", {}) for entry in bundle.get("entry", ()))


def _names(reference: Any, kinds: frozenset[str] | None) -> bool:
    kind, slash, name = str(reference).partition("/")
    return bool(kind and slash and name) and (kinds is None or kind in kinds)
