"""The ordered drug in the chart: whether it was given before, and so whether the request is a continuation."""

from datetime import timedelta

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.r4.dates import Span
from fhir_mappings.therapy.treatments import Treatment, treatments
from policies.model.policy import RequestKind


def own_records(reading: Reading) -> tuple[Treatment, ...]:
    """Return the records of the policy's own drug; they never count as earlier therapy."""
    drug = reading.policy.figures.product.drug
    return tuple(one for one in reading.once(treatments) if one.drug == drug)


def first_dose(reading: Reading) -> Span | None:
    """Return when the policy's drug was first given, as far as the record is dated; None if it never was."""
    given = (one.start for one in reading.once(own_records) if one.given and one.start is not None)
    return min(given, key=lambda start: (start.last, start.first), default=None)


def request_kind(reading: Reading, *, authorized: bool = False) -> RequestKind:
    """Tell initial from continuation: the first dose lies at least the policy's days before the order.

    A first dose that is only dated to the month or year must lie so far back on every day it can mean. `authorized`
    says that an authorization of the payer's own has run: what it was given for was begun, whatever the chart holds.
    """
    if authorized:
        return RequestKind.CONTINUATION
    start = reading.once(first_dose)
    latest = reading.as_of - timedelta(days=reading.policy.after_days)
    return RequestKind.CONTINUATION if start is not None and start.last <= latest else RequestKind.INITIAL
