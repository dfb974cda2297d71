"""Which Coverage an answer is about: the patient's one coverage with this payer.

Rules: none, several, another payer's, ended. A Coverage is ours if its payor is an organization that bears one of the
payer's identifiers: contained, brought by the call, or named by the identifier alone.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.dates import span
from fhir_mappings.coverage.member_directory import Directory, Member
from fhir_mappings.coverage.member_identity import NOBODY, MemberIdentity, member_identity
from fhir_mappings.r4.elements import Identifier, Reference, identifiers
from fhir_mappings.r4.references import local, named
from fhir_mappings.r4.resources import Resource
from policies.model.dates import CallDay

NO_COVERAGE = frozenset({"entered-in-error", "draft"})
"""The statuses of a Coverage that is none."""


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
    coverage: Resource | None = None
    until: str = ""
    begins: str = ""
    member: Member | None = None
    identity: MemberIdentity = NOBODY

    @property
    def reference(self) -> str:
        """Return Coverage/id; empty if no single Coverage of ours is known."""
        return self.coverage.reference if self.coverage is not None else ""


class _Insured(msgspec.Struct, frozen=True, gc=False):
    insurance: tuple[Reference, ...] = ()


_INSURED = msgspec.json.Decoder(_Insured)


def insuring(order: msgspec.Raw) -> OwnCoverage | None:
    """Return the one Coverage that an order names as its insurance, which did not come along; None without one."""
    try:
        named = {local(one.reference or "") for one in _INSURED.decode(order).insurance}
    except msgspec.ValidationError:
        return None
    found = [pair for pair in named if pair is not None and pair[0] == "Coverage"]
    if len(found) != 1:
        return None
    return OwnCoverage(CoverageState.UNREACHED, Resource(resource_type=found[0][0], id=found[0][1]))


def of_payors(chart: Chart, failed: Set[str]) -> list[OwnCoverage]:
    """Return the Coverages of which a payor could not be had: its Type/id is among what `failed`."""
    valid = (one for one in chart.coverages if one.status not in NO_COVERAGE)
    unasked = (one for one in valid if any("/".join(named(payor) or ()) in failed for payor in one.payor))
    return [OwnCoverage(CoverageState.UNREACHED, one) for one in unasked]


def own_coverage(
    chart: Chart, payer: frozenset[tuple[str, str]], on: CallDay, directory: Directory | None = None
) -> OwnCoverage:
    """Find the patient's coverage with the payer (pairs of identifier system and value) on the day of a call.

    With a directory of members it is known from there whether it runs, whatever the Coverage says of it.
    """
    found = _recorded(chart, _sent(chart, payer, on), on, directory)
    if found.coverage is None:
        return found
    return replace(found, identity=member_identity(found.coverage, chart.patient, found.member))


def _recorded(chart: Chart, found: OwnCoverage, on: CallDay, directory: Directory | None) -> OwnCoverage:
    """Return a coverage as the payer's own record has it, where there is one."""
    if directory is None or found.coverage is None or found.state is CoverageState.UNSEEN:
        return found
    member = directory.find(found.coverage, chart.patient)
    if member is None:
        return OwnCoverage(CoverageState.UNKNOWN_MEMBER, found.coverage)
    if member.runs(on):
        return OwnCoverage(CoverageState.ACTIVE, found.coverage, member=member)
    until = member.end.isoformat() if member.end is not None and member.end < on else ""
    begins = member.start.isoformat() if member.start is not None and not until else ""
    return OwnCoverage(CoverageState.ENDED, found.coverage, until, begins, member)


def _sent(chart: Chart, payer: frozenset[tuple[str, str]], on: CallDay) -> OwnCoverage:
    """Find the coverage by what came along alone."""
    valid = [one for one in chart.coverages if one.status not in NO_COVERAGE]
    ours = [one for one in valid if _is_ours(chart, one, payer)]
    running = [one for one in ours if _runs(one, on)]
    if len(running) == 1:
        return OwnCoverage(CoverageState.ACTIVE, running[0])
    if running:
        return OwnCoverage(CoverageState.SEVERAL)
    # One whose payor nobody saw may be ours and run: until that is known, none is another's, and none has ended.
    unseen = [one for one in valid if _runs(one, on) and any(_is_unseen(chart, one, payor) for payor in one.payor)]
    latest = max(ours, key=_end, default=None)
    if unseen:
        return OwnCoverage(CoverageState.UNSEEN, unseen[0] if len(unseen) == 1 else latest)
    if latest is not None:
        return _ended(latest)
    return OwnCoverage(CoverageState.FOREIGN if valid else CoverageState.NONE)


def _ended(coverage: Resource) -> OwnCoverage:
    period = coverage.period
    until = (period.end or "") if period else ""
    begins = (period.start or "") if period and not until else ""
    return OwnCoverage(CoverageState.ENDED, coverage, until[:10], begins[:10])


def _end(coverage: Resource) -> date:
    end = span(coverage.period.end) if coverage.period else None
    return end.last if end else date.min


def _runs(coverage: Resource, on: CallDay) -> bool:
    """Whether a coverage is active on a day; an unreadable date does not end it."""
    period = coverage.period
    start, end = (span(period.start), span(period.end)) if period else (None, None)
    begun = start is None or start.first <= on
    return coverage.status != "cancelled" and begun and (end is None or end.last >= on)


def _is_ours(chart: Chart, coverage: Resource, payer: frozenset[tuple[str, str]]) -> bool:
    return any(_pair(one) in payer for payor in coverage.payor for one in _named(chart, coverage, payor))


def _is_unseen(chart: Chart, coverage: Resource, payor: Reference) -> bool:
    """Whether a payor is an Organization that did not come: nobody can say here that it is another's."""
    pair = local(payor.reference or "")
    is_asked_for = pair is not None and pair[0] == "Organization" and payor.identifier is None
    return is_asked_for and chart.resolve(payor, coverage) is None


def _named(chart: Chart, coverage: Resource, payor: Reference) -> tuple[Identifier, ...]:
    organization = chart.resolve(payor, coverage)
    found = identifiers(organization.identifier) if organization is not None else ()
    return (*found, payor.identifier) if payor.identifier is not None else found


def _pair(identifier: Identifier) -> tuple[str, str]:
    return identifier.system or "", identifier.value or ""
