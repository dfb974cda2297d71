"""How much an authorization allows: the doses of its time by the schedule, in whole billing units."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from fhir_mappings.dosing.ordered import Instruction
from fhir_mappings.dosing.verdict import Comparison
from fhir_mappings.dosing.weight import rounded
from policies.model.determination import Allowance
from policies.model.dosing import DoseStep, Planned
from policies.model.figures import Product
from policies.model.notes import Note, Said, Series


def allowance(comparison: Comparison, product: Product, planned: tuple[Planned, ...] | None) -> Allowance | None:
    """Add up the doses of a plan.

    None where there is no certain plan, the weight is not known, or the policy names no unit that is billed.
    """
    if not planned or not product.billing_code:
        return None
    amounts = [milligrams(comparison, one.step) for one in planned]
    doses = [(one.doses, mg) for one, mg in zip(planned, amounts, strict=True) if mg is not None]
    if len(doses) < len(planned):
        return None
    dosing = comparison.dosing
    units = sum(number * dosing.units(mg, Decimal(product.unit_mg)) for number, mg in doses)
    vials = sum(number * sum(count for _, count in dosing.vials(mg)) for number, mg in doses)
    return Allowance(
        units=units,
        unit=Note("dosing.unit", code=product.billing_code, mg=product.unit_mg),
        doses=sum(number for number, _ in doses),
        vials=vials,
        words=_words(comparison, doses),
    )


def milligrams(comparison: Comparison, row: DoseStep) -> Decimal | None:
    """Return the policy's dose of a row in mg; of two weights of the newest day, by the greater one."""
    bounds = comparison.bounds(row, per_kg=False)
    return bounds[1] if bounds is not None else None


def _words(comparison: Comparison, doses: Iterable[tuple[int, Decimal]]) -> Said:
    by_mg: dict[Decimal, int] = {}
    for number, mg in doses:
        by_mg[mg] = by_mg.get(mg, 0) + number
    doses_by_mg = Series(tuple(Note("dosing.doses", n=number, mg=rounded(mg)) for mg, number in by_mg.items()))
    weight = comparison.weight
    if weight is None or weight.high is None:
        return doses_by_mg
    return Note("dosing.doses_by_weight", doses=doses_by_mg, kg=rounded(weight.high))


def plan(
    comparison: Comparison, days: Iterable[int], instructions: Iterable[Instruction | None], start: date, end: date
) -> tuple[Planned, ...] | None:
    """Return the doses of an authorization by the schedule; None where the schedule leaves a choice open.

    `days` are the days of treatment that its first day can be. Where the schedule has several intervals for that day,
    the order's own one chooses.
    """
    length = (end - start).days + 1
    repeated = [row for row in comparison.rows if row.every_days]
    if len({row.every_days for row in repeated}) > 1:
        chosen = _chosen(repeated, instructions)
        if chosen is None:
            return None
        return (Planned(chosen, (length - 1) // chosen.every_days + 1),)
    plans = {comparison.dosing.planned(day, length) for day in days}
    return plans.pop() if len(plans) == 1 else None


def _chosen(rows: Iterable[DoseStep], instructions: Iterable[Instruction | None]) -> DoseStep | None:
    """Return the row whose interval the order states."""
    stated = [one.every for one in instructions if one is not None and one.every is not None]
    if len(stated) != 1 or stated[0].low != stated[0].high:
        return None
    return next((row for row in rows if row.every_days == stated[0].low), None)
