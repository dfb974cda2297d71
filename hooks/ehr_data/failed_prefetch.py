"""Which keys of a prefetch the client could not provide: what stands there is an error, and no data.

Source: CDS Hooks 2.0, "Prefetch template": a service looks for OperationOutcomes in the place of data.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from hooks.request.call import Call

_NAME = "OperationOutcome"
_NAMED = f'"{_NAME}"'.encode()
_FAILURES = ("error", "fatal")


class _Issue(msgspec.Struct, frozen=True, gc=False):
    severity: Any = None


class _Outcome(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    issue: tuple[_Issue, ...] = ()


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Outcome = _Outcome()


class _Value(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    entry: tuple[msgspec.Raw, ...] = ()


_VALUE = msgspec.json.Decoder(_Value)
_ENTRY = msgspec.json.Decoder(_Entry)


def failed_keys(call: Call) -> frozenset[str]:
    """Return the keys that hold an OperationOutcome, or a bundle of nothing but OperationOutcomes with an error."""
    prefetch = call.prefetch
    return frozenset(key for key, raw in prefetch.values.items() if _is_failed(raw, prefetch.entries.get(key)))


def _is_failed(raw: msgspec.Raw, cut: Sequence[msgspec.Raw] | None) -> bool:
    """Tell whether a value failed; `cut` are the entries of a bundle that were cut out of it."""
    for one in [raw] if cut is None else cut:
        if _NAMED not in bytes(one):
            return False
    try:
        value = _VALUE.decode(raw)
        return value.resource_type == _NAME or _are_failures(value.entry if cut is None else cut)
    except msgspec.ValidationError:
        return False


def _are_failures(entries: Iterable[msgspec.Raw]) -> bool:
    outcomes = [_ENTRY.decode(one).resource for one in entries]
    told = (issue.severity in _FAILURES for one in outcomes for issue in one.issue)
    return all(one.resource_type == _NAME for one in outcomes) and any(told)
