"""The dosing of a policy file, with the checks that a schema cannot make."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from policies.building.draft import Draft
from policies.model.dosing import Bill, DoseStep, Dosing, WeightRules

_HERE = "dosing"


def dosing(draft: Draft) -> Dosing:
    """Build the dosing; faults are noted in the draft."""
    entry = draft.content[_HERE]
    schedule = tuple(_step(draft, index, row) for index, row in enumerate(entry["schedule"]))
    _check_days(draft, schedule)
    return Dosing(
        schedule=schedule,
        note=entry["note"],
        tolerance_percent=entry["tolerance_percent"],
        vial_mg=tuple(Decimal(size) for size in entry["vial_mg"]),
        bill=Bill(entry["bill"]),
        weight=_weight(draft, entry.get("weight"), schedule),
        sources=tuple(entry["sources"]),
    )


def _step(draft: Draft, index: int, row: dict[str, Any]) -> DoseStep:
    path = (_HERE, "schedule", index)
    if ("mg" in row) == ("mg_per_kg" in row):
        draft.fault(path, "A dose is given in mg or in mg per kg", "give one of 'mg' and 'mg_per_kg'")
    amounts = (_number(row.get("mg")), _number(row.get("mg_per_kg")))
    timing = (row["every_days"], row["from_day"], row.get("only_for", ""))
    return DoseStep(row["step"], row["when"], row["route"], *amounts, *timing)


def _number(figure: int | Decimal | None) -> Decimal | None:
    return None if figure is None else Decimal(figure)


def _check_days(draft: Draft, schedule: tuple[DoseStep, ...]) -> None:
    path = (_HERE, "schedule")
    if schedule[0].from_day != 1 or schedule[0].only_for:
        draft.fault((*path, 0), "The schedule does not begin on day 1, for everybody", "write 'from_day: 1' here")
    for index, (before, step) in enumerate(pairwise(schedule), 1):
        if step.from_day <= before.from_day:
            cause = f"Day {step.from_day} does not lie after day {before.from_day}, which stands above it"
            draft.fault((*path, index, "from_day"), cause, "put the rows in the order of their days")


def _weight(draft: Draft, entry: dict[str, Any] | None, schedule: tuple[DoseStep, ...]) -> WeightRules | None:
    by_weight = any(step.mg_per_kg is not None and step.mg is None for step in schedule)
    if by_weight != (entry is not None):
        cause = "A dose goes by weight" if by_weight else "No dose goes by weight"
        mend = "add 'weight': which tests, and how old it may be" if by_weight else "delete 'weight'"
        draft.fault((_HERE, "weight") if entry else (_HERE,), cause, mend)
    if entry is None:
        return None
    draft.check_codes((_HERE, "weight", "tests"), entry["tests"])
    return WeightRules(entry["tests"], entry["within_days"], entry["agree_percent"], entry["slip_percent"])
