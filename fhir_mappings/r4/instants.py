"""Instants as forms and packages bear them. Source: FHIR R4, "instant" and "dateTime"."""

from datetime import UTC, datetime


def written_now() -> str:
    """Return this moment, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def instant(written: object) -> datetime | None:
    """Return an instant; None for what is none, or lacks its time zone: such times cannot be distinguished."""
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
