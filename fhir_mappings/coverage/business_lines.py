"""The member's line of business: what the payer's own record says, else what the Coverage's kind, plan or group says.

Source: FHIR R4, Coverage.type and Coverage.class. Which of their codes mean which line is data of the payer's. Where
they say nothing, or say two lines, it is not known: no policy for certain lines is chosen then.
"""

from dataclasses import dataclass

from fhir_mappings.coverage.coverages import OwnCoverage
from fhir_mappings.insurance.coverage_record import CoverageRecord


@dataclass(frozen=True, slots=True)
class BusinessLine:
    """A line of business: its name in policies (`holds_for`), and by what a Coverage shows it.

    `types` are codes of Coverage.type, as (system, code); `classes` plans and groups, as (code of the class, value).
    """

    name: str
    types: frozenset[tuple[str, str]] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()

    def is_shown_by(self, coverage: CoverageRecord) -> bool:
        """Whether the kind, plan or group of a Coverage is of this line."""
        return not self.types.isdisjoint(coverage.types) or not self.classes.isdisjoint(coverage.classes)


@dataclass(frozen=True, slots=True)
class BusinessLines:
    """The payer's lines of business; `always` is the one by which all is judged, where somebody names it."""

    lines: tuple[BusinessLine, ...] = ()
    always: str = ""

    def of(self, own: OwnCoverage) -> str:
        """Return the name of the line that a coverage is of; empty where it is not known."""
        if self.always:
            return self.always
        if own.member is not None and own.member.line_of_business:
            return own.member.line_of_business
        found = [one.name for one in self.lines if own.coverage is not None and one.is_shown_by(own.coverage)]
        return found[0] if len(found) == 1 else ""
