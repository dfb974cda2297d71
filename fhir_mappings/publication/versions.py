"""The version of a policy as a semantic version: the one place that maps a day to it and back.

A policy's version is the day from which it holds (2026-05-06). Engines for CQL read the version of a library as a
semantic version (semver.org, 2: three numbers without leading zeros), and fail at a date: a library of that policy is
2026.5.6. Forms and value sets keep the day: what names them was sent out long ago, and nobody reads it as numbers.
"""

import re
from datetime import date

SEMVER = "semver"
"""The code of the algorithm by which such versions are compared (FHIR, CodeSystem version-algorithm)."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def semantic(day: date) -> str:
    """Return the semantic version of a policy version."""
    return f"{day.year}.{day.month}.{day.day}"


def as_semantic(version: str) -> str:
    """Return a version that is written as a day as a semantic one, and any other as it is."""
    if not _DAY.fullmatch(version):
        return version
    try:
        return semantic(date.fromisoformat(version))
    except ValueError:
        return version


def rank(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions of one resource, the older first: their numbers, whichever way they are written."""
    return tuple(int(one) for one in re.findall(r"\d+", version)), version
