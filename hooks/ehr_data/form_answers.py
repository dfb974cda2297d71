"""Answered forms that are in the client's hands: in the prefetch, and in its record system.

Some clients keep a finished form and send it nowhere (CRD and DTR leave that open; PAS is where it goes next). What a
person answered there counts as if it had been sent: each response is handed to whoever takes answered forms, by the
same checks, before the call is judged with all that was answered.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import msgspec

from fhir_mappings.chart.prescan import UNKNOWN, BundleEntries
from fhir_mappings.chart.resource_decoder import ENTRY, OUTLINE
from hooks.ehr_data.fetch_port import Fetched
from hooks.request.call import Call

RESPONSE, _BUNDLE = "QuestionnaireResponse", "Bundle"
_TYPED = RESPONSE.encode()
_HOLDING = frozenset({RESPONSE, _BUNDLE, UNKNOWN})
_MOST = 20
"""How many responses of a call are looked at."""


class TakesForms(Protocol):
    """Takes an answered form that was found; what is not ours, not finished, or does not hold, is passed over."""

    def __call__(self, response: bytes, tenant: str, server: str, patient: str) -> None:
        """Take the text of a response for a tenant; `server` is the record system that it was found at.

        `patient` is the id of whom the call is about: what somebody else's response says is none of its business.
        """


def take_none(response: bytes, tenant: str, server: str, patient: str) -> None:
    """Take nothing."""


def responses_of(call: Call, fetched: Fetched) -> tuple[bytes, ...]:
    """Return the responses that a call brings, and those that were fetched for it, each once, in their order."""
    prefetch = call.prefetch
    found: list[bytes] = []
    for key, raw in prefetch.values.items():
        cut = prefetch.entries.get(key)
        found += _within(raw) if cut is None else _of_entries(cut)
    for _, body in fetched.bodies:
        found += _within(msgspec.Raw(body))
    return tuple(islice(dict.fromkeys(found), _MOST))


def _within(raw: msgspec.Raw) -> Iterator[bytes]:
    """Yield the responses in a value; hardly any holds one, and those are passed over by one look."""
    if _TYPED not in bytes(raw):
        return
    try:
        outline = OUTLINE.decode(raw)
    except msgspec.ValidationError:
        return
    if outline is not None and outline.resource_type == RESPONSE:
        yield bytes(raw)
    elif outline is not None and outline.resource_type == _BUNDLE:
        yield from _of_entries(BundleEntries(outline.entry))


def _of_entries(entries: BundleEntries) -> Iterator[bytes]:
    for raw in entries.of_kinds(_HOLDING):
        if _TYPED not in bytes(raw):
            continue
        try:
            resource = ENTRY.decode(raw).resource
        except msgspec.ValidationError:
            continue
        if resource:
            yield from _within(resource)
