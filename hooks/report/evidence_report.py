"""A piece of evidence in the report of an order."""

from typing import Any

from policies.model.notes import Evidence


def evidence_report(item: Evidence) -> dict[str, Any]:
    """Report a piece of evidence: which resource, what it shows, its date (maybe empty), of which organ if known."""
    place = {"place": item.place} if item.place else {}
    return {"reference": item.reference, "summary": item.summary, "date": item.date, **place}
