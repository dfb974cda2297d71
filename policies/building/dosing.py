"""The dosing of a policy file, with the checks that a schema cannot make."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from policies.building.draft import Draft
from policies.files.problems import Path
from policies.model.dosing import Bill, DoseStep, Dosing, WeightRules


def dosing(draft: Draft, entry: dict[str, Any] | None, here: Path = ("dosing",)) -> Dosing | None:
    """Build a dosing that stands at a path of the file; faults are noted in the draft. None where there is none."""
    if entry is None:
        return None
    schedule = tuple(_step(draft, (*here, "schedule", index), row) for index, row in enumerate(entry["schedule"]))
    _check_days(draft, schedule, here)
    if ("bill" in entry) != ("billing" in draft.content["product"]):
        cause = "A dose is billed, and the product has no billing code" if "bill" in entry else "'bill' is missing here"
        mend = "add 'billing' to the product, or delete 'bill'" if "bill" in entry else "write dose or vials"
        draft.fault((*here, "bill") if "bill" in entry else here, cause, mend)
    if entry.get("bill") == Bill.VIALS.value and "vial_mg" not in entry:
        draft.fault((*here, "bill"), "Vials are billed, and none is named", "add 'vial_mg'")
    return Dosing(
        schedule=schedule,
        note=entry["note"],
        tolerance_percent=entry["tolerance_percent"],
        vial_mg=tuple(Decimal(size) for size in entry.get("vial_mg", ())),
        bill=Bill(entry.get("bill", Bill.DOSE.value)),
        weight=_weight(draft, entry.get("weight"), schedule, here),
        sources=tuple(entry["sources"]),
    )


def _step(draft: Draft, path: Path, row: dict[str, Any]) -> DoseStep:
    if ("mg" in row) == ("mg_per_kg" in row):
        draft.fault(path, "A dose is given in mg or in mg per kg", "give one of 'mg' and 'mg_per_kg'")
    amounts = (_number(row.get("mg")), _number(row.get("mg_per_kg")))
    timing = (row["every_days"], row["from_day"], row.get("only_for", ""))
    return DoseStep(row["step"], row["when"], row["route"], *amounts, *timing)


def _number(figure: int | Decimal | None) -> Decimal | None:
    return None if figure is None else Decimal(figure)


def _check_days(draft: Draft, schedule: tuple[DoseStep, ...], here: Path) -> None:
    path = (*here, "schedule")
    if schedule[0].from_day != 1 or schedule[0].only_for:
        draft.fault((*path, 0), "The schedule does not begin on day 1, for everybody", "write 'from_day: 1' here")
    for index, (before, step) in enumerate(pairwise(schedule), 1):
        if step.from_day <= before.from_day:
            cause = f"Day {step.from_day} does not lie after day {before.from_day}, which stands above it"
            draft.fault((*path, index, "from_day"), cause, "put the rows in the order of their days")


def _weight(
    draft: Draft, entry: dict[str, Any] | None, schedule: tuple[DoseStep, ...], here: Path
) -> WeightRules | None:
    by_weight = any(step.mg_per_kg is not None and step.mg is None for step in schedule)
    if by_weight != (entry is not None):
        cause = "A dose goes by weight" if by_weight else "No dose goes by weight"
        mend = "add 'weight': which tests, and how old it may be" if by_weight else "delete 'weight'"
        draft.fault((*here, "weight") if entry else here, cause, mend)
    if entry is None:
        return None
    draft.check_codes((*here, "weight", "tests"), entry["tests"])
    return WeightRules(entry["tests"], entry["within_days"], entry["agree_percent"], entry["slip_percent"])
