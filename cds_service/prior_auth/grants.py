"""How much an approval allows, and how little a changed one may: days and units that leave the service possible.

Less is a denial by another name: without a criterion, a reason, and a medical director where the operator wants one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fhir_mappings.clinical.dates import span
from fhir_mappings.prior_auth.json_values import text
from policies.model.determination import Allowance, Authorization
from policies.model.notes import Note

UNITS = frozenset({"", "un", "unit", "units", "{unit}", "{units}", "1"})
DOSES = frozenset({"dose", "doses", "{dose}", "{doses}", "vs"})

_MOST_UNITS = 1_000_000
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


def too_little(end: date | None, units: int | None, least: date, dose: int | None) -> Note | None:
    """Return why nothing could be given under a changed approval; None where something can."""
    if end is not None and end < least:
        return Note("review.too_short", least=least)
    return Note("review.too_few", dose=dose) if units is not None and dose is not None and units < dose else None


def units_of_a_dose(report: Mapping[str, Any]) -> int | None:
    """Return the billing units of one dose by the report of a determination; None where they are not known."""
    quantity = (report.get("dosing") or {}).get("quantity") or {}
    units, doses = quantity.get("units"), quantity.get("doses")
    return -(-int(units) // int(doses)) if units and doses else None


def asked_beyond(asked: tuple[str, str], given: Authorization) -> date | None:
    """Return the last day that was asked for where it lies after what is authorized; else None."""
    last = span(asked[1]) if asked[1] else None
    return last.last if last is not None and last.last > given.end else None


def unit_of(quantity: Mapping[str, Any]) -> str:
    """Return the unit of a quantity as it is compared: its code, else its words, in small letters."""
    return (text(quantity.get("code")) or text(quantity.get("unit"))).lower()


def is_order_itself(quantity: Mapping[str, Any]) -> bool:
    """Whether a quantity asks for what is ordered, and for no amount: none is named, or one of nothing (as in X12)."""
    return not quantity or (quantity.get("value") == 1 and unit_of(quantity) in UNITS)


def is_slip(units: int) -> bool:
    """Return whether so many units are a slip of the keys; less than one would be a denial by another name."""
    return not 1 <= units <= _MOST_UNITS


def allowed(whole: Allowance | None, quantity: Mapping[str, Any]) -> Allowance | None:
    """Return how much an approval allows of `whole`, what its days come to by the policy's dose, if it is this much.

    None where that is not known, or comes to no dose: then nothing is said of a quantity at the next signing.
    """
    if whole is None or is_order_itself(quantity):
        return whole
    units = _units(whole, quantity)
    doses = units * whole.doses // whole.units if units is not None else 0
    if units is None or not doses:
        return None
    return replace(
        whole, units=units, doses=doses, vials=whole.vials * doses // whole.doses, words=Note("review.as_decided")
    )


def _units(whole: Allowance, quantity: Mapping[str, Any]) -> int | None:
    value, unit = quantity.get("value"), unit_of(quantity)
    if not isinstance(value, int | Decimal) or value != int(value):
        return None
    if unit in UNITS:
        return int(value)
    return int(value) * whole.units // whole.doses if unit in DOSES else None
