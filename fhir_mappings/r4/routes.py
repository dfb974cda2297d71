"""What a dosage says of its route, and a Medication of its form: FHIR R4, Dosage, MedicationAdministration.dosage.

They are decoded apart from their record; what cannot be read leaves the route unknown.
"""

import msgspec

from fhir_mappings.clinical.records import RouteSaid
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.elements import CodeableConcept, _Part, concepts

_SAYS_A_ROUTE = (b'"route"', b'"site"', b'"method"', b'"text"', b'"patientInstruction"', b'"additionalInstruction"')
_IN_DOUBT = RouteSaid(is_modified=True)


class _Dosage(_Part, frozen=True, gc=False):
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


_ONE = msgspec.json.Decoder(_Dosage)
_SEVERAL = msgspec.json.Decoder(tuple[msgspec.Raw, ...])


def routes_said(raw: msgspec.Raw) -> tuple[RouteSaid, ...]:
    """Return what each dosage says of its route; nothing where none says anything."""
    data = bytes(raw)
    if not any(one in data for one in _SAYS_A_ROUTE):
        return ()
    if data.lstrip()[:1] != b"[":
        return (_said(raw),)
    try:
        return tuple([_said(one) for one in _SEVERAL.decode(data)])
    except msgspec.ValidationError:
        return (_IN_DOUBT,)


def _said(raw: msgspec.Raw) -> RouteSaid:
    try:
        return _ONE.decode(raw).value
    except msgspec.ValidationError:
        return _IN_DOUBT


def form_of(raw: msgspec.Raw) -> Concept | None:
    """Return the dose form of a Medication; None without one."""
    found = next(iter(concepts(raw)), None) if bytes(raw) else None
    return Concept(found.coding, found.text) if found is not None else None
