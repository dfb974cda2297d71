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
from fhir_mappings.chart.prescan import UNKNOWN, BundleEntries, read_each

_OUTCOME, _BUNDLE = "OperationOutcome", "Bundle"
_TELLING = frozenset({_OUTCOME, _BUNDLE, UNKNOWN})
"""The types of what may say something of the bundle that it is in."""
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
_ENTRIES = msgspec.json.Decoder(tuple[_Entry, ...])
_UNREAD = _Entry()
_INNER = msgspec.json.Decoder(_Inner)


def lacks_of(raw: msgspec.Raw | bytes, cut: BundleEntries | None, kind: str = "") -> Iterator[Lack]:
    """Yield what a value lacks by its own account; `cut` are the entries that were cut out of it.

    `kind` is the type of resource that was searched for; empty if it is not known.
    """
    yield from pages_lack([(raw, cut)], kind)


def pages_lack(
    pages: Sequence[tuple[msgspec.Raw | bytes, BundleEntries | None]], kind: str, *, ended: bool = False
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
        entries = cut if cut is not None else BundleEntries(bundle.entry or ())
        kind = kind or (_most_common(entries) if entries else "")
        if bundle.link and not ended and "next" in [one.relation for one in bundle.link]:
            yield Lack(kind, Why.FURTHER_PAGES)
        totals += [bundle.total] if bundle.total is not None else []
        if not entries:
            continue
        matches |= _names(entries, kind) if bundle.total is not None or matches else set()
        yield from _inside(entries, kind)
    if [total for total in totals if not _is_reached(total, len(matches))]:
        yield Lack(kind, Why.FEWER_THAN_TOTAL)


def _is_reached(total: object, found: int) -> bool:
    return isinstance(total, int) and not isinstance(total, bool) and 0 <= total <= found


def _matches(entries: Iterable[msgspec.Raw | bytes]) -> list[tuple[int, _Resource]]:
    """Return the matches of a search, each with its place; what cannot be read is none."""
    return [
        (index, entry.resource)
        for index, entry in enumerate(read_each(entries, _ENTRIES, _ENTRY, _UNREAD))
        if entry.resource is not None and (entry.search is None or str(entry.search.mode) not in _BESIDE)
    ]


def _most_common(entries: Iterable[msgspec.Raw | bytes]) -> str:
    """Return the type that most matches are of: what was searched for, where nobody says it."""
    kinds = Counter(one.resource_type for _, one in _matches(entries) if isinstance(one.resource_type, str))
    return next((kind for kind, _ in kinds.most_common() if kind != _OUTCOME), "")


def _names(entries: Sequence[msgspec.Raw | bytes], kind: str) -> set[object]:
    """Return what tells each match of a type from the others: a resource that came twice is one."""
    return {
        one.id if isinstance(one.id, str) else (id(entries), index)
        for index, one in _matches(entries)
        if not kind or one.resource_type == kind
    }


def _inside(entries: BundleEntries, kind: str) -> Iterator[Lack]:
    """Yield what the entries themselves say: an outcome among them, or a bundle in the bundle."""
    for raw in entries.of_kinds(_TELLING):
        text = bytes(raw)
        if b"OperationOutcome" in text and _tells(text):
            yield Lack(kind, Why.OUTCOME)
        if b'"Bundle"' in text:
            try:
                yield from lacks_of(_INNER.decode(raw).resource, None, "")
            except msgspec.ValidationError:
                yield Lack(kind, Why.UNREADABLE)


def _tells(text: bytes) -> bool:
    """Whether an entry is an outcome that may mean missing data: all but a mere message (IssueType, R4)."""
    try:
        entry = _ENTRY.decode(text)
    except msgspec.ValidationError:
        return False
    if entry.resource is None or entry.resource.resource_type != _OUTCOME:
        return False
    try:
        issues = msgspec.convert(entry.resource.issue or (), tuple[_Issue, ...])
    except msgspec.ValidationError:
        return True
    return not issues or any((one.severity, one.code) != ("information", "informational") for one in issues)
