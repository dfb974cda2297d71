"""Three questions have three dates, each a type of its own: mypy refuses one in the place of another.

The order's date chooses the version of a policy, and is what look-backs count from. The day of the call says whether a
coverage runs and an authorization holds. The date of a piece of evidence is a span of days, since it may be partial:
`fhir_mappings.clinical.dates.Span`.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import NewType

OrderDate = NewType("OrderDate", date)
"""The date that an order is judged by: its own, else the day of the call on which it came first."""

CallDay = NewType("CallDay", date)
"""The day on which a call is answered, by the clock at the rim."""


def begins(order: OrderDate, call: CallDay) -> date:
    """Return the first day of an authorization: nothing is authorized before it is ordered, nor for days gone by."""
    return max(order, call)


def last_day(start: date, months: int) -> date:
    """Return the last day of a period of so many months: from 2026-06-01 six months last through 2026-11-30."""
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    after = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return after - timedelta(days=1)
