"""The order's date, the day of the call and the date of evidence cannot be put in each other's place."""

from datetime import date

import pytest
from mypy import api

from policies.model.dates import CallDay, OrderDate, begins

HEAD = """
from datetime import date
from fhir_mappings.clinical.dates import Span
from policies.model.dates import CallDay, OrderDate, begins
order, call = OrderDate(date(2026, 1, 1)), CallDay(date(2026, 1, 2))
seen = Span(date(2026, 1, 1), date(2026, 1, 1), "2026-01-01")
"""
REFUSED = ("begins(call, order)", "begins(date(2026, 1, 1), call)", "seen.days_before(call)", "begins(seen, call)")


def test_mypy_refuses_to_mix_the_three_dates() -> None:
    code = HEAD + "\n".join(("begins(order, call)", "seen.days_before(order)", *REFUSED))
    out, _, _ = api.run(["--config-file=", "--follow-imports=silent", "-c", code])
    faulty = {int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line}
    first = len(HEAD.splitlines()) + 3
    assert faulty == set(range(first, first + len(REFUSED))), out


@pytest.mark.parametrize(("order", "call", "first"), [(1, 2, 2), (2, 2, 2), (3, 2, 3)])
def test_an_authorization_begins_on_the_later_of_both(order: int, call: int, first: int) -> None:
    days = OrderDate(date(2026, 1, order)), CallDay(date(2026, 1, call))
    assert begins(*days) == date(2026, 1, first)
