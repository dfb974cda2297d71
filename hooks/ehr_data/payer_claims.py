"""The payer's own claims of a member, beside what the EHR sends: they prove that drugs were given (reading 23).

A member is found by the number that the Coverage bears, and only if the date of birth agrees: a number alone would let
whoever knows it learn what somebody was treated with. What was used is kept with the call, as what was fetched is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.lacks import Unreadable
from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage
from hooks.ehr_data.fetch_port import NOTHING, Fetched

NAME = "ExplanationOfBenefit?payer"
"""How the payer's own claims are named among what was had for a call."""
_KNOWN = frozenset({CoverageState.ACTIVE, CoverageState.ENDED})
_BEARS_DEPENDENT = 4


@dataclass(frozen=True, slots=True)
class Who:
    """A member by the plan's number, as it is compared (no spaces, capitals), and the date of birth."""

    number: str
    born: date


NOT_READ = "the payer's own claims cannot be read"
TOO_LARGE = f"{NOT_READ}: they are larger than the body of a call may be"


class ClaimsError(Exception):
    """The claims of a member are there and cannot be used; the message names no member."""


class Claims(Protocol):
    """Where the payer's claims are."""

    def of(self, who: Who) -> Sequence[dict[str, msgspec.Raw]]:
        """Return a member's claims as JSON objects; none if there are none; raises ClaimsError."""


class NoClaims:
    """No claims of the payer's own: whose they would be need not be found out."""

    def of(self, who: Who) -> Sequence[dict[str, msgspec.Raw]]:  # noqa: ARG002 - as in Claims
        """Return none."""
        return ()


def held_of(claims: Claims, patient: str, chart: Chart, coverage: OwnCoverage) -> Fetched:
    """Return the payer's claims of the member that a patient is, as a bundle of the patient's own; else nothing.

    Claims that are there and cannot be read are missing: the chart is not whole without them.
    """
    who = _member(chart, coverage)
    if who is None:
        return NOTHING
    try:
        found = claims.of(who)
    except ClaimsError as error:
        return Fetched(missing=(Unreadable(NAME, str(error)),))
    owner = msgspec.Raw(msgspec.json.encode({"reference": f"Patient/{patient}"}))
    entries = [{"resource": {**one, "patient": owner}} for one in found]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return Fetched(((NAME, msgspec.json.encode(bundle)),)) if entries else NOTHING


def _member(chart: Chart, coverage: OwnCoverage) -> Who | None:
    """Return who a coverage is of, if its number is of one member and the date of birth is known to the day."""
    if coverage.state not in _KNOWN or not coverage.identity:
        return None
    try:
        born = date.fromisoformat((chart.patient.birth_date if chart.patient is not None else "") or "")
    except ValueError:
        return None
    number, *rest = coverage.identity[1:]
    is_dependent = len(coverage.identity) == _BEARS_DEPENDENT and coverage.identity[2] == "dependent"
    return Who(f"{number}-{rest[1]}" if is_dependent else number, born)
