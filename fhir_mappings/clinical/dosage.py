"""What an order says of how much, how often and how long, as it stands there: nothing is worked out yet."""

from decimal import Decimal
from typing import NamedTuple

from fhir_mappings.clinical.values import Concept, Quantity, QuantityRange, Ratio


class Repeat(NamedTuple):
    """How often something is given in a time, and how long each time; `starts` is the first day, as written."""

    starts: str = ""
    times: int | None = None
    duration: Decimal | None = None
    duration_max: Decimal | None = None
    duration_unit: str | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


class Timing(NamedTuple):
    """When something is given: at stated times (`event`), again and again, or by a code."""

    event: tuple[str, ...]
    repeat: Repeat | None
    code: Concept | None


class DoseAndRate(NamedTuple):
    """One dose: an amount, a range of amounts, or a rate."""

    dose_quantity: Quantity | None
    dose_range: QuantityRange | None
    rate_quantity: Quantity | None
    rate_ratio: Ratio | None


class Dosage(NamedTuple):
    """One dosage instruction; one that `is_modified` has something in it that turns what it says."""

    text: str | None
    patient_instruction: str | None
    timing: Timing | None
    dose_and_rate: tuple[DoseAndRate, ...]
    is_modified: bool


class DispenseRequest(NamedTuple):
    """How much is to be dispensed each time, and how many times more."""

    quantity: Quantity | None
    number_of_repeats_allowed: int | None


class OrderedDosage(NamedTuple):
    """The dosage instructions of an order, None for one that cannot be read, and what is to be dispensed."""

    instructions: tuple[Dosage | None, ...] = ()
    dispense: DispenseRequest | None = None
