"""The milligrams a day that a record of a treatment states: of one plain dosage with one plain interval (R4 Dosage)."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from fhir_mappings.clinical.values import Quantity
from fhir_mappings.r4.resources import Resource, decoded
from fhir_mappings.text_forms.quantities import measured
from policies.terminology.scales import NO_SCALE

_DAYS: Mapping[str, Decimal] = MappingProxyType({"d": Decimal(1), "wk": Decimal(7), "h": Decimal(1) / 24})


class _Repeat(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    frequency: int | None = None
    period: Decimal | None = None
    period_unit: str | None = None


class _Timing(msgspec.Struct, frozen=True, gc=False):
    repeat: _Repeat | None = None


class _Dose(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    dose_quantity: Quantity | None = None


class _Dosage(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    timing: _Timing | None = None
    dose_and_rate: tuple[_Dose, ...] = ()


def daily_milligrams(resource: Resource) -> Decimal | None:
    """Return the milligrams a day; None where a record has no dosage that says it, or several."""
    told = (*decoded(resource.dosage, _Dosage), *decoded(resource.dosage_instruction, _Dosage))
    if len(told) != 1 or len(told[0].dose_and_rate) != 1 or told[0].timing is None:
        return None
    repeat = told[0].timing.repeat
    dose = measured(told[0].dose_and_rate[0].dose_quantity, "mg", NO_SCALE)
    if repeat is None or dose is None or dose.only is None or not repeat.frequency or not repeat.period:
        return None
    length = _DAYS.get(repeat.period_unit or "")
    return (dose.only * repeat.frequency / (repeat.period * length)).normalize() if length is not None else None
