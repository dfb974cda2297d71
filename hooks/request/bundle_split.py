"""The frame of a call: its body without the entries of the prefetched bundles, which are most of it.

The frame is small, and is checked as a whole: no member twice, no NaN. An entry is checked where it is used. One pass
over the body finds the entries; what cannot be cut out with certainty stays in, and is checked with the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from fhir_mappings.chart.prescan import BundleEntries, Text
from fhir_mappings.chart.resource_decoder import Outline
from fhir_mappings.r4 import strict_json

_ENTRIES_LIE_AT = 4
"""The depth of an entry: body, prefetch, bundle, entry."""
_SPACE = b" \t\r\n"
_BUT_BEGINNINGS = bytes(byte for byte in range(256) if byte not in b"{[")
"""All but the brackets with which objects and lists begin."""
_SAMPLE = 16


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    prefetch: dict[str, Outline | None] = {}


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])

Entries = Mapping[str, BundleEntries]


@dataclass(frozen=True, slots=True)
class Framed:
    """The members of a body, and the entries that were cut out of it, by the key of their bundle in the prefetch."""

    members: dict[str, msgspec.Raw]
    entries: Entries


def framed(body: bytes, max_depth: int) -> Framed:
    """Take a body apart; raises JsonError, or msgspec.DecodeError for what is no JSON object."""
    strict_json.check_encoding(body)
    strict_json.check_values(body)
    entries = _entries(body)
    cuts = _cuts(body, entries.values())
    if len(cuts) < len(entries):
        cuts, entries = [], {}
    for cut in cuts:
        cut.check_depth(body, max_depth - _ENTRIES_LIE_AT)
    frame = _without(body, cuts)
    strict_json.check_depth(frame, max_depth)
    members = _OBJECT.decode(frame)
    _check(frame, whole=not cuts)
    return Framed(members, entries)


def _entries(body: bytes) -> dict[str, BundleEntries]:
    """Return the entries of the bundles in the prefetch; none where a call is put together in another way."""
    try:
        prefetch = _ENVELOPE.decode(body).prefetch
    except (msgspec.ValidationError, RecursionError):
        return {}
    bundles = [(key, one) for key, one in prefetch.items() if one is not None and one.resource_type == "Bundle"]
    return {key: BundleEntries(one.entry) for key, one in bundles if one.entry}


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where the items of a list stand in a text: the first one's start, the bytes between two, the list's end."""

    items: Sequence[Text]
    start: int
    between: int
    end: int

    def check_depth(self, text: bytes, limit: int) -> None:
        """Raise DepthError if an item is nested deeper than a limit.

        What has few brackets cannot be deep, whatever they are: most items are let through, a few at once, by counting
        alone.
        """
        items, between = self.items, self.between
        lengths = [len(item) + between for item in items]
        together = _as_many_as_have(limit, text, self.start, lengths) if len(items) > _SAMPLE else 1
        start = self.start
        for first in range(0, len(items), together):
            some = lengths[first : first + together]
            end = start + sum(some)
            if len(text[start:end].translate(None, _BUT_BEGINNINGS)) > limit:
                for length in some:
                    strict_json.check_depth_inside(text, start, start + length - between, limit)
                    start += length
            start = end


def _as_many_as_have(most: int, text: bytes, start: int, lengths: Sequence[int]) -> int:
    """Return how many items have so many brackets together, as the first ones have them; at least one."""
    sample = lengths[:_SAMPLE]
    found = len(text[start : start + sum(sample)].translate(None, _BUT_BEGINNINGS))
    return max(1, most * len(sample) // (found + found // 4 + 1))


def _cuts(text: bytes, lists: Iterable[Sequence[Text]]) -> list[_Cut]:
    """Find lists in a text, in this order; ends with the first that cannot be found with certainty."""
    found: list[_Cut] = []
    for items in lists:
        start = text.find(items[0], found[-1].end if found else 0)
        between = _between(text, start + len(items[0]), items[1]) if len(items) > 1 else b""
        whole = between.join(items) if between is not None else b""
        if start < 0 or not whole or not text.startswith(whole, start):
            break
        found.append(_Cut(items, start, len(between or b""), start + len(whole)))
    return found


def _between(text: bytes, end: int, following: Text) -> bytes | None:
    """Return what stands between two items of a list: a comma and space, as everywhere in this list, else None."""
    found = text[end : max(text.find(following, end), end)]
    return found if found.strip(_SPACE) == b"," else None


def _without(text: bytes, cuts: Sequence[_Cut]) -> bytes:
    """Return a text without what is cut out of it."""
    if not cuts:
        return text
    starts = [0, *[cut.end for cut in cuts]]
    ends = [*[cut.start for cut in cuts], len(text)]
    return b"".join([text[start:end] for start, end in zip(starts, ends, strict=True)])


def _check(frame: bytes, *, whole: bool) -> None:
    try:
        strict_json.check(frame)
    except strict_json.JsonError as error:
        raise error if whole else strict_json.JsonError(error.reason) from None
