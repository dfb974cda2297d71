"""The patient as people name one: from the call that a determination was judged from."""

import orjson

from cds_service.storage.archive import Kept
from fhir_mappings.coverage.patient_name import name_in_words
from hooks.records.stored_call import read_kept


def patient_of(kept: Kept) -> str:
    """Return name and date of birth; empty where the call holds no name, or is no longer kept."""
    if not kept.call:
        return ""
    came = read_kept(kept.call)
    prefetched = orjson.loads(came.body).get("prefetch", {}).values()
    fetched = (orjson.loads(body) for name, body in came.fetched.bodies if name == f"Patient/{kept.patient}")
    for one in (*prefetched, *fetched):
        if isinstance(one, dict) and (one.get("resourceType"), one.get("id")) == ("Patient", kept.patient):
            return name_in_words(one)
    return ""
