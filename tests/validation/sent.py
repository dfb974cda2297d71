"""What an application of the tests sends in FHIR, and what of it came in: one record a resource, by its edition.

What a caller sent wrongly comes back as it was, and is no fault of ours: beside each resource stands what came in.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tests.conformance.messages import fits

Json = dict[str, Any]
CRD = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition"
OLDER, NEWER = "2.0", "2.2"
_OLDER_FORMS = ('|2.0.1"', "/fhir/dtr/2.0.1/")
"""How an address, a profile or the canonical of a form names the older edition."""
_BY_TYPE = frozenset(
    {"Appointment", "CommunicationRequest", "Coverage", "DeviceRequest", "Encounter", "MedicationRequest"}
    | {"NutritionOrder", "ServiceRequest", "VisionPrescription"}
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A resource that left, where, in which edition, by which profiles beside its own, and what came in."""

    place: str
    edition: str
    resource: Json
    profiles: tuple[str, ...] = ()
    received: tuple[Json, ...] = ()

    def line(self) -> str:
        """Write it as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def sent_by_hook(place: str, call: Any, reply: Json) -> Iterator[Sent]:
    """Yield the resources in the actions of a reply of a CDS service, each with the one of the call that it changes."""
    edition = OLDER if fits("response-2.0", reply) and not fits("response-2.2", reply) else _asked(call, reply)
    received = {_name(one): one for one in resources_in(call)}
    for one in _acted_on(reply):
        profiles = (_profile_of(one),) if _profile_of(one) else ()
        came = received.get(_name(one))
        yield Sent(place, edition, one, profiles, () if came is None else (came,))


def _asked(call: Any, reply: Json) -> str:
    """Return the version that a call asks for, else the newer one where the reply is in it."""
    extension = call.get("extension") if isinstance(call, dict) else None
    asked = extension.get("davinci-crd.requestedVersion") if isinstance(extension, dict) else None
    return asked if asked in (OLDER, NEWER) else NEWER if fits("response-2.2", reply) else OLDER


def _acted_on(reply: Json) -> Iterator[Json]:
    suggestions = (one for card in reply.get("cards", ()) for one in card.get("suggestions", ()))
    actions = (*reply.get("systemActions", ()), *(act for one in suggestions for act in one.get("actions", ())))
    yield from (one["resource"] for one in actions if isinstance(one.get("resource"), dict))


def _profile_of(resource: Json) -> str:
    kind = str(resource.get("resourceType"))
    if kind == "Task":
        return f"{CRD}/profile-taskquestionnaire"
    return f"{CRD}/profile-{kind.lower()}" if kind in _BY_TYPE else ""


def sent_by_base(place: str, came: Any, content: Json) -> Iterator[Sent]:
    """Yield what a FHIR base answers, with what was sent to it."""
    forms = [str(one) for one in _values(content, ("profile", "questionnaire", "url"))]
    older = any(word in one for word in _OLDER_FORMS for one in (place, *forms))
    is_resource = isinstance(came, dict) and "resourceType" in came
    yield Sent(place, OLDER if older else NEWER, content, (), (came,) if is_resource else ())


def resources_in(content: Any) -> Iterator[Json]:
    """Yield every resource in some JSON, the outermost first."""
    if isinstance(content, dict):
        if isinstance(content.get("resourceType"), str):
            yield content
        content = list(content.values())
    if isinstance(content, list):
        for one in content:
            yield from resources_in(one)


def _values(content: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands under these names anywhere in some JSON, each as it would be written."""
    if isinstance(content, dict):
        yield from (json.dumps(content[name]) for name in names if name in content)
        content = list(content.values())
    if isinstance(content, list):
        for one in content:
            yield from _values(one, names)


def _name(resource: Json) -> tuple[Any, Any]:
    return str(resource.get("resourceType")), str(resource.get("id"))
