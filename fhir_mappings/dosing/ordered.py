"""The dose that an order asks for, in every form that R4 has for it; text is a hint that never proves."""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import starmap

from fhir_mappings.clinical.dates import day
from fhir_mappings.clinical.dosage import DispenseRequest, Dosage, DoseAndRate, OrderedDosage, Repeat
from fhir_mappings.clinical.values import Quantity
from fhir_mappings.dosing.timing import Interval, interval
from fhir_mappings.dosing.units import (
    DAYS,
    KILOGRAMS,
    MILLIGRAMS,
    MILLIGRAMS_PER_KILOGRAM,
    MOST_TIMES,
    Sizes,
    measured,
    unit_of,
)

_MENTION = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)\s*(mg/kg|mg|g)(?![\w/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """One dose, or a range of doses, in mg or in mg per kg.

    `element` is the member of doseAndRate that states it, `unit_size` the milligrams of the unit that it is written in;
    no element where the number is worked out of several.
    """

    low: Decimal
    high: Decimal
    per_kg: bool
    element: str
    unit_size: Decimal


@dataclass(frozen=True, slots=True)
class Mention:
    """A dose that stands in a text: where, how much, and whether per kg."""

    start: int
    end: int
    amount: Decimal
    unit_size: Decimal
    per_kg: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One dosage instruction; `amounts` has None for a dose that cannot be read, `timed` tells whether timing could be.

    `texts` are its texts with the member that holds each, `starts` the first day of its bounds.
    """

    amounts: tuple[Amount | None, ...]
    every: Interval | None
    timed: bool
    texts: tuple[tuple[str, str], ...]
    starts: str

    @property
    def contradicts_itself(self) -> bool:
        """Whether the text names a dose that none of the stated amounts is."""
        stated = [one for one in self.amounts if one is not None]
        kinds = {one.per_kg for one in stated}
        named = (mention for _, text in self.texts for mention in mentions(text))
        return any(one.per_kg in kinds and not any(_is(one, amount) for amount in stated) for one in named)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What an order asks for; `in_all_mg` are the milligrams that may be dispensed in all, where they are stated.

    `dispenses` tells whether it says anything of a quantity to dispense.
    """

    instructions: tuple[Instruction | None, ...]
    in_all_mg: Decimal | None
    dispenses: bool


def ordered(dosage: OrderedDosage) -> Ordered:
    """Read the dose that an order states; an instruction that cannot be read is None."""
    dosages, dispense = dosage
    dispenses = dispense is not None and dispense.quantity is not None
    return Ordered(tuple(_instruction(one) for one in dosages), _in_all(dispense), dispenses)


def _in_all(dispense: DispenseRequest | None) -> Decimal | None:
    each = measured(dispense.quantity, MILLIGRAMS) if dispense is not None else None
    repeats = (dispense.number_of_repeats_allowed or 0) if dispense is not None else 0
    return each * (1 + repeats) if each is not None and 0 <= repeats < MOST_TIMES else None


def _instruction(dosage: Dosage | None) -> Instruction | None:
    if dosage is None or dosage.is_modified:
        return None
    repeat = dosage.timing.repeat if dosage.timing is not None else None
    every, timed = interval(dosage.timing)
    written = (("text", dosage.text), ("patientInstruction", dosage.patient_instruction))
    texts = tuple((name, text) for name, text in written if text)
    starts = repeat.starts if repeat is not None and day(repeat.starts) is not None else ""
    amounts = tuple(_amount(one, repeat) for one in dosage.dose_and_rate)
    return Instruction(amounts, every, timed, texts, starts)


def mentions(text: str) -> tuple[Mention, ...]:
    """Return the doses in mg, g or mg/kg that a text names."""
    return tuple(_mention(found) for found in _MENTION.finditer(text))


def _mention(found: re.Match[str]) -> Mention:
    unit = found[2].lower()
    size = MILLIGRAMS.get(unit) or MILLIGRAMS_PER_KILOGRAM[unit]
    amount = Decimal(found[1].replace(",", "")) * size
    return Mention(found.start(1), found.end(1), amount, size, unit in MILLIGRAMS_PER_KILOGRAM)


def _is(mention: Mention, amount: Amount) -> bool:
    return mention.per_kg == amount.per_kg and mention.amount in (amount.low, amount.high)


def _amount(dose: DoseAndRate, repeat: Repeat | None) -> Amount | None:
    """Read one dose; a rate is read only where it says how much, not how fast alone."""
    if dose.dose_quantity is not None:
        return _exact(dose.dose_quantity, "doseQuantity")
    if dose.dose_range is not None:
        return _range(dose.dose_range.low, dose.dose_range.high)
    if dose.rate_quantity is not None:
        return _exact(dose.rate_quantity, "rateQuantity")
    if dose.rate_ratio is not None:
        return _of_ratio(dose.rate_ratio.numerator, dose.rate_ratio.denominator, repeat)
    return None


def _in_milligrams(quantity: Quantity | None) -> tuple[Decimal, Decimal, bool] | None:
    """Return a quantity in mg or mg/kg, the size of its own unit, and whether it is per kg."""
    kinds: tuple[tuple[Sizes, bool], ...] = ((MILLIGRAMS, False), (MILLIGRAMS_PER_KILOGRAM, True))
    for sizes, per_kg in kinds:
        found = measured(quantity, sizes)
        if quantity is not None and found is not None:
            return found, sizes[unit_of(quantity)], per_kg
    return None


def _exact(quantity: Quantity, element: str) -> Amount | None:
    found = _in_milligrams(quantity)
    return Amount(found[0], found[0], found[2], element, found[1]) if found is not None else None


def _range(low: Quantity | None, high: Quantity | None) -> Amount | None:
    first, last = _in_milligrams(low), _in_milligrams(high)
    if first is None or last is None or first[1:] != last[1:] or last[0] < first[0]:
        return None
    return Amount(first[0], last[0], first[2], "doseRange", first[1])


def _of_ratio(top: Quantity | None, bottom: Quantity | None, repeat: Repeat | None) -> Amount | None:
    """Read mg for so many kg; or mg for so long, where the duration is stated as well."""
    milligrams, kilograms = measured(top, MILLIGRAMS), measured(bottom, KILOGRAMS)
    if milligrams is None or bottom is None:
        return None
    if kilograms is not None:
        amount = milligrams / kilograms
        return Amount(amount, amount, per_kg=True, element="", unit_size=Decimal(1))
    times = starmap(_time, ((bottom.value, unit_of(bottom)), _lasting(repeat)))
    per, lasts = times
    if bottom.comparator or not per or not lasts:
        return None
    total = milligrams * lasts / per
    return Amount(total, total, per_kg=False, element="", unit_size=Decimal(1))


def _lasting(repeat: Repeat | None) -> tuple[Decimal | None, str]:
    if repeat is None or repeat.duration_max is not None:
        return None, ""
    return repeat.duration, repeat.duration_unit or ""


def _time(value: Decimal | None, unit: str) -> Decimal | None:
    """Return a time in days; None if it is absent, or no certain number of days."""
    low, high = DAYS.get(unit, (None, None))
    if value is None or low is None or low != high or not 0 < value < MOST_TIMES:
        return None
    return value * low
