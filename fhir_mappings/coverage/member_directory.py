"""The payer's own record of its members, and which of them a patient with a Coverage is.

A number on the Coverage decides, held against the patient's date of birth, since a family can share a number. Only a
Coverage without a member number is looked up by name and date of birth. Nobody, or more than one: not found.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from fhir_mappings.insurance.coverage_record import Beneficiary, CoverageRecord
from policies.model.dates import CallDay


@dataclass(frozen=True, slots=True)
class Member:
    """A member: number, name, date of birth, the days on which the coverage runs, both counted in, and its line.

    The line of business is empty where the record does not say it.
    """

    number: str
    family: str
    given: str
    birth_date: date
    start: date | None = None
    end: date | None = None
    line_of_business: str = ""

    def __post_init__(self) -> None:
        if not self.number or not self.family:
            raise ValueError("a member has a number and a family name")
        if self.start and self.end and self.end < self.start:
            raise ValueError("a coverage ends no earlier than it starts")

    def runs(self, on: CallDay) -> bool:
        """Whether the coverage runs on a day."""
        return (self.start is None or self.start <= on) and (self.end is None or on <= self.end)


@dataclass(frozen=True, slots=True)
class Directory:
    """All members. `offers_updates` tells whether a Coverage that differs may be corrected on the client's side."""

    members: tuple[Member, ...]
    offers_updates: bool = False
    _by_number: dict[str, list[Member]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _by_name: dict[tuple[str, date], list[Member]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.members:
            self._by_number.setdefault(one.number, []).append(one)
            self._by_name.setdefault((one.family.casefold(), one.birth_date), []).append(one)

    def find(self, coverage: CoverageRecord, person: Beneficiary) -> Member | None:
        """Return the member that a person with a Coverage is; None if it is none, or more than one."""
        numbers = (coverage.subscriber,) if coverage.subscriber else dict.fromkeys(coverage.identifiers)
        found = [one for name in numbers for one in self._by_number.get(name, ()) if _fits(one, person.born)]
        return _only(found) if found or coverage.subscriber else self._by_demographics(person)

    def _by_demographics(self, person: Beneficiary) -> Member | None:
        try:
            day = date.fromisoformat(person.born)
        except ValueError:
            return None
        return _only(
            {
                one.number: one
                for name in person.names
                for one in self._by_name.get((name.family.casefold(), day), ())
                if one.given.casefold() in {given.casefold() for given in name.given}
            }.values()
        )


def _fits(member: Member, born: str) -> bool:
    """Whether a date of birth, which may be of less than a day, is the member's; an unknown one may be."""
    return member.birth_date.isoformat().startswith(born)


def _only(found: Iterable[Member]) -> Member | None:
    members = list(found)
    return members[0] if len(members) == 1 else None
