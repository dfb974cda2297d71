"""On which days the orders of moved cases stand, so that the cases come out as before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from policies.model.dates import last_day
from policies.testcases.case_dates import DATED, DATED_VERBS, by_calendar
from policies.testcases.casebook import Case

AMOUNTS = frozenset({"doses", "vials", "units"})
"""What a case may expect of an authorization's length: months are not all as long."""

_DAYS_TRIED, _YEARS_TRIED = 400, 8


@dataclass(frozen=True, slots=True)
class Landing:
    """Where cases are moved to: from `edge` on, or where `back` is set from `edge` backwards, but not before `floor`.

    `months` is how long an authorization of the policy lasts.
    """

    edge: date
    months: int
    back: bool = False
    floor: date = date.min

    def distance(self, cases: Sequence[Case]) -> timedelta:
        """Return how far cases that belong together are moved: the least on which all is as where they stand.

        Cases with a month or a year in them keep the day of the year; those that expect amounts keep the length of an
        authorization. Where no such day is near, the nearest is taken, and the cases will tell.
        """
        days = [case.order.judged_on for case in cases]
        outermost = max(days) if self.back else min(days)
        exact = self._same_day_of_the_year(outermost) if any(map(_by_calendar, cases)) else self._days()
        room = [day - outermost for day in chain(exact, self._days()) if min(days) + (day - outermost) >= self.floor]
        counting = [case.order.judged_on for case in cases if _counts_amounts(case)]
        fitting = (one for one in room if all(self._length(day + one) == self._length(day) for day in counting))
        return next(fitting, room[0] if room else self.edge - outermost)

    def _days(self) -> Iterator[date]:
        step = timedelta(days=-1 if self.back else 1)
        return (self.edge + number * step for number in range(_DAYS_TRIED))

    def _same_day_of_the_year(self, own: date) -> Iterator[date]:
        step = -1 if self.back else 1
        days = (_in_year(own, self.edge.year + step * number) for number in range(_YEARS_TRIED))
        return (day for day in days if (day <= self.edge if self.back else day >= self.edge))

    def _length(self, day: date) -> int:
        return (last_day(day, self.months) - day).days


def _in_year(day: date, year: int) -> date:
    """Return the same day of another year; for 29 February the day before it."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def _by_calendar(case: Case) -> bool:
    said = (entry.about for entry in case.chart if entry.verb in DATED_VERBS)
    words = (entry.word(word) for entry in case.chart for word in DATED)
    return any(map(by_calendar, chain(words, *said)))


def _counts_amounts(case: Case) -> bool:
    return any(case.expect.dose.get(name) for name in AMOUNTS)
