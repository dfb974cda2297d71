"""The service's own stored calls of a period, judged again under both versions of a policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select

from cds_service.database.transactions import reading
from cds_service.impact.comparison import side_of
from cds_service.impact_report.member_row import Fault, MemberRow, Side
from cds_service.replay.stored_call_reader import Reread, reread
from cds_service.storage.archive import Archive, Kept
from cds_service.storage.tables import CALLS, DETERMINATIONS, REVISIONS
from fhir_mappings.members import PolicyVersion
from fhir_mappings.members.judge import ruled
from fhir_mappings.members.policy_version import observation_codes
from hooks.protocol.errors import CallError
from hooks.response.service import Answering
from policies.evaluation.findings_codec import from_plain
from policies.kinds.treatment import OWN_AUTHORIZATION
from policies.model.findings import Finding, Origin

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class StoredCalls:
    """The determinations on a policy that were made or reported by calls of a period, both days included."""

    archive: Archive
    service: Answering
    first: date
    last: date

    def rows(self, before: PolicyVersion, after: PolicyVersion) -> Iterator[MemberRow]:
        """Yield what both versions say of the newest revision of each; orders keep their dates, calls their days."""
        versions = (before, after)
        charts = self.service.charts
        codes = charts.observation_codes | observation_codes(versions)
        service = replace(self.service, charts=replace(charts, observation_codes=codes))
        for name, number in self._names(before.policy):
            kept = self.archive.kept(name, number)
            if kept is not None and kept.request:
                yield _row(kept, service, versions)

    def _names(self, policy: str) -> Iterator[tuple[str, int]]:
        """Yield the newest revision of the period of each determination, some at a time."""
        number, last = func.max(REVISIONS.c.number).label("number"), ""
        newest = (
            select(REVISIONS.c.determination, number)
            .join(DETERMINATIONS, DETERMINATIONS.c.id == REVISIONS.c.determination)
            .join(CALLS, CALLS.c.id == REVISIONS.c.call)
            .where(DETERMINATIONS.c.policy == policy, CALLS.c.today >= self.first, CALLS.c.today <= self.last)
            .group_by(REVISIONS.c.determination)
            .order_by(REVISIONS.c.determination)
            .limit(_AT_ONCE)
        )
        while True:
            with reading(self.archive.engine) as connection:
                some = connection.execute(newest.where(REVISIONS.c.determination > last)).all()
            yield from ((one.determination, one.number) for one in some)
            if len(some) < _AT_ONCE:
                return
            last = some[-1].determination


def _row(kept: Kept, service: Answering, versions: tuple[PolicyVersion, PolicyVersion]) -> MemberRow:
    name = f"determinations/{kept.determination}"
    try:
        again = reread(service, kept.call, kept.tenant, kept.today)
    except CallError as error:
        return MemberRow(name, whole=False, faults=(Fault(f"calls/{kept.call_id}", 0, str(error)),))
    before, after = (_side(again, kept, one, versions[0]) for one in versions)
    # What a call lacked when it came is no fault of its reading, and is the same for both.
    odd = (one for one in again.chart.unreadable if one.sought)
    unread = tuple(Fault(f"calls/{kept.call_id}", 0, f"{one.reference}: {one.reason}") for one in odd)
    return MemberRow(name, before, after, not unread, unread)


def _side(again: Reread, kept: Kept, version: PolicyVersion, first: PolicyVersion) -> Side:
    by_version = replace(again, service=replace(again.service, judge=version.judge()))
    found = by_version.decided(kept, _answers(kept, version, first))
    return side_of(ruled(found.judgement)) if found is not None else Side()


def _answers(kept: Kept, version: PolicyVersion, first: PolicyVersion) -> Mapping[str, Finding]:
    """Return what is no reading of the chart, for facts that ask the same: a person's answers, the payer's record."""
    now, then = version.load().facts, first.load().facts
    return {
        name: one
        for name, one in from_plain(kept.findings).items()
        if name in now
        and now[name] == then.get(name)
        and (one.origin is Origin.ANSWER or now[name].kind is OWN_AUTHORIZATION)
    }
