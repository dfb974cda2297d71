"""Dates, times and numbers as people of a language write them: by Babel, from the Unicode CLDR."""

import re
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import TypeGuard

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time

_MONTH = len("2026-11")
_ISO = re.compile(r"\d{4}-\d\d(?:-\d\d)?")


def day(language: str, when: date | str) -> str:
    """Return a date, or a part of one (ISO), as people of the language write it; what is no date stays as it is."""
    text, locale = str(when), _locale(language)
    try:
        first = date.fromisoformat(f"{text}-01-01"[:10] if len(text) != _MONTH else f"{text}-01")
    except ValueError:
        return text
    if locale is None or len(text) < _MONTH:
        return text
    if len(text) == _MONTH:
        return str(format_skeleton("yMMM", first, locale=locale))
    return str(format_date(first, "medium", locale=locale))


def moment(language: str, at: datetime) -> str:
    """Return a day with the time of day (UTC), as people of the language write them."""
    locale = _locale(language)
    clock = str(format_time(at, "short", tzinfo=UTC, locale=locale)) if locale is not None else f"{at:%H:%M}"
    return f"{day(language, at.date())} {clock} UTC"


def is_day(value: object) -> TypeGuard[date | str]:
    """Whether a figure is a date, or a part of one that names a month."""
    if isinstance(value, str):
        return _ISO.fullmatch(value) is not None
    return isinstance(value, date)


@lru_cache(maxsize=256)
def ending(language: str, number: int) -> str:
    """Return by which ending a sentence is chosen for a number; the numbers of sentences are small, and few."""
    locale = _locale(language)
    rule = locale.plural_form(number) if locale is not None else ""
    return "one" if rule == "one" or (not rule and number == 1) else "many"


@cache
def _locale(language: str) -> Locale | None:
    """Return how a language writes dates; None for one that is not known."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None
