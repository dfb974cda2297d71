"""Whether a bundle holds all that its sender found, by what the bundle itself says: a property of the chart.

FHIR R4, Bundle: `link` with relation next (there are further pages), `total` (how many resources match in all), and an
OperationOutcome among the entries (what the server has to say of its search). Anything that cannot be read here leaves
the bundle incomplete.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from fhir_mappings.chart.lacks import Lack, Why

_OUTCOME, _BUNDLE = "OperationOutcome", "Bundle"
_BESIDE = frozenset({"include", "outcome"})
"""The modes of entries that are no match of a search."""


class _Link(msgspec.Struct, frozen=True, gc=False):
    relation: Any = None


class _Bundle(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    link: tuple[_Link, ...] | None = ()
    total: Any = None
    entry: tuple[msgspec.Raw, ...] | None = ()


class _Issue(msgspec.Struct, frozen=True, gc=False):
    severity: Any = None
    code: Any = None


class _Resource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    id: Any = None
    issue: Any = None


class _Search(msgspec.Struct, frozen=True, gc=False):
    mode: Any = None


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Resource | None = None
    search: _Search | None = None


class _Inner(msgspec.Struct, frozen=True, gc=False):
    resource: msgspec.Raw = msgspec.Raw()


_BUNDLES: msgspec.json.Decoder[_Bundle | None] = msgspec.json.Decoder(_Bundle | None)
_ENTRY = msgspec.json.Decoder(_Entry)
_INNER = msgspec.json.Decoder(_Inner)


def lacks_of(raw: msgspec.Raw | bytes, cut: Sequence[msgspec.Raw | bytes] | None, kind: str = "") -> Iterator[Lack]:
    """Yield what a value lacks by its own account; `cut` are the entries that were cut out of it.

    `kind` is the type of resource that was searched for; empty if it is not known.
    """
    yield from pages_lack([(raw, cut)], kind)


def pages_lack(
    pages: Sequence[tuple[msgspec.Raw | bytes, Sequence[msgspec.Raw | bytes] | None]], kind: str, *, ended: bool = False
) -> Iterator[Lack]:
    """Yield what the pages of one search lack together; `ended` tells that the last page was reached."""
    matches: set[object] = set()
    totals: list[object] = []
    for raw, cut in pages:
        try:
            bundle = _BUNDLES.decode(raw)
        except msgspec.ValidationError:
            yield Lack(kind, Why.UNREADABLE)
            continue
        if bundle is None or bundle.resource_type != _BUNDLE:
            continue
        entries = cut if cut is not None else bundle.entry or ()
        kind = kind or _most_common(entries)
        if not ended and any(one.relation == "next" for one in bundle.link or ()):
            yield Lack(kind, Why.FURTHER_PAGES)
        totals += [bundle.total] if bundle.total is not None else []
        matches |= set(_matches(entries, kind)) if bundle.total is not None or matches else set()
        yield from _inside(entries, kind)
    if any(not _is_reached(total, len(matches)) for total in totals):
        yield Lack(kind, Why.FEWER_THAN_TOTAL)


def _is_reached(total: object, found: int) -> bool:
    return isinstance(total, int) and not isinstance(total, bool) and 0 <= total <= found


def _heads(entries: Iterable[msgspec.Raw | bytes]) -> list[_Entry]:
    found: list[_Entry] = []
    for one in entries:
        try:
            found.append(_ENTRY.decode(one))
        except msgspec.ValidationError:
            found.append(_Entry())
    return found


def _most_common(entries: Iterable[msgspec.Raw | bytes]) -> str:
    """Return the type that most entries are of: what was searched for, where nobody says it."""
    matches = (one.resource for one in _heads(entries) if _is_match(one))
    kinds = Counter(one.resource_type for one in matches if one is not None and isinstance(one.resource_type, str))
    return next((kind for kind, _ in kinds.most_common() if kind != _OUTCOME), "")


def _is_match(entry: _Entry) -> bool:
    return entry.search is None or str(entry.search.mode) not in _BESIDE


def _matches(entries: Sequence[msgspec.Raw | bytes], kind: str) -> list[object]:
    """Return what tells each match of a search from the others: a resource that came twice is one."""
    found: list[object] = []
    for index, entry in enumerate(_heads(entries)):
        resource = entry.resource
        if resource is not None and (entry.search is None or _is_match(entry)) and kind in {"", resource.resource_type}:
            found.append(resource.id if isinstance(resource.id, str) else (id(entries), index))
    return found


def _inside(entries: Sequence[msgspec.Raw | bytes], kind: str) -> Iterator[Lack]:
    """Yield what the entries themselves say: an outcome among them, or a bundle in the bundle.

    Hardly any bundle holds either: the others are passed over by one look at all of the text.
    """
    whole = b"".join(entries)
    if b"OperationOutcome" not in whole and b'"Bundle"' not in whole:
        return
    for raw in entries:
        text = bytes(raw)
        if b"OperationOutcome" in text and _tells(_heads([raw])[0]):
            yield Lack(kind, Why.OUTCOME)
        if b'"Bundle"' in text:
            try:
                yield from lacks_of(_INNER.decode(raw).resource, None, "")
            except msgspec.ValidationError:
                yield Lack(kind, Why.UNREADABLE)


def _tells(entry: _Entry) -> bool:
    """Whether an entry is an outcome that may mean missing data: all but a mere message (IssueType, R4)."""
    if entry.resource is None or entry.resource.resource_type != _OUTCOME:
        return False
    try:
        issues = msgspec.convert(entry.resource.issue or (), tuple[_Issue, ...])
    except msgspec.ValidationError:
        return True
    return not issues or any((one.severity, one.code) != ("information", "informational") for one in issues)
