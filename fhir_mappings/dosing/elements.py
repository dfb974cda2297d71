"""The elements of a MedicationRequest that say how much, how often and how long; FHIR R4, Dosage and Timing.

They are decoded apart from the order, and only when somebody asks for the dose: what cannot be read here never makes
an order unreadable.
"""

from decimal import Decimal

import msgspec

from fhir_mappings.clinical.values import Quantity, QuantityRange, Ratio
from fhir_mappings.r4.resources import CodeableConcept, Period


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A piece of a resource; unknown members are skipped."""


class Repeat(_Part, frozen=True, gc=False):
    """R4 Timing.repeat."""

    bounds_period: Period | None = None
    count: int | None = None
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


class Timing(_Part, frozen=True, gc=False):
    """R4 Timing."""

    event: tuple[str, ...] = ()
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(_Part, frozen=True, gc=False):
    """R4 Dosage.doseAndRate."""

    dose_quantity: Quantity | None = None
    dose_range: QuantityRange | None = None
    rate_quantity: Quantity | None = None
    rate_ratio: Ratio | None = None


class Dosage(_Part, frozen=True, gc=False):
    """R4 Dosage."""

    sequence: int | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    modifier_extension: msgspec.Raw = msgspec.Raw()


class DispenseRequest(_Part, frozen=True, gc=False):
    """R4 MedicationRequest.dispenseRequest."""

    quantity: Quantity | None = None
    number_of_repeats_allowed: int | None = None
    validity_period: Period | None = None


class _Ordered(_Part, frozen=True, gc=False):
    dosage_instruction: msgspec.Raw = msgspec.Raw()
    dispense_request: msgspec.Raw = msgspec.Raw()


_ORDERED = msgspec.json.Decoder(_Ordered)
_DOSAGES = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_DOSAGE = msgspec.json.Decoder(Dosage)
_DISPENSE = msgspec.json.Decoder(DispenseRequest)


def elements(order: msgspec.Raw) -> tuple[tuple[Dosage | None, ...], DispenseRequest | None]:
    """Return the dosage instructions of an order, None for one that cannot be read, and what is to be dispensed."""
    ordered = _ORDERED.decode(order)
    return tuple(_dosages(ordered.dosage_instruction)), _dispense(ordered.dispense_request)


def _dosages(raw: msgspec.Raw) -> list[Dosage | None]:
    if not bytes(raw):
        return []
    try:
        return [_dosage(one) for one in _DOSAGES.decode(raw)]
    except msgspec.ValidationError:
        return [None]


def _dosage(raw: msgspec.Raw) -> Dosage | None:
    try:
        return _DOSAGE.decode(raw)
    except msgspec.ValidationError:
        return None


def _dispense(raw: msgspec.Raw) -> DispenseRequest | None:
    try:
        return _DISPENSE.decode(raw) if bytes(raw) else None
    except msgspec.ValidationError:
        return None
