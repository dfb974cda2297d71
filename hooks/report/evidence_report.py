"""A piece of evidence in the report of an order."""

from policies.model.findings import Evidence


def evidence_report(item: Evidence) -> dict[str, str]:
    """Report a piece of evidence: which resource, what it shows, its date (maybe empty)."""
    return {"reference": item.reference, "summary": item.summary, "date": item.date}
