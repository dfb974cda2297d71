"""Which Coverage an answer is about: the patient's one coverage with this payer.

Rules: none, several, another payer's, ended. A Coverage is ours if its payor is an organization that bears one of the
payer's identifiers: contained, brought by the call, or named by the identifier alone.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.dates import span
from fhir_mappings.coverage.member_directory import Directory, Member
from fhir_mappings.coverage.member_identity import NOBODY, MemberIdentity, member_identity
from fhir_mappings.insurance.coverage_record import Beneficiary, CoverageRecord, beneficiary, coverage_records
from fhir_mappings.orders.orders import Order
from policies.model.dates import CallDay

_DAY = len("2026-01-01")


class CoverageState(Enum):
    """What is known of the patient's coverage with this payer.

    Unreached: it, or its payor, could not be had. Unseen: it came, and nothing with it that names its payor. Unknown
    member: it came, and the payer's own record has nobody of whom it could be.
    """

    ACTIVE = "active"
    ENDED = "ended"
    NONE = "none"
    SEVERAL = "several"
    FOREIGN = "foreign"
    UNREACHED = "unreached"
    UNSEEN = "unseen"
    UNKNOWN_MEMBER = "unknown-member"


@dataclass(frozen=True, slots=True)
class OwnCoverage:
    """The state, the Coverage where there is just one, and the date on which it ended or begins (as written).

    `member` is what the payer's own record holds, where there is one; `identity` tells the member from every
    other, where a number of the plan does.
    """

    state: CoverageState
    coverage: CoverageRecord | None = None
    until: str = ""
    begins: str = ""
    member: Member | None = None
    identity: MemberIdentity = NOBODY

    @property
    def reference(self) -> str:
        """Return Coverage/id; empty if no single Coverage of ours is known."""
        return self.coverage.reference if self.coverage is not None else ""


def insuring(order: Order) -> OwnCoverage | None:
    """Return the one Coverage that an order names as its insurance, which did not come along; None without one."""
    named = [CoverageRecord(one) for one in order.insurances]
    return OwnCoverage(CoverageState.UNREACHED, named[0]) if len(named) == 1 else None


def of_payors(chart: Chart, failed: Set[str]) -> list[OwnCoverage]:
    """Return the Coverages of which a payor could not be had: its Type/id is among what `failed`."""
    unasked = (one for one in coverage_records(chart) if any(payor.reference in failed for payor in one.payors))
    return [OwnCoverage(CoverageState.UNREACHED, one) for one in unasked]


def own_coverage(
    chart: Chart, payer: frozenset[tuple[str, str]], on: CallDay, directory: Directory | None = None
) -> OwnCoverage:
    """Find the patient's coverage with the payer (pairs of identifier system and value) on the day of a call.

    With a directory of members it is known from there whether it runs, whatever the Coverage says of it.
    """
    found, person = _sent(coverage_records(chart), payer, on), beneficiary(chart)
    coverage = found.coverage
    if coverage is None:
        return found
    if directory is not None and found.state is not CoverageState.UNSEEN:
        found = _recorded(coverage, person, on, directory)
    return replace(found, identity=member_identity(coverage, person.born, found.member))


def _recorded(coverage: CoverageRecord, person: Beneficiary, on: CallDay, directory: Directory) -> OwnCoverage:
    """Return a coverage as the payer's own record has it."""
    member = directory.find(coverage, person)
    if member is None:
        return OwnCoverage(CoverageState.UNKNOWN_MEMBER, coverage)
    if member.runs(on):
        return OwnCoverage(CoverageState.ACTIVE, coverage, member=member)
    until = member.end.isoformat() if member.end is not None and member.end < on else ""
    begins = member.start.isoformat() if member.start is not None and not until else ""
    return OwnCoverage(CoverageState.ENDED, coverage, until, begins, member)


def _sent(valid: tuple[CoverageRecord, ...], payer: frozenset[tuple[str, str]], on: CallDay) -> OwnCoverage:
    """Find the coverage by what came along alone."""
    ours = [one for one in valid if not payer.isdisjoint(one.payor_identifiers)]
    running = [one for one in ours if _runs(one, on)]
    if len(running) == 1:
        return OwnCoverage(CoverageState.ACTIVE, running[0])
    if running:
        return OwnCoverage(CoverageState.SEVERAL)
    # One whose payor nobody saw may be ours and run: until that is known, none is another's, and none has ended.
    unseen = [one for one in valid if _runs(one, on) and any(payor.is_unseen for payor in one.payors)]
    latest = max(ours, key=_end, default=None)
    if unseen:
        return OwnCoverage(CoverageState.UNSEEN, unseen[0] if len(unseen) == 1 else latest)
    if latest is not None:
        return _ended(latest)
    return OwnCoverage(CoverageState.FOREIGN if valid else CoverageState.NONE)


def _ended(coverage: CoverageRecord) -> OwnCoverage:
    until = coverage.end
    begins = coverage.start if not until else ""
    return OwnCoverage(CoverageState.ENDED, coverage, until[:_DAY], begins[:_DAY])


def _end(coverage: CoverageRecord) -> date:
    end = span(coverage.end)
    return end.last if end else date.min


def _runs(coverage: CoverageRecord, on: CallDay) -> bool:
    """Whether a coverage is active on a day; an unreadable date does not end it."""
    start, end = span(coverage.start), span(coverage.end)
    begun = start is None or start.first <= on
    return coverage.status != "cancelled" and begun and (end is None or end.last >= on)
