"""What is said of doses, intervals and rows of the schedule."""

from collections.abc import Iterable
from decimal import Decimal

from fhir_mappings.dosing.ordered import Amount, Instruction
from policies.model.dosing import DoseStep
from policies.model.notes import Note, Said, Series, together

_FINE = Decimal("0.001")


def said_instructions(ordered: Iterable[Instruction | None]) -> Said:
    """Say what an order asks for; empty if it states no dose and no text."""
    return together(*map(_instruction, ordered), between="; ")


def _instruction(one: Instruction | None) -> Said:
    if one is None:
        return Note("dosing.unread")
    amounts = together(*map(said_amount, one.amounts), between=" = ")
    often = Note("dosing.every", days=_span(one.every.low, one.every.high)) if one.every is not None else ""
    is_shown = not amounts or one.contradicts_itself
    hints = [Note("dosing.text", text=text) for _, text in one.texts] if is_shown else []
    return together(amounts, often, *hints)


def said_amount(amount: Amount | None) -> Note:
    """Say a dose that an order states."""
    if amount is None:
        return Note("dosing.unread")
    return said_dose(_span(amount.low, amount.high), per_kg=amount.per_kg)


def said_dose(amount: str, *, per_kg: bool) -> Note:
    """Say a number of mg, or of mg per kg."""
    return Note("dosing.mg_per_kg" if per_kg else "dosing.mg", amount=amount)


def said_rows(rows: Iterable[DoseStep]) -> Said:
    """Say rows of the schedule, each dose and interval once."""
    return together(*dict.fromkeys(map(_row, rows)), between="; ")


def _row(row: DoseStep) -> Said:
    per_kg = row.mg is None
    dose = said_dose(written((row.mg_per_kg if per_kg else row.mg) or Decimal(0)), per_kg=per_kg)
    return Series((dose, Note("dosing.every", days=row.every_days)), " ") if row.every_days else dose


def written(number: Decimal) -> str:
    """Write a number without needless zeros."""
    return f"{number.quantize(_FINE).normalize():f}"


def _span(low: Decimal, high: Decimal) -> str:
    return written(low) if low == high else f"{written(low)} - {written(high)}"
