"""The elements that say how much, how often, how long and by which route: FHIR R4, Dosage, Timing, Medication.form.

They are decoded apart from their record, and only where somebody asks for them: what cannot be read here never makes a
record unreadable.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from fhir_mappings.clinical import dosage
from fhir_mappings.clinical.records import RouteSaid
from fhir_mappings.clinical.values import Concept, Quantity, QuantityRange, Ratio
from fhir_mappings.r4.elements import CodeableConcept, Period, concepts


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A piece of a resource; unknown members are skipped."""


class _Repeat(_Part, frozen=True, gc=False):
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

    @property
    def value(self) -> dosage.Repeat:
        """Return the same as a clinical value."""
        starts = self.bounds_period.start or "" if self.bounds_period is not None else ""
        return dosage.Repeat(
            starts,
            self.count,
            self.duration,
            self.duration_max,
            self.duration_unit,
            self.frequency,
            self.frequency_max,
            self.period,
            self.period_max,
            self.period_unit,
            self.day_of_week,
            self.time_of_day,
            self.when,
        )


class _Timing(_Part, frozen=True, gc=False):
    """R4 Timing."""

    event: tuple[str, ...] = ()
    repeat: _Repeat | None = None
    code: CodeableConcept | None = None

    @property
    def value(self) -> dosage.Timing:
        """Return the same as a clinical value."""
        return dosage.Timing(self.event, self.repeat.value if self.repeat is not None else None, self.code)


class _DoseAndRate(_Part, frozen=True, gc=False):
    """R4 Dosage.doseAndRate."""

    dose_quantity: Quantity | None = None
    dose_range: QuantityRange | None = None
    rate_quantity: Quantity | None = None
    rate_ratio: Ratio | None = None

    @property
    def value(self) -> dosage.DoseAndRate:
        """Return the same as a clinical value."""
        return dosage.DoseAndRate(self.dose_quantity, self.dose_range, self.rate_quantity, self.rate_ratio)


class _Dosage(_Part, frozen=True, gc=False):
    """R4 Dosage."""

    sequence: int | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: _Timing | None = None
    dose_and_rate: tuple[_DoseAndRate, ...] = ()
    modifier_extension: msgspec.Raw = msgspec.Raw()

    @property
    def value(self) -> dosage.Dosage:
        """Return the same as a clinical value."""
        timing = self.timing.value if self.timing is not None else None
        doses = tuple([one.value for one in self.dose_and_rate])
        is_modified = bytes(self.modifier_extension) not in (b"", b"[]")
        return dosage.Dosage(self.text, self.patient_instruction, timing, doses, is_modified)


class _DispenseRequest(_Part, frozen=True, gc=False):
    """R4 MedicationRequest.dispenseRequest."""

    quantity: Quantity | None = None
    number_of_repeats_allowed: int | None = None
    validity_period: Period | None = None


class _Given(_Part, frozen=True, gc=False):
    """R4 MedicationAdministration.dosage, as far as it says how much was given."""

    dose: Quantity | None = None
    rate_quantity: Quantity | None = None
    rate_ratio: Ratio | None = None
    text: str | None = None


_GIVEN = msgspec.json.Decoder(_Given)
_DOSAGES = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_DOSAGE = msgspec.json.Decoder(_Dosage)
_DISPENSE = msgspec.json.Decoder(_DispenseRequest)


def giving(raw: msgspec.Raw) -> tuple[bool, tuple[str, ...]]:
    """Return whether a dosage states a dose of zero, or without a dose a rate of zero; and its texts.

    That of an administration is one, that of a statement is a list: it gives nothing if no dose in it is of more. What
    cannot be read states nothing.
    """
    if not bytes(raw).startswith(b"{"):
        known = [one for one in dosages(raw) if one is not None]
        parts = [
            (part.dose_quantity, part.rate_quantity, part.rate_ratio) for one in known for part in one.dose_and_rate
        ]
        return _is_zero(parts), tuple(one.text for one in known if one.text)
    try:
        given = _GIVEN.decode(raw)
    except msgspec.ValidationError:
        return False, ()
    return _is_zero([(given.dose, given.rate_quantity, given.rate_ratio)]), (given.text,) if given.text else ()


