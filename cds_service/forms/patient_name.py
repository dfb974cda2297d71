"""The patient as people name one: from the call that a determination was judged from, and only where it says so."""

from typing import Any

import orjson

from cds_service.storage.archive import Kept
from fhir_mappings.insurance.patient_name import name_of
from fhir_mappings.wording import Wording
from hooks.records.stored_call import read_kept


def patient_of(kept: Kept, say: Wording) -> str:
    """Return name and date of birth; where the call has no name, or is no longer kept, that, and the record."""
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


def _named(patient: dict[str, Any], say: Wording) -> str:
    name, born = name_of(patient), patient.get("birthDate")
    return say("page.born", name=name, day=say.day(born)) if name and isinstance(born, str) and born else name
