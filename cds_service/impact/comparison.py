"""Judging members under two versions: rows of their lines in, a row for each member out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cds_service.impact.line_reader import Row
from cds_service.impact_report.member_row import Fault, MemberRow, Side
from fhir_mappings.members import MemberChart, PolicyVersion, Record, Ruled, Unread, drafted_order, judge, read_chart


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
