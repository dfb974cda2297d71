"""appointment-book 1.0: appointments are booked; those that are based on a ServiceRequest are judged as that order.

CRD 2.0.1 has the answer on the Appointment, CRD 2.1 and later on the ServiceRequest, if there is one. One that did
not come along is fetched; if it cannot be had, the appointment is answered for itself.
"""

from collections.abc import Iterator

from fhir_mappings.orders.orders import Order
from fhir_mappings.orders.requests import based_on
from fhir_mappings.r4.references import PatientIdentity, local
from hooks.definitions.hook import ENCOUNTER, Hook
from hooks.protocol.json_fields import Members
from hooks.request.call import Asked, Brought
from hooks.request.context_fields import bundle_entries, encounter, patient_of_user
from hooks.request.reference_lookup import find
from hooks.request.requested_resources import SUPPORTING, AskedAbout

_APPOINTMENTS = "appointments"
_ORDER = "ServiceRequest"
_PREFETCH = ENCOUNTER | {"serviceRequests": "ServiceRequest?patient={{context.patientId}}&status=active"}

_STANDARD = {
    "serviceRequests": (
        "ServiceRequest?_id={{context.appointments.entry.resource.basedOn.resolve().ofType(ServiceRequest).id}}"
    )
}
"""Just the orders that the appointments are based on."""


def _read(context: Members, brought: Brought) -> Asked:
    patient = patient_of_user(context)
    encounter(context, required=False)
    entries = bundle_entries(context, _APPOINTMENTS)
    context.settle()
    place = context.place(f"{_APPOINTMENTS}.entry")
    booked = AskedAbout(
        patient, "appointment", frozenset({"Appointment"}), SUPPORTING | {_ORDER}, server=brought.server
    )
    booked.read_bundle(place, entries)
    return _Booking(patient, brought, booked).asked()


class _Booking:
    """Puts together what is asked about: the orders that appointments are based on, and appointments without one."""

    def __init__(self, patient: str, brought: Brought, booked: AskedAbout) -> None:
        self._patient = patient
        self._server = brought.server
        self._booked = booked
        bases = (one for appointment in booked.orders for one in based_on(appointment))
        self._found = find(brought, bases, booked.bundled)
        self._orders: dict[str, Order] = {}
        self._appointments: dict[str, tuple[Order, ...]] = {}

    def asked(self) -> Asked:
        """Return what the call asks about; raises a CallError."""
        checked = AskedAbout(self._patient, kinds=frozenset({_ORDER}), server=self._server)
        for place, appointment in self._booked.placed:
            orders = self._bases(place, appointment, checked)
            for one in orders or (appointment,):
                self._orders.setdefault(one.reference, one)
            if orders:
                first = orders[0].reference
                self._appointments[first] = (*self._appointments.get(first, ()), appointment)
        checked.settle()
        asked, bundled = tuple(self._orders.values()), tuple(self._booked.bundled)
        sought = frozenset(self._sought())
        return Asked(self._patient, asked, bundled, appointments=self._appointments, sought=sought)

    def _sought(self) -> Iterator[str]:
        """Yield the orders on the patient's own server that appointments are based on and that did not come along."""
        is_home = PatientIdentity(self._patient, self._server).is_home
        for appointment in self._booked.orders:
            for one in based_on(appointment):
                pair = local(one)
                if one not in self._found and pair is not None and pair[0] == _ORDER and is_home(one):
                    yield "/".join(pair)

    def _bases(self, place: str, appointment: Order, checked: AskedAbout) -> list[Order]:
        """Return the orders that an appointment is based on, as far as they came along."""
        raws = (self._found[one] for one in based_on(appointment) if one in self._found)
        return [order for raw in raws if (order := checked.read(f"{place}.basedOn", raw)) is not None]


APPOINTMENT_BOOK = Hook(
    "appointment-book",
    _read,
    asks_for_documents=True,
    judges_orders=True,
    prefetch=_PREFETCH,
    standard=_STANDARD,
    is_visit=True,
)
