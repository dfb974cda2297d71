"""Doses, intervals and rows of the schedule in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.dosing.ordered import Amount, Instruction
from fhir_mappings.wording import Wording
from policies.model.dosing import DoseStep

_FINE = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Words:
    """Says doses in one language."""

    say: Wording

    def instructions(self, ordered: Iterable[Instruction | None]) -> str:
        """Say what an order asks for; empty if it states no dose and no text."""
        return "; ".join(part for part in map(self._instruction, ordered) if part)

    def _instruction(self, one: Instruction | None) -> str:
        if one is None:
            return self.say("dosing.unread")
        amounts = " = ".join(self.amount(amount) for amount in one.amounts)
        often = self.say("dosing.every", days=_span(one.every.low, one.every.high)) if one.every is not None else ""
        hints = (
            [self.say("dosing.text", text=text) for _, text in one.texts]
            if not amounts or one.contradicts_itself
            else []
        )
        return " ".join(part for part in (amounts, often, *hints) if part)

    def amount(self, amount: Amount | None) -> str:
        """Say a dose."""
        if amount is None:
            return self.say("dosing.unread")
        return self.dose(_span(amount.low, amount.high), per_kg=amount.per_kg)

    def dose(self, amount: str, *, per_kg: bool) -> str:
        """Say a number of mg, or of mg per kg."""
        return self.say("dosing.mg_per_kg" if per_kg else "dosing.mg", amount=amount)

    def rows(self, rows: Iterable[DoseStep]) -> str:
        """Say rows of the schedule, each dose and interval once."""
        return "; ".join(dict.fromkeys(map(self._row, rows)))

    def _row(self, row: DoseStep) -> str:
        per_kg = row.mg is None
        dose = self.dose(written((row.mg_per_kg if per_kg else row.mg) or Decimal(0)), per_kg=per_kg)
        return " ".join((dose, self.say("dosing.every", days=row.every_days))) if row.every_days else dose


def written(number: Decimal) -> str:
    """Write a number without needless zeros."""
    return f"{number.quantize(_FINE).normalize():f}"


def _span(low: Decimal, high: Decimal) -> str:
    return written(low) if low == high else f"{written(low)} - {written(high)}"
