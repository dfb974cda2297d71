"""The arithmetic of doses, vials and units, and what a dosing section may not say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from policy_texts import ELRANATAMAB, MARGETUXIMAB, built, only_fault

from policies.files.problems import place
from policies.model.dates import last_day
from policies.model.dosing import Bill

BREAST = built(MARGETUXIMAB).figures.dosing
MYELOMA = built(ELRANATAMAB).figures.dosing
HALF_A_YEAR = 183


def steps(day: int) -> list[str]:
    return [one.step for one in MYELOMA.open_on(day)]


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (1, "Step-up 1", "Every week"),
        (3, "Step-up 1", "Every week"),
        (4, "Step-up 2", "Every week"),
        (7, "Step-up 2", "Every week"),
        (8, "First treatment dose", "Every week"),
        (14, "First treatment dose", "Every week"),
        (15, "Every week", "Every week"),
        (168, "Every week", "Every week"),
        (169, "Every week", "Every 2 weeks"),
        (336, "Every week", "Every 2 weeks"),
        (337, "Every week", "Every 4 weeks"),
    ],
)
def test_the_rows_of_a_day_of_treatment(day: int, first: str, last: str) -> None:
    assert (steps(day)[0], steps(day)[-1]) == (first, last)


@pytest.mark.parametrize(
    ("day", "days", "doses"),
    [
        (1, 1, [1]),
        (1, 3, [1]),
        (1, 4, [1, 1]),
        (1, 7, [1, 1]),
        (1, 8, [1, 1, 1]),
        (1, 14, [1, 1, 1]),
        (1, 15, [1, 1, 1, 1]),
        (1, HALF_A_YEAR, [1, 1, 1, 25]),
        (16, 7, [1]),
        (16, 8, [2]),
        (400, HALF_A_YEAR, [27]),
    ],
)
def test_the_doses_of_a_time(day: int, days: int, doses: list[int]) -> None:
    assert [one.doses for one in MYELOMA.planned(day, days)] == doses


@pytest.mark.parametrize(("days", "doses"), [(1, 1), (21, 1), (22, 2), (HALF_A_YEAR, 9), (189, 9), (190, 10)])
def test_a_dose_every_three_weeks(days: int, doses: int) -> None:
    assert [one.doses for one in BREAST.planned(50, days)] == [doses]


@pytest.mark.parametrize(
    ("mg", "vials", "units"),
    [
        ("750", [("250", 3)], 150),
        ("750.15", [("250", 4)], 151),
        ("1050", [("250", 5)], 210),
        ("1051", [("250", 5)], 211),
        ("1", [("250", 1)], 1),
    ],
)
def test_vials_and_units_are_rounded_up(mg: str, vials: list[tuple[str, int]], units: int) -> None:
    assert [(str(size), number) for size, number in BREAST.vials(Decimal(mg))] == vials
    assert BREAST.units(Decimal(mg), Decimal(5)) == units


@pytest.mark.parametrize(
    ("mg", "vials", "units"),
    [
        ("12", [("44", 1)], 44),
        ("44", [("44", 1)], 44),
        ("44.1", [("76", 1)], 76),
        ("76", [("76", 1)], 76),
        ("76.1", [("44", 2)], 88),
        ("88.1", [("76", 1), ("44", 1)], 120),
        ("152", [("76", 2)], 152),
    ],
)
def test_the_vials_with_the_least_waste_are_billed(mg: str, vials: list[tuple[str, int]], units: int) -> None:
    assert [(str(size), number) for size, number in MYELOMA.vials(Decimal(mg))] == vials
    assert MYELOMA.units(Decimal(mg), Decimal(1)) == units


def test_of_equal_waste_the_fewer_vials_are_taken() -> None:
    dosing = replace(BREAST, vial_mg=(Decimal(50), Decimal(100)), bill=Bill.VIALS)
    assert dosing.vials(Decimal(100)) == ((Decimal(100), 1),)


def test_the_tolerance_goes_both_ways() -> None:
    assert (BREAST.lowest, BREAST.highest) == (Decimal("0.9"), Decimal("1.1"))
    assert (MYELOMA.lowest, MYELOMA.highest) == (1, 1)


@pytest.mark.parametrize(
    ("name", "edit", "where", "cause", "mend"),
    [
        (
            MARGETUXIMAB,
            ("  weight: {tests: body-weight-tests, within_days: 30, agree_percent: 10, slip_percent: 80}\n", ""),
            "dosing",
            "A dose goes by weight",
            "add 'weight': which tests, and how old it may be",
        ),
        (
            ELRANATAMAB,
            (
                "  bill: vials\n",
                "  bill: vials\n  weight: {tests: ecog-tests, within_days: 30, agree_percent: 10, slip_percent: 80}\n",
            ),
            "dosing.weight",
            "No dose goes by weight",
            "delete 'weight'",
        ),
        (
            MARGETUXIMAB,
            ("{tests: body-weight-tests,", "{tests: body-weights,"),
            "dosing.weight.tests",
            "'body-weights' is no pinned value set of codes",
            "pin it under 'value_sets'",
        ),
        (
            MARGETUXIMAB,
            ("mg_per_kg: 15, every_days: 21, from_day: 1}", "mg_per_kg: 15, every_days: 21, from_day: 2}"),
            "dosing.schedule[0]",
            "The schedule does not begin on day 1, for everybody",
            "write 'from_day: 1' here",
        ),
        (
            ELRANATAMAB,
            ("mg: 76, every_days: 0, from_day: 8}", "mg: 76, every_days: 0, from_day: 4}"),
            "dosing.schedule[2].from_day",
            "Day 4 does not lie after day 4, which stands above it",
            "put the rows in the order of their days",
        ),
        (
            ELRANATAMAB,
            ("  bill: vials\n", "  bill: bottles\n"),
            "dosing.bill",
            "'bottles' is not allowed here",
            "use one of: dose, vials",
        ),
    ],
)
def test_a_dosing_that_cannot_be_is_a_fault(
    name: str, edit: tuple[str, str], where: str, cause: str, mend: str
) -> None:
    fault = only_fault(name, edit)
    assert (place(fault.path), fault.cause) == (where, cause)
    assert mend in fault.mend


@pytest.mark.parametrize(
    ("start", "last"), [(date(2026, 6, 1), date(2026, 11, 30)), (date(2026, 8, 31), date(2027, 2, 27))]
)
def test_a_period_of_months(start: date, last: date) -> None:
    assert last_day(start, 6) == last
