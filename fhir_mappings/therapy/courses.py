"""Courses: the records of one drug that lie no further apart than a gap, from the first day to the last.

Reading 12 of the payer: a record of the running regimen on or after a new drug's first day makes an addition of it.
A date that can mean several days is taken as long as it can be: an overlap that may be is not ruled out. A gap may be
missing records, and these never make two therapies out of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.treatments import Treatment


class Course(NamedTuple):
    """The first and last day of a course, and the longest time in it of which no record says anything, in days.

    `begun` is the first day of its last record, `end` what a record gives as its end; None where none gives one.
    """

    first: date
    last: date
    begun: date
    widest: int = 0
    end: Span | None = None

    def is_on_record_on(self, start: Span) -> bool:
        """Whether it had begun before another drug was started, and was given on or after that drug's first day.

        An end in the month or on the day in which the other begins is none: one was given up for the other.
        """
        if not self.first < start.first <= self.last:
            return False
        return self.begun >= start.first or self.end is None or not _touch(self.end, start)


def _touch(end: Span, start: Span) -> bool:
    """Whether an end and a start are given as the same day, month or year, or as a month and a day of it."""
    wide, narrow = sorted((end, start), key=lambda one: one.first - one.last)
    is_same = wide.first == narrow.first and wide.last == narrow.last
    return is_same or (wide.first <= narrow.first and narrow.last <= wide.last and wide.first.month == wide.last.month)


@dataclass(frozen=True, slots=True)
class Courses:
    """The courses of every drug, the oldest first."""

    by_drug: Mapping[str, tuple[Course, ...]]
    gap_days: int

    def goes_on(self, drug: str, start: Span) -> date | None:
        """Return the last day of a course of a drug that had begun before a start and is on record on or after it."""
        return next((one.last for one in self.by_drug.get(drug, ()) if one.is_on_record_on(start)), None)

    def comes_again(self, drug: str, new: str, day: date, window: timedelta) -> date | None:
        """Return the first day of a course of a drug that was given with a new one, begun on a day; None without one.

        It begins within the window, or while the new one goes on for the days of it: records that just touch are those
        of one after the other.
        """
        latest = max(day + window, self.until(new, day) - window)
        return next((one.first for one in self.by_drug.get(drug, ()) if day <= one.first <= latest), None)

    def until(self, drug: str, day: date) -> date:
        """Return the last day of the course of a drug that is on record on a day; that day without one."""
        return max((one.last for one in self.by_drug.get(drug, ()) if one.first <= day <= one.last), default=day)

    def before(self, drug: str, day: date) -> Course | None:
        """Return a drug's last course before a day; None without one."""
        return max((one for one in self.by_drug.get(drug, ()) if one.last < day), default=None)

    def shows_its_end(self, course: Course) -> bool:
        """Whether a course was recorded so steadily that no more records mean that it had ended.

        A single day on record shows no end. Half the days of a gap: cycles are of three or four weeks, and where every
        second record is missing, so may the last ones be.
        """
        return course.first < course.last and 2 * course.widest <= self.gap_days


def courses(records: Iterable[Treatment], gap_days: int) -> Courses:
    """Join the dated records of each drug into courses; `records` come in the order of their first days."""
    found: dict[str, list[Course]] = {}
    for one in records:
        if one.start is None:
            continue
        first, last = one.start.first, (one.end or one.start).last
        known = found.setdefault(one.drug, [])
        running = known[-1] if known and (first - known[-1].last).days <= gap_days else None
        if running is None:
            known.append(Course(first, last, first, end=one.end))
        else:
            widest = max(running.widest, (first - running.last).days)
            end = one.end if last > running.last else running.end
            known[-1] = Course(running.first, max(running.last, last), first, widest, end)
    return Courses({drug: tuple(known) for drug, known in found.items()}, gap_days)
