"""Courses: the records of one drug that lie no further apart than a gap, from the first day to the last.

Reading 12 of the payer: a record of the running regimen on or after a new drug's first day makes an addition of it.
A date that can mean several days is taken as long as it can be: an overlap that may be is not ruled out. A gap may be
missing records, and these never make two therapies out of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappings.therapy.treatments import Treatment


@dataclass(frozen=True, slots=True)
class Courses:
    """The courses of every drug, the oldest first, each as its first and last day on record."""

    by_drug: Mapping[str, tuple[tuple[date, date], ...]]

    def goes_on(self, drug: str, day: date) -> date | None:
        """Return the last day of a course of a drug that had begun before a day and is on record on or after it."""
        found = (last for first, last in self.by_drug.get(drug, ()) if first < day <= last)
        return next(found, None)

    def comes_again(self, drug: str, new: str, day: date, window: timedelta) -> date | None:
        """Return the first day of a course of a drug that was given with a new one, begun on a day; None without one.

        It begins within the window, or while the new one goes on for the days of it: records that just touch are those
        of one after the other.
        """
        ends = [last for first, last in self.by_drug.get(new, ()) if first <= day <= last]
        latest = max((day + window, *(last - window for last in ends)))
        return next((first for first, _ in self.by_drug.get(drug, ()) if day <= first <= latest), None)

    def end_before(self, drug: str, day: date) -> date | None:
        """Return the end of a drug's last course before a day; a single day on record shows none."""
        first, last = max((one for one in self.by_drug.get(drug, ()) if one[1] < day), default=(day, day))
        return last if first < last else None


def courses(records: Iterable[Treatment], gap_days: int) -> Courses:
    """Join the dated records of each drug into courses; `records` come in the order of their first days."""
    found: dict[str, list[tuple[date, date]]] = {}
    for one in records:
        if one.start is None:
            continue
        first, last = one.start.first, (one.end or one.start).last
        known = found.setdefault(one.drug, [])
        if known and (first - known[-1][1]).days <= gap_days:
            known[-1] = known[-1][0], max(known[-1][1], last)
        else:
            known.append((first, last))
    return Courses({drug: tuple(known) for drug, known in found.items()})
