"""When something was, as people write it in a history: to the year or the month, in English and Spanish."""

import re
from typing import NamedTuple

from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.text_forms.words import plain

_MONTHS = ("jan|ene", "feb", "mar", "apr|abr", "may", "jun", "jul", "aug|ago", "sep|set", "oct", "nov", "dec|dic")
_MONTH = re.compile("|".join(f"({one})" for one in _MONTHS))
_FULL, _SHORT, _MM = "(?P<year>(?:19|20)[0-9]{2})", "(?P<short>[0-9]{2})", "(?P<month>0?[1-9]|1[0-2])"
_NAMED = rf"(?P<named>{'|'.join(_MONTHS)})[a-z]{{0,7}}\.?"
_FORMS = tuple(
    re.compile(rf"(?<![a-z0-9/]){form}(?![0-9]|/[0-9])")
    for form in (
        rf"{_FULL}-(?P<month>0[1-9]|1[0-2])(?:-[0-3][0-9])?",
        rf"{_MM}/(?:[0-3]?[0-9]/)?{_FULL}",
        rf"{_MM}/[0-3]?[0-9]/{_SHORT}",
        rf"{_NAMED}(?: [0-3]?[0-9](?:st|nd|rd|th)?,)?(?:[-/, ]| del? )? ?{_FULL}",
        rf"{_NAMED} ?'{_SHORT}",
        rf"{_MM}/(?P<unsure>[0-9]{{2}})",
        rf"'?{_FULL}",
    )
)
"""The forms, of those that begin together the more exact one first."""


class WrittenDay(NamedTuple):
    """A day, month or year as written; one that is not `sure` may be a day of a month: 02/22."""

    span: Span
    sure: bool


def first_day(text: str, last_year: int) -> WrittenDay | None:
    """Return the first day, month or year that a text names, none after a year; None if it names none."""
    words, hits = plain(text), list[tuple[int, int, WrittenDay]]()
    for at, form in enumerate(_FORMS):
        for hit in form.finditer(words):
            if (found := _read(hit.groupdict(), last_year)) is not None:
                hits.append((hit.start(), at, found))
                break
    return min(hits, key=lambda one: one[:2])[2] if hits else None


def _read(parts: dict[str, str | None], last_year: int) -> WrittenDay | None:
    unsure = parts.get("unsure")
    short = parts.get("short") or unsure
    year = int(parts.get("year") or f"20{short}")
    named = _MONTH.match(parts.get("named") or "")
    month = (named.lastindex or 0) if named is not None else int(parts.get("month") or 0)
    # Two figures after the year of the order are a day.
    found = span(f"{year}-{month:02}" if month else str(year)) if not short or year <= last_year else None
    return WrittenDay(found, unsure is None) if found is not None else None
