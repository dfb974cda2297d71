"""What came out for one member: a plain row, the same from every engine."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import msgspec

from cds_service.impact.line_reader import Row
from fhir_mappings.members import MemberChart, PolicyVersion, Record, Ruled, Unread, drafted_order, judge, read_chart


class Side(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one version says: the kind of request, the ruling, the criteria by id, the open questions by fact.

    All of it is empty where nothing was judged.
    """

    request: str = ""
    ruling: str = ""
    criteria: dict[str, str] = {}
    questions: tuple[str, ...] = ()


class Fault(NamedTuple):
    """A line that could not be read, or only in part: its file, its number, and why."""

    file: str
    line: int
    reason: str


class MemberRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A member (Type/id; of a stored call its determination) under both versions; `whole` if all of it was read.

    Without a name it is of nobody: faults of lines that do not say whose they are.
    """

    member: str
    before: Side = Side()
    after: Side = Side()
    whole: bool = True
    faults: tuple[Fault, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether both versions said anything."""
        return bool(self.before.ruling and self.after.ruling)

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the ids of the criteria that say another thing; of those that only one version has, too."""
        names = dict.fromkeys((*self.before.criteria, *self.after.criteria))
        return tuple(one for one in names if self.before.criteria.get(one) != self.after.criteria.get(one))


READ_ROW = msgspec.json.Decoder(MemberRow).decode
WRITE_ROW = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a policy, and the day on which its drug is ordered for every member."""

    before: PolicyVersion
    after: PolicyVersion
    on: date

    @property
    def versions(self) -> tuple[PolicyVersion, PolicyVersion]:
        """Return both."""
        return (self.before, self.after)

    def rows(self, rows: Iterable[Row]) -> Iterator[MemberRow]:
        """Judge the members of some rows, all rows of a member among them; the rows of nobody come out as faults."""
        grouped: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            grouped[row.member].append(row)
        for member in sorted(grouped):
            yield self.member(member, grouped[member])

    def member(self, member: str, rows: Sequence[Row]) -> MemberRow:
        """Judge one member by its rows, whatever their order."""
        faults = tuple(sorted(Fault(one.file, one.line, one.fault) for one in rows if one.fault))
        if not member:
            return MemberRow("", faults=faults, whole=not faults)
        # In one order, wherever the lines stood: which of two contents of one id comes first must not matter.
        records = [Record(one.raw, f"{one.line}:{one.file}") for one in sorted(rows, key=_sorted) if not one.fault]
        read = read_chart(member, records, self.versions)
        lost = [Unread(f"{one.line}:{one.file}", one.reason) for one in faults]
        chart = read.without(lost, (one.name for one in rows if one.fault)) if faults else read
        return self._judged(f"Patient/{member}", chart, faults + tuple(map(_fault, read.unread)))

    def _judged(self, name: str, chart: MemberChart, faults: tuple[Fault, ...]) -> MemberRow:
        if not chart.has_patient:
            return MemberRow(name, whole=False, faults=faults)
        before, after = (side_of(judge(chart, drafted_order(one, self.on), one, self.on)) for one in self.versions)
        return MemberRow(name, before, after, chart.is_whole, faults)


def _sorted(row: Row) -> tuple[str, bytes]:
    return row.name, row.raw


def _fault(unread: Unread) -> Fault:
    line, _, file = unread.place.partition(":")
    return Fault(file, int(line), unread.reason)


def side_of(ruled: Ruled) -> Side:
    """Return what counts of a ruling."""
    return Side(ruled.request, ruled.ruling, dict(ruled.criteria), ruled.questions)
