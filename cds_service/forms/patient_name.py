"""The patient as people name one: from the call that a determination was judged from."""

from typing import Any

import orjson

from cds_service.storage.archive import Kept
from hooks.records.stored_call import read_kept

Json = dict[str, Any]


def patient_of(kept: Kept) -> str:
    """Return name and date of birth; empty where the call told no name, or is no longer kept."""
    if not kept.call:
        return ""
    came = read_kept(kept.call)
    prefetched = orjson.loads(came.body).get("prefetch", {}).values()
    fetched = (orjson.loads(body) for name, body in came.fetched.bodies if name == f"Patient/{kept.patient}")
    for one in (*prefetched, *fetched):
        if isinstance(one, dict) and (one.get("resourceType"), one.get("id")) == ("Patient", kept.patient):
            return _named(one)
    return ""


def _named(patient: Json) -> str:
    names = patient.get("name")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    given = first.get("given") if isinstance(first.get("given"), list) else []
    name = first.get("text") or " ".join(str(part) for part in (*(given or ()), first.get("family")) if part)
    parts = (name, patient.get("birthDate"))
    return ", ".join(str(part) for part in parts if part) if name else ""
