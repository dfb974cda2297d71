"""What is kept of a call: the body without its access token, and beside it what was fetched.

The token is for this call only and is never kept (CDS Hooks 2.0, "Passing the access token"). A determination is
replayed from what it was made from, so that what was fetched is kept with the call.
"""

from dataclasses import dataclass

import msgspec

from fhir_mappings.chart.lacks import Unreadable
from hooks.ehr_data.fetch_port import NOTHING, Fetched
from hooks.request.call import Call


class _Kept(msgspec.Struct, frozen=True):
    """A call, what was fetched for it, and what could not be had; it has no member `hook`, which every call has."""

    call: msgspec.Raw
    fetched: tuple[tuple[str, msgspec.Raw], ...]
    missing: tuple[tuple[str, str, bool], ...] = ()


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KEPT = msgspec.json.Decoder(_Kept)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as it came, without its token; the bodies that were fetched, by name, and what was not to be had."""

    body: bytes
    fetched: Fetched


def kept(body: bytes, call: Call, fetched: Fetched) -> bytes:
    """Return what is kept of a call: the body alone, or with what was fetched, and what was sought in vain."""
    shown = without(body, call.authorization)
    if not fetched.bodies and not fetched.missing:
        return shown
    bodies = tuple((name, msgspec.Raw(one)) for name, one in fetched.bodies)
    missing = tuple((one.reference, one.reason, one.sought) for one in fetched.missing)
    return _ENCODER.encode(_Kept(msgspec.Raw(shown), bodies, missing))


def without(body: bytes, authorization: bytes) -> bytes:
    """Return a body without an authorization, an object as it stands in it; wherever it stands again, it goes too.

    Its text holds quotes, and so cannot stand within a JSON text: only whole objects are replaced.
    """
    return body.replace(authorization, b"{}") if b'"' in authorization else body


def read_kept(text: bytes) -> KeptCall:
    """Read what was kept."""
    if "hook" in _OBJECT.decode(text):
        return KeptCall(text, NOTHING)
    found = _KEPT.decode(text)
    bodies = tuple((name, bytes(raw)) for name, raw in found.fetched)
    return KeptCall(bytes(found.call), Fetched(bodies, tuple(Unreadable(*one) for one in found.missing)))
