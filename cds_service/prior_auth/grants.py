"""How little a changed approval may be: days and units that leave the service possible.

Less is a denial by another name: without a criterion, a reason, and a medical director where the operator wants one.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fhir_mappings.clinical.dates import span
from policies.model.determination import Authorization

TIME_TO_GIVE = timedelta(days=14)
"""By when a first dose can be had, from the day on which it is authorized and asked for; no source sets it."""


def least_end(asked: tuple[str, str], today: date) -> date:
    """Return the earliest last day of an approval that begins today, for a service on days as written.

    The service can be begun: two weeks from its first day on, or all of its days where they are fewer. Days that are
    not named, cannot be read or are over leave it open when it begins.
    """
    first, last = (span(one) if one else None for one in asked)
    begins = max(today, first.first) if first is not None else today
    is_ahead = last is not None and last.last >= begins
    return min(begins + TIME_TO_GIVE, last.last) if last is not None and is_ahead else begins + TIME_TO_GIVE


def units_of_a_dose(report: Mapping[str, Any]) -> int | None:
    """Return the billing units of one dose by the report of a determination; None where they are not known."""
    quantity = (report.get("dosing") or {}).get("quantity") or {}
    units, doses = quantity.get("units"), quantity.get("doses")
    return -(-int(units) // int(doses)) if units and doses else None


def asked_beyond(asked: tuple[str, str], given: Authorization) -> date | None:
    """Return the last day that was asked for where it lies after what is authorized; else None."""
    last = span(asked[1]) if asked[1] else None
    return last.last if last is not None and last.last > given.end else None
