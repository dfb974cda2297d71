"""FHIR dates, which may be given to the year, the month or the day.

A partial date is the span of days that it can mean; a comparison holds only if it holds for every day of the span.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from policies.model.dates import OrderDate
from policies.terminology.short_texts import remembered


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a date as written can mean: first and last are equal for a full date.

    `instant` is there for a time with its zone: two such times are distinguished exactly, on whatever day each was.
    """

    first: date
    last: date
    written: str
    instant: datetime | None = field(default=None, compare=False)

    def surely_before(self, other: "Span") -> bool:
        """Whether every day of this span lies before every day of the other."""
        return self.last < other.first

    def may_be_as_late_as(self, other: "Span") -> bool:
        """Return whether some moment of this is not before the other's start; exact where both have time and zone."""
        if self.instant is not None and other.instant is not None and self.instant >= other.instant:
            return True
        return self.last >= other.first

    def days_before(self, day: OrderDate) -> tuple[int, int]:
        """Return the least and the greatest number of days by which this lies before an order."""
        after: date = day
        return (after - self.last).days, (after - self.first).days

    def surely_within(self, days: int, start: "Span") -> bool:
        """Whether this lies at most so many days after a start, whatever days both mean."""
        return self.last <= start.first + timedelta(days=days)

    def surely_after(self, days: int, start: "Span") -> bool:
        """Whether this lies more than so many days after a start, whatever days both mean."""
        return self.first > start.last + timedelta(days=days)


@remembered()
def span(written: str | None) -> Span | None:
    """Read a FHIR date, dateTime or instant; the time of day is left out. None if it is absent or no date.

    Remembered, since one decision asks for the same dates many times.
    """
    if not written:
        return None
    try:
        return _SPANS[min(len(written), 10)](written)
    except (KeyError, ValueError):
        return None


def day(written: str | None) -> date | None:
    """Read a FHIR date that is given to the day; None if it is absent, partial or no date."""
    found = span(written)
    return found.first if found and found.first == found.last else None


def _year(text: str) -> Span:
    return Span(date(int(text), 1, 1), date(int(text), 12, 31), text)


def _month(text: str) -> Span:
    year, month = int(text[:4]), int(text[5:7])
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]), text)


def _day(text: str) -> Span:
    found = date.fromisoformat(text[:10])
    return Span(found, found, text[:10], _instant(text))


def _instant(text: str) -> datetime | None:
    if len(text) <= len("2026-01-01"):
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else None


_SPANS = {4: _year, 7: _month, 10: _day}
