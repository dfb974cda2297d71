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


_NARRATIVE = msgspec.json.Decoder(_Narrative)


def narrative(resource: Resource) -> str:
    """Return the narrative as a reader sees it; empty without one, and for one that cannot be read."""
    written = _narrative(resource)
    return _seen(written) if written is not None else ""


def remarks(resource: Resource) -> tuple[str, ...]:
    """Return what people wrote beside a record: its annotations, and a narrative that says more than its elements.

    One that was generated from the elements does where a diagnosis or a result has no code, or a result no value.
    """
    notes = annotations(resource.note) if resource.note else ()
    written = _narrative(resource)
    if written is None or (written.status == _GENERATED and not _lacks_elements(resource)):
        return notes
    lines = (line.strip() for line in _seen(written).splitlines())
    return (*notes, *(line for line in lines if line))


def _lacks_elements(resource: Resource) -> bool:
    """Whether a diagnosis or a result lacks what its narrative would have been generated from."""
    code = resource.code
    if resource.resource_type not in _SEARCHED:
        return False
    is_empty = resource.resource_type == "Observation" and not resource.component and not resource.measurement.has_value
    return code is None or not (code.words or code.codes) or is_empty


def _seen(written: _Narrative) -> str:
    return page_text(written.div) if written.div and len(written.div) <= _LONGEST else ""


def _narrative(resource: Resource) -> _Narrative | None:
    if not resource.narrative:
        return None
    try:
        return _NARRATIVE.decode(resource.narrative)
    except msgspec.ValidationError:
        return None
