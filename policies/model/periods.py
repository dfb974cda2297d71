"""Periods of whole months, as an authorization has them."""

from calendar import monthrange
from datetime import date, timedelta


def last_day(start: date, months: int) -> date:
    """Return the last day of a period of so many months: from 2026-06-01 six months last through 2026-11-30."""
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    after = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return after - timedelta(days=1)
