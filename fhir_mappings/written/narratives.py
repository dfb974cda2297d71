"""The narrative of a resource: what its writers say in words of the whole of it (FHIR R4, Narrative)."""

import msgspec

from fhir_mappings.r4.resources import Resource
from fhir_mappings.written.annotations import annotations
from fhir_mappings.written.page_text import page_text

_LONGEST = 20_000
"""A longer narrative, in letters, is left unread."""
_GENERATED = "generated"
_SEARCHED = frozenset({"Condition", "Observation"})


class _Narrative(msgspec.Struct, frozen=True, gc=False):
    status: str | None = None
    div: str | None = None


def narrative(resource: Resource) -> str:
    """Return the narrative as a reader sees it; empty without one, and for one that cannot be read."""
    written = _narrative(resource)
    return page_text(written.div) if written is not None and written.div and len(written.div) <= _LONGEST else ""


def remarks(resource: Resource) -> tuple[str, ...]:
    """Return what people wrote beside a record: its annotations, and a narrative that says more than its elements.

    One that was generated from the elements does where a diagnosis or a result has no code, or a result no value.
    """
    written = annotations(resource.note) if resource.note else ()
    if not resource.narrative or not _says_more(resource):
        return written
    lines = (line.strip() for line in narrative(resource).splitlines())
    return (*written, *(line for line in lines if line))


def _says_more(resource: Resource) -> bool:
    written, code = _narrative(resource), resource.code
    if written is None or written.status != _GENERATED:
        return True
    if resource.resource_type not in _SEARCHED:
        return False
    is_empty = resource.resource_type == "Observation" and not resource.component and not resource.measurement.has_value
    return code is None or not (code.words or code.codes) or is_empty


def _narrative(resource: Resource) -> _Narrative | None:
    if not resource.narrative:
        return None
    try:
        return msgspec.json.decode(resource.narrative, type=_Narrative)
    except msgspec.ValidationError:
        return None
