"""How an order that is above the policy's dose could be changed: the dose alone, wherever the order states it.

There is none where the change would leave another statement of the old dose behind, or where a number of the order is
not the dose itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from fhir_mappings.dosing.ordered import Amount, Instruction, Mention, mentions
from fhir_mappings.dosing.verdict import Comparison
from fhir_mappings.dosing.words import said_dose, written
from policies.model.dosing import DoseStep
from policies.model.notes import Note, Said, together

_WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class NewValue:
    """A number to write: the place in doseAndRate, its member, and the number in the unit that stands there."""

    index: int
    element: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """One dose of the policy, as a change of the order's only dosage instruction; `texts` are its changed texts."""

    steps: tuple[str, ...]
    dose: Said
    values: tuple[NewValue, ...]
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Target:
    """The policy's dose in mg per kg and in mg, as far as they are known."""

    per_kg: Decimal | None
    mg: Decimal | None

    def of(self, *, per_kg: bool) -> Decimal | None:
        return self.per_kg if per_kg else self.mg


def corrections(comparison: Comparison, instructions: tuple[Instruction | None, ...]) -> Iterator[Correction]:
    """Yield a correction for each dose that the order can be for, in the order of the schedule."""
    (one, *others) = instructions
    if one is None or others:
        return
    by_target: dict[_Target, list[DoseStep]] = {}
    for row in comparison.rows:
        by_target.setdefault(_target(comparison, row), []).append(row)
    for target, rows in by_target.items():
        values, texts = _values(one, target), _texts(one, target)
        if values is not None and texts is not None:
            dose = together(*_said(one.amounts, target), between=" = ")
            yield Correction(tuple(row.step for row in rows), dose, values, texts)


def _target(comparison: Comparison, row: DoseStep) -> _Target:
    """Return the dose of a row; one by weight in whole mg, by the lesser of two weights of the newest day."""
    bounds = comparison.bounds(row, per_kg=False)
    if bounds is None:
        return _Target(row.mg_per_kg, None)
    mg = bounds[0]
    return _Target(row.mg_per_kg, mg if row.mg is not None else mg.quantize(_WHOLE, ROUND_HALF_UP))


def _values(one: Instruction, target: _Target) -> tuple[NewValue, ...] | None:
    found: list[NewValue] = []
    for index, amount in enumerate(one.amounts):
        dose = target.of(per_kg=amount.per_kg) if amount is not None and amount.element else None
        if amount is None or dose is None:
            return None
        found.append(NewValue(index, amount.element, dose / amount.unit_size))
    return tuple(found)


def _texts(one: Instruction, target: _Target) -> tuple[tuple[str, str], ...] | None:
    """Return the texts with the new dose in the place of the old; None if one names a dose that is not the order's."""
    found: list[tuple[str, str]] = []
    for name, text in one.texts:
        changed = _text(text, one.amounts, target)
        if changed is None:
            return None
        if changed != text:
            found.append((name, changed))
    return tuple(found)


def _text(text: str, amounts: Iterable[Amount | None], target: _Target) -> str | None:
    stated = {(one.low, one.per_kg) for one in amounts if one is not None and one.low == one.high}
    for mention in reversed(mentions(text)):
        dose = target.of(per_kg=mention.per_kg)
        if dose is None or (mention.amount, mention.per_kg) not in stated:
            return None
        text = _replaced(text, mention, dose)
    return text


def _replaced(text: str, mention: Mention, dose: Decimal) -> str:
    return f"{text[: mention.start]}{written(dose / mention.unit_size)}{text[mention.end :]}"


def _said(amounts: Iterable[Amount | None], target: _Target) -> Iterator[Note]:
    for per_kg in dict.fromkeys(one.per_kg for one in amounts if one is not None):
        dose = target.of(per_kg=per_kg)
        if dose is not None:
            yield said_dose(written(dose), per_kg=per_kg)
