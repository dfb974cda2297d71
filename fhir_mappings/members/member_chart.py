"""A member's chart from single FHIR resources, each with the place that it stands at (a file and a line)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.kept_records import Wanted, wanted
from fhir_mappings.chart.lacks import Lack, Why
from fhir_mappings.chart.resource_decoder import Decoded, decode
from fhir_mappings.members.policy_version import PolicyVersion, observation_codes
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import PatientIdentity

MOST_NESTED = 100
"""How deep objects and lists may be nested in a resource."""
_BUNDLE = b'{"resourceType":"Bundle","type":"collection"}'
_WHOLE = "chart"


class Record(NamedTuple):
    """A resource of a member as JSON, and its place."""

    raw: bytes
    place: str = ""


class Unread(NamedTuple):
    """A record that could not be read, or only in part: its place, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class MemberChart:
    """A member's chart; `unread` are the records that proved nothing, or less than they say."""

    chart: Chart
    unread: tuple[Unread, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every record was read in full."""
        return not self.unread and not self.chart.lacks

    @property
    def has_patient(self) -> bool:
        """Whether the member's own Patient resource is there: without it nothing is known of who is meant."""
        return self.chart.patient is not None

    def without(self, lost: Sequence[Unread], kinds: Iterable[str] = ()) -> "MemberChart":
        """Return the chart of which records are known to be lost, of these types: what they would say is unknown."""
        lacks = tuple(Lack(kind, Why.UNREADABLE) for kind in dict.fromkeys(kinds))
        return MemberChart(replace(self.chart, lacks=self.chart.lacks + lacks), (*self.unread, *lost))


def read_chart(member: str, records: Sequence[Record], versions: Iterable[PolicyVersion]) -> MemberChart:
    """Read a member's records (the id of the Patient, and resources in any order) for these versions of policies.

    A record that cannot be read fails alone: it is named, and what it may have said stays unknown.
    """
    looked_for = wanted(observation_codes(versions))
    decoded, unread = _read(records, looked_for)
    chart = build(decoded.located, PatientIdentity(member), looked_for, decoded.unreadable)
    lost = {one.place for one in unread}
    kinds = (_kind(one.raw) for one in records if one.place in lost)
    return MemberChart(chart, ()).without(unread, kinds) if unread else MemberChart(chart)


def _read(records: Sequence[Record], looked_for: Wanted) -> tuple[Decoded, list[Unread]]:
    """Decode all records at once; where one of them is odd, each by itself, to know which."""
    entries = [b'{"resource":' + one.raw + b"}" for one in records]
    try:
        for one in records:
            check_text(one.raw)
        decoded = decode([(_WHOLE, _BUNDLE)], looked_for, {_WHOLE: entries})
    except (msgspec.DecodeError, strict_json.JsonError):
        return _one_by_one(records, looked_for)
    return _one_by_one(records, looked_for) if decoded.unreadable else (decoded, [])


def check_text(raw: bytes) -> None:
    """Raise JsonError for a text that is not UTF-8, or nested deeper than any resource."""
    strict_json.check_encoding(raw)
    strict_json.check_depth_inside(raw, 0, len(raw), MOST_NESTED)


def _one_by_one(records: Sequence[Record], looked_for: Wanted) -> tuple[Decoded, list[Unread]]:
    whole, unread = Decoded(), list[Unread]()
    for one in records:
        try:
            check_text(one.raw)
            found = decode([(one.place, _BUNDLE)], looked_for, {one.place: [b'{"resource":' + one.raw + b"}"]})
        except (msgspec.DecodeError, strict_json.JsonError) as error:
            unread.append(Unread(one.place, str(error)))
            continue
        whole.located += found.located
        whole.unreadable += found.unreadable
        unread += [Unread(one.place, each.reason) for each in found.unreadable]
    return whole, unread


class _Typed(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: str = ""


def _kind(raw: bytes) -> str:
    """Return the type of a resource; empty where it cannot be read, which may then have been of any."""
    try:
        return msgspec.json.decode(raw, type=_Typed).resource_type
    except msgspec.DecodeError:
        return ""
