"""What coverage can be asked of, as FHIR R4 has it: orders, appointments and encounters.

Source: FHIR R4, the resources' own pages: status codes (required bindings), subject, participant, basedOn.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.elements import Reference
from fhir_mappings.r4.references import PatientIdentity, local
from fhir_mappings.r4.resources import Resource

_REQUEST = frozenset({"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"})
_APPOINTMENT = frozenset(
    {"proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "checked-in", "waitlist"}
) | {"entered-in-error"}
_ENCOUNTER = frozenset(
    {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"}
)
_STATUSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CommunicationRequest": _REQUEST,
        "DeviceRequest": _REQUEST,
        "MedicationRequest": _REQUEST - {"revoked"} | {"cancelled", "stopped"},
        "NutritionOrder": _REQUEST,
        "ServiceRequest": _REQUEST,
        "VisionPrescription": frozenset({"active", "cancelled", "draft", "entered-in-error"}),
        "Appointment": _APPOINTMENT,
        "Encounter": _ENCOUNTER,
    }
)


_WHOSE: Mapping[str, str] = MappingProxyType(
    {
        "DeviceRequest": "subject",
        "MedicationRequest": "subject",
        "NutritionOrder": "patient",
        "ServiceRequest": "subject",
        "VisionPrescription": "patient",
    }
)
"""The member by which a type has to say whose it is."""
_WITHOUT_STATUS = frozenset({"DeviceRequest"})
"""Types whose status may be left out."""


class _Participant(msgspec.Struct, frozen=True, gc=False):
    actor: Reference | None = None


class _Appointment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    participant: tuple[_Participant, ...] = ()
    based_on: tuple[Reference, ...] = ()


def statuses_of(resource_type: str) -> frozenset[str]:
    """Return the codes that the status of a type can have; raises KeyError for a type that is never asked about."""
    return _STATUSES[resource_type]


def missing_of(resource: Resource) -> tuple[str, ...]:
    """Return the members that FHIR requires of what can be asked about, and that it lacks: status, and whose it is."""
    kind, whose = resource.resource_type, _WHOSE.get(resource.resource_type, "")
    status = ("status",) if resource.status is None and kind not in _WITHOUT_STATUS else ()
    one = {"subject": resource.subject, "patient": resource.patient}.get(whose)
    return status + ((whose,) if whose and one is None else ())


def of_another(order: Order, patient: PatientIdentity) -> str:
    """Return the member that says that something is another patient's; empty if none does.

    An appointment can have several patients; it is another's if none of them is this one.
    """
    resource = order.resource
    for member, one in (("subject", resource.subject), ("patient", resource.patient)):
        if one is not None and one.reference and not _is(one.reference, patient):
            return member
    actors = (one.actor.reference for one in _appointment(order).participant if one.actor and one.actor.reference)
    patients = [one for one in actors if (local(one) or ("",))[0] == "Patient"]
    return "participant" if patients and not any(_is(one, patient) for one in patients) else ""


def _is(reference: str, patient: PatientIdentity) -> bool:
    """Whether a reference means the patient, or is not known to mean another (contained, by URN)."""
    pair = local(reference)
    return pair is None or (pair == ("Patient", patient.id) and patient.is_home(reference))


def based_on(order: Order) -> tuple[str, ...]:
    """Return the references to what an Appointment is based on; a reference by identifier only is left out."""
    return tuple(one.reference for one in _appointment(order).based_on if one.reference)


def _appointment(order: Order) -> _Appointment:
    """Read the members of an Appointment; anything else, and one that cannot be read, has none."""
    if order.resource.resource_type != "Appointment":
        return _Appointment()
    try:
        return msgspec.json.decode(order.raw, type=_Appointment)
    except msgspec.ValidationError:
        return _Appointment()
