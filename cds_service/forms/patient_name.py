"""The patient as people name one: from the call that a determination was judged from, and only where it says so."""

from typing import Any

import orjson

from cds_service.storage.archive import Kept
from fhir_mappings.wording import Wording
from hooks.records.stored_call import read_kept

Json = dict[str, Any]


def patient_of(kept: Kept, say: Wording) -> str:
    """Return name and date of birth; where the call told no name, or is no longer kept, that, and the record."""
    return _name(kept, say) or say("page.unnamed", id=kept.patient)


def _name(kept: Kept, say: Wording) -> str:
    if not kept.call:
        return ""
    came = read_kept(kept.call)
    prefetched = orjson.loads(came.body).get("prefetch", {}).values()
    fetched = (orjson.loads(body) for name, body in came.fetched.bodies if name == f"Patient/{kept.patient}")
    for one in (*prefetched, *fetched):
        if isinstance(one, dict) and (one.get("resourceType"), one.get("id")) == ("Patient", kept.patient):
            return _named(one, say)
    return ""


def _named(patient: Json, say: Wording) -> str:
    names = patient.get("name")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    given = first.get("given") if isinstance(first.get("given"), list) else []
    name = first.get("text") or " ".join(str(part) for part in (*(given or ()), first.get("family")) if part)
    born = patient.get("birthDate")
    if not name:
        return ""
    return say("page.born", name=name, day=say.day(born)) if isinstance(born, str) and born else str(name)
