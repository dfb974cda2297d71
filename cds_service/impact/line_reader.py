"""Whose a line is: from lines of files to rows that can be put together by member.

Only what a chart keeps goes on. A line that cannot be read becomes a fault with its place, and with the member that it
names, as far as that can be seen.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from cds_service.impact.sources import Line
from fhir_mappings.chart.kept_records import KEPT, Wanted
from fhir_mappings.chart.prescan import promising
from fhir_mappings.members.member_chart import check_text
from fhir_mappings.r4.elements import is_id
from fhir_mappings.r4.references import local
from fhir_mappings.r4.strict_json import JsonError

SHARED = frozenset({"Medication", "Substance"})
"""The types of resource that belong to no member: they come to those that refer to them."""
_OF_A_MEMBER = KEPT - SHARED - {"Organization", "Coverage"}
"""Whose payor is meant is no question here: coverages say nothing of a ruling."""
_PATIENT = re.compile(rb'"(?:[^"\\]*/)?Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[^"]*)?"')
_TYPE, _ID = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"'), re.compile(rb'"id"\s*:\s*"([A-Za-z0-9\-.]{1,64})"')
_NO_RESOURCE, _NOBODY, _NO_ID = "it is no FHIR resource", "it does not say whose it is", "its id is none"


class Row(NamedTuple):
    """A line that matters: whose it is (empty for nobody's), its Type/id, what it refers to, its text and place.

    With a `fault` it is one that cannot be read; `name` is then the type as far as it is known.
    """

    bucket: int
    member: str
    name: str
    refers: Sequence[str]
    raw: bytes
    fault: str
    file: str
    line: int


class _Head(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    id: Any = None
    subject: Any = None
    patient: Any = None
    medication_reference: Any = None
    ingredient: Any = None


_HEAD = msgspec.json.Decoder(_Head)


class Sorter:
    """Makes rows of lines, in so many buckets; `wanted` is what a chart keeps."""

    def __init__(self, wanted: Wanted, buckets: int) -> None:
        self._wanted = wanted
        self._buckets = buckets

    def rows(self, file: str, lines: Iterable[Line]) -> Iterator[Row]:
        """Yield the rows of some lines of a file: those that a chart keeps, and those that cannot be read."""
        maybe: list[Row] = []
        for line in lines:
            row = self._row(file, line)
            if row is None:
                continue
            if row.name.startswith("Observation/") and not row.fault:
                maybe.append(row)
            else:
                yield row
        entries = [b'{"resource":' + one.raw + b"}" for one in maybe]
        yield from (maybe[index] for index, _ in promising(entries, self._wanted))

    def _row(self, file: str, line: Line) -> Row | None:
        try:
            check_text(line.text)
            head = _HEAD.decode(line.text)
        except (JsonError, msgspec.DecodeError) as error:
            return self._faulty(file, line, str(error))
        kind = head.resource_type
        if not isinstance(kind, str):
            return self._faulty(file, line, _NO_RESOURCE)
        if kind in SHARED:
            return self._made("", f"{kind}/{head.id}", _mixed(head), file, line)
        if kind not in _OF_A_MEMBER:
            return None
        member = _member(head)
        if not member:
            return self._faulty(file, line, _NO_ID if kind == "Patient" else _NOBODY)
        return self._made(member, f"{kind}/{head.id}", _names([head.medication_reference]), file, line)

    def _made(self, member: str, name: str, refers: Sequence[str], file: str, line: Line) -> Row:
        return Row(self.bucket(member), member, name, refers, line.text, "", file, line.number)

    def _faulty(self, file: str, line: Line, why: str) -> Row:
        """Return the row of a line that cannot be read, with what can still be seen of it."""
        kind = _found(_TYPE, line.text)
        member = _found(_ID if kind == "Patient" else _PATIENT, line.text)
        return Row(self.bucket(member), member, kind, (), b"", why, file, line.number)

    def bucket(self, member: str) -> int:
        """Return the bucket of a member: the same in every process and engine."""
        return crc32(member.encode()) % self._buckets


def _found(sought: re.Pattern[bytes], text: bytes) -> str:
    found = sought.search(text)
    return found[1].decode() if found else ""


def _member(head: _Head) -> str:
    """Return the id of the Patient whose a resource is; empty where it does not say so."""
    if head.resource_type == "Patient":
        return head.id if isinstance(head.id, str) and is_id(head.id) else ""
    for one in _names([head.subject, head.patient]):
        kind, _, name = one.partition("/")
        if kind == "Patient":
            return name
    return ""


def _mixed(head: _Head) -> tuple[str, ...]:
    parts = head.ingredient if isinstance(head.ingredient, list) else ()
    return _names([one.get("itemReference") for one in parts if isinstance(one, dict)])


def _names(references: Iterable[Any]) -> tuple[str, ...]:
    """Return Type/id of those values that are literal references."""
    texts = (one.get("reference") for one in references if isinstance(one, dict))
    pairs = (local(text) for text in texts if isinstance(text, str))
    return tuple("/".join(pair) for pair in pairs if pair is not None)