def _is_zero(stated: Iterable[tuple[Quantity | None, Quantity | None, Ratio | None]]) -> bool:
    """Return whether amounts are stated, each a dose or else a rate, and all of them are zero."""
    amounts = []
    for dose, rate, ratio in stated:
        first = next((one for one in (dose, rate, ratio.numerator if ratio is not None else None) if one), None)
        if first is not None and first.value is not None:
            amounts.append(first.value)
    return bool(amounts) and not any(amounts)


def is_empty(raw: msgspec.Raw) -> bool:
    """Return whether the quantity of a dispense is zero; what cannot be read is none."""
    try:
        found = msgspec.json.decode(raw, type=Quantity) if bytes(raw) else None
    except msgspec.ValidationError:
        return False
    return found is not None and found.value is not None and not found.value


def dosages(raw: msgspec.Raw) -> list[dosage.Dosage | None]:
    """Decode a list of dosages; None for one that cannot be read, and for a list that is none."""
    if not bytes(raw):
        return []
    try:
        return [_dosage(one) for one in _DOSAGES.decode(raw)]
    except msgspec.ValidationError:
        return [None]


def _dosage(raw: msgspec.Raw) -> dosage.Dosage | None:
    try:
        return _DOSAGE.decode(raw).value
    except msgspec.ValidationError:
        return None


def dispense(raw: msgspec.Raw) -> dosage.DispenseRequest | None:
    """Decode what is to be dispensed; None where nothing is said of it, or nothing that can be read."""
    try:
        found = _DISPENSE.decode(raw) if bytes(raw) else None
    except msgspec.ValidationError:
        return None
    return dosage.DispenseRequest(found.quantity, found.number_of_repeats_allowed) if found is not None else None


class _Routed(_Part, frozen=True, gc=False):
    """R4 Dosage, and MedicationAdministration.dosage, as far as they say by which route."""

    route: CodeableConcept | None = None
    site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    additional_instruction: tuple[CodeableConcept, ...] = ()
    text: str | None = None
    patient_instruction: str | None = None
    modifier_extension: msgspec.Raw = msgspec.Raw()

    @property
    def value(self) -> RouteSaid:
        """Return the same as a clinical value."""
        beside = (self.site, self.method, *self.additional_instruction)
        words = (
            self.text,
            self.patient_instruction,
            *(word for one in beside if one is not None for word in one.words),
        )
        is_modified = bytes(self.modifier_extension) not in (b"", b"[]")
        route = Concept(self.route.coding, self.route.text) if self.route is not None else None
        return RouteSaid(route, tuple([one for one in words if one]), is_modified)


_ROUTED = msgspec.json.Decoder(_Routed)
_SAYS_A_ROUTE = re.compile(rb'"(?:route|site|method|text|patientInstruction|additionalInstruction)"')
_IN_DOUBT = RouteSaid(is_modified=True)


def routes_said(raw: msgspec.Raw) -> tuple[RouteSaid, ...]:
    """Return what each dosage says of its route; nothing where none says anything."""
    data = bytes(raw)
    if _SAYS_A_ROUTE.search(data) is None:
        return ()
    if data.lstrip()[:1] != b"[":
        return (_said(raw),)
    try:
        return tuple([_said(one) for one in _DOSAGES.decode(data)])
    except msgspec.ValidationError:
        return (_IN_DOUBT,)


def _said(raw: msgspec.Raw) -> RouteSaid:
    try:
        return _ROUTED.decode(raw).value
    except msgspec.ValidationError:
        return _IN_DOUBT


def form_of(raw: msgspec.Raw) -> Concept | None:
    """Return the dose form of a Medication; None without one."""
    found = next(iter(concepts(raw)), None) if bytes(raw) else None
    return Concept(found.coding, found.text) if found is not None else None
