"""The dates of a case: days of the calendar, or counted from the day of its order (`order - 8d`).

    2026-05-18, 2026-05, "2026"    a day, a month, a year
    order                          the day of the order
    order - 8d, order + 3d         so many days before or after it: a day
    order - 2m                     so many months before its month: a month
    order - 5y                     so many years before its year: a year

What is counted from the order stays true when the order is moved, as to a new version of the policy.
"""

import re
from datetime import date, timedelta
from typing import Any

DATED = ("on", "from", "to", "over since")
"""The words of a line, of a chart or of a table of lines, under which a date stands."""

DATED_VERBS = ("born", "deceased")
"""The verbs that are about a date."""

_WHEN = frozenset({*DATED, *DATED_VERBS})
_COUNTED = re.compile(r"order(?: ([-+]) ([0-9]+)([dmy]))?")


def by_calendar(text: str) -> bool:
    """Say whether a date is a month or a year: it covers other days of the calendar wherever the order stands."""
    counted = _COUNTED.fullmatch(text)
    if counted is not None:
        return counted[3] in {"m", "y"}
    return re.fullmatch(r"[0-9]{4}(-[0-9]{2})?", text) is not None


def dated(part: Any, order: date) -> Any:
    """Return a part of a case with every date that is counted from the order written as a day, a month or a year.

    Raises OverflowError for a date outside of the calendar.
    """
    if isinstance(part, list):
        return [dated(inner, order) for inner in part]
    if isinstance(part, dict):
        return {word: _when(inner, order) if word in _WHEN else dated(inner, order) for word, inner in part.items()}
    return part


def _when(value: Any, order: date) -> Any:
    return on_calendar(value, order) if isinstance(value, str) else dated(value, order)


def on_calendar(text: str, order: date) -> str:
    """Return a date as FHIR writes it (YYYY-MM-DD, YYYY-MM or YYYY); what is not counted is returned as it stands.

    Raises OverflowError for a date outside of the calendar.
    """
    counted = _COUNTED.fullmatch(text)
    if counted is None:
        return text
    sign, number, unit = counted[1] or "+", int(counted[2] or 0), counted[3] or "d"
    steps = -number if sign == "-" else number
    return _day(order, steps) if unit == "d" else _month(order, steps) if unit == "m" else _year(order.year + steps)


def _day(order: date, steps: int) -> str:
    return (order + timedelta(days=steps)).isoformat()


def _month(order: date, steps: int) -> str:
    year, month = divmod(order.year * 12 + order.month - 1 + steps, 12)
    return f"{_year(year)}-{month + 1:02}"


def _year(year: int) -> str:
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"the year {year} is outside of the calendar")
    return f"{year:04}"
