"""Changes of the dosing: figures of the schedule moved, rows, vials and conditions dropped, the billing exchanged."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from policies.files.problems import Path
from policies.model.dosing import Bill, DoseStep, Dosing, WeightRules
from policies.model.figures import Figures
from policies.model.policy import Indication, Indications, Policy
from policies.mutations.mutation import moved, moved_a_tenth

_HERE = "dosing"
_Changed = tuple[Path, str, Dosing]


def dosing_changes(policy: Policy) -> Iterator[tuple[Path, str, Policy]]:
    """Yield every change of how a drug is given and billed, and of how long an authorization lasts."""
    figures = policy.figures
    for path, what, changed in _of_dosing(figures.dosing):
        yield (_HERE, *path), what, replace(policy, figures=replace(figures, dosing=changed))
    if policy.indications is not None:
        yield from _of_indications(policy, policy.indications)
    doses = any(view.figures.dosing is not None for view in policy.views)
    for path, what, other in (*(_of_unit(figures) if doses else ()), *_of_months(figures)):
        yield path, what, replace(policy, figures=other)


def _of_indications(policy: Policy, several: Indications) -> Iterator[tuple[Path, str, Policy]]:
    """Yield the changes of what an indication says for itself."""
    for title, one in several.covered.items():
        for path, what, changed in _of_indication(one):
            covered = {**several.covered, title: changed}
            yield ("indications", one.word, *path), what, replace(policy, indications=replace(several, covered=covered))


def _of_indication(one: Indication) -> Iterator[tuple[Path, str, Indication]]:
    for path, what, changed in _of_dosing(one.dosing):
        yield (_HERE, *path), what, replace(one, dosing=changed)
    for sign, months in moved(one.months, least=1) if one.months is not None else ():
        yield ("authorization_months",), sign, replace(one, months=months)


def _of_unit(figures: Figures) -> Iterator[tuple[Path, str, Figures]]:
    for sign, size in _moved(Decimal(figures.product.unit_mg)) if figures.product.billing_code else ():
        yield ("product", "billing", "unit_mg"), sign, replace(figures, product=replace(figures.product, unit_mg=size))


def _of_months(figures: Figures) -> Iterator[tuple[Path, str, Figures]]:
    for sign, months in moved(figures.authorization_months, least=1):
        yield ("authorization_months",), sign, replace(figures, authorization_months=months)


def _of_dosing(dosing: Dosing | None) -> Iterator[_Changed]:
    if dosing is None:
        return
    for index, row in enumerate(dosing.schedule):
        path: Path = ("schedule", index)
        for inner, what, rows in _of_row(row, last=len(dosing.schedule) == 1):
            schedule = (*dosing.schedule[:index], *rows, *dosing.schedule[index + 1 :])
            yield (*path, *inner), what, replace(dosing, schedule=schedule)
    for sign, percent in moved(dosing.tolerance_percent, least=0):
        yield ("tolerance_percent",), sign, replace(dosing, tolerance_percent=percent)
    yield from _of_vials(dosing)
    if dosing.vial_mg:
        other = Bill.VIALS if dosing.bill is Bill.DOSE else Bill.DOSE
        yield ("bill",), f"becomes {other.value}", replace(dosing, bill=other)
    for sign, what, rules in _of_weight(dosing.weight):
        yield ("weight", sign), what, replace(dosing, weight=rules)


def _of_row(row: DoseStep, *, last: bool) -> Iterator[tuple[Path, str, tuple[DoseStep, ...]]]:
    """Yield the changes of a row; a schedule of one row keeps it, and the first row keeps its day."""
    if not last and row.from_day > 1:
        yield (), "dropped", ()
    for name in ("mg", "mg_per_kg"):
        figure = getattr(row, name)
        for sign, amount in _moved(figure) if figure is not None else ():
            yield (name,), sign, (replace(row, **_member(name, amount)),)
    for name in ("every_days", "from_day"):
        figure = getattr(row, name)
        for sign, days in moved(figure, least=1) if figure > (name == "from_day") else ():
            yield (name,), sign, (replace(row, **_member(name, days)),)
    if row.only_for:
        yield ("only_for",), "dropped", (replace(row, only_for=""),)


def _moved(figure: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Yield a figure a tenth up and down; nothing that is no amount any more."""
    return ((sign, other) for sign, other in moved_a_tenth(figure) if other > 0)


def _member(name: str, value: object) -> dict[str, Any]:
    return {name: value}


def _of_vials(dosing: Dosing) -> Iterator[_Changed]:
    sizes = dosing.vial_mg
    for index, size in enumerate(sizes):
        for sign, other in _moved(size):
            yield ("vial_mg", index), sign, replace(dosing, vial_mg=(*sizes[:index], other, *sizes[index + 1 :]))
        if len(sizes) > 1:
            yield ("vial_mg", index), "dropped", replace(dosing, vial_mg=(*sizes[:index], *sizes[index + 1 :]))


def _of_weight(rules: WeightRules | None) -> Iterator[tuple[str, str, WeightRules]]:
    if rules is None:
        return
    for sign, days in moved(rules.within_days, least=1):
        yield "within_days", sign, replace(rules, within_days=days)
    for sign, percent in moved(rules.agree_percent, least=0):
        yield "agree_percent", sign, replace(rules, agree_percent=percent)
    for sign, percent in moved(rules.slip_percent, least=1):
        yield "slip_percent", sign, replace(rules, slip_percent=percent)
