"""FHIR R4 search over resources in memory: the parameters of the types that a payer's service asks for, and includes.

Source: FHIR R4, "Search" (token, reference, string, `_include`, paging) and the search parameters of each type. What R4
does not define for a type is refused, so that no test passes by a parameter that real servers do not have.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Values = Iterator[Any]
_CONTROL = frozenset({"_count", "_format", "_include", "_include:iterate", "_total", "_sort"})


class SearchError(Exception):
    """A search that R4 does not know; the message says what is wrong."""


def members(node: Any, path: str) -> Values:
    """Yield what stands at a path, whichever of it are lists."""
    if isinstance(node, list):
        for one in node:
            yield from members(one, path)
    elif not path:
        yield node
    elif isinstance(node, dict):
        head, _, rest = path.partition(".")
        if head in node:
            yield from members(node[head], rest)


def _token(path: str) -> Callable[[Json, str], bool]:
    return lambda resource, asked: any(_is_token(one, asked) for one in members(resource, path))


def _is_token(value: Any, asked: str) -> bool:
    """A code, an identifier or a concept, against `code`, `system|code`, `|code` or `system|`."""
    if isinstance(value, dict) and "coding" in value:
        return any(_is_token(one, asked) for one in value["coding"])
    code = value.get("code", value.get("value")) if isinstance(value, dict) else value
    system = value.get("system") if isinstance(value, dict) else None
    named, bar, wanted = asked.rpartition("|")
    if not bar:
        return bool(code == wanted)
    return (code == wanted or not wanted) and (system or "") == named


def _reference(path: str, *kinds: str) -> Callable[[Json, str], bool]:
    def is_met(resource: Json, asked: str) -> bool:
        wanted = {asked} if "/" in asked else {f"{kind}/{asked}" for kind in kinds}
        return any(_local(one.get("reference", "")) in wanted for one in members(resource, path) if one)

    return is_met


def _local(reference: str) -> str:
    return "/".join(reference.split("/")[-2:])


def _text(path: str) -> Callable[[Json, str], bool]:
    return lambda resource, asked: any(
        str(one).casefold().startswith(asked.casefold()) for one in members(resource, path)
    )


def _exact(path: str) -> Callable[[Json, str], bool]:
    return lambda resource, asked: asked.partition("|")[0] in set(members(resource, path))


def _either(*each: Callable[[Json, str], bool]) -> Callable[[Json, str], bool]:
    return lambda resource, asked: any(one(resource, asked) for one in each)


def _is_form(response: Json, asked: str) -> bool:
    named = str(response.get("questionnaire", ""))
    return named == asked or ("|" not in asked and named.partition("|")[0] == asked)


_OF_PATIENT = {"patient": _reference("subject", "Patient"), "subject": _reference("subject", "Patient")}
_MEDICATION = _OF_PATIENT | {"status": _token("status"), "code": _token("medicationCodeableConcept")}
_CODED = _OF_PATIENT | {"status": _token("status"), "code": _token("code"), "category": _token("category")}
_ORDERED = _OF_PATIENT | {"status": _token("status")}
PARAMETERS: Mapping[str, Mapping[str, Callable[[Json, str], bool]]] = {
    "Patient": {"identifier": _token("identifier"), "name": _text("name.family")},
    "Coverage": {
        "patient": _reference("beneficiary", "Patient"),
        "beneficiary": _reference("beneficiary", "Patient"),
        "status": _token("status"),
    },
    "Condition": _OF_PATIENT | {"code": _token("code"), "category": _token("category")},
    "Observation": _CODED
    | {"combo-code": _either(_token("code"), _token("component.code")), "component-code": _token("component.code")},
    "Procedure": _CODED,
    "DiagnosticReport": _CODED,
    "DocumentReference": _ORDERED | {"type": _token("type"), "category": _token("category")},
    "ImagingStudy": _ORDERED,
    "Immunization": {"patient": _reference("patient", "Patient")},
    "AdverseEvent": {"subject": _reference("subject", "Patient")},
    "ExplanationOfBenefit": {"patient": _reference("patient", "Patient")},
    "MedicationRequest": _MEDICATION,
    "MedicationAdministration": _MEDICATION,
    "MedicationDispense": _MEDICATION,
    "MedicationStatement": _MEDICATION,
    "Medication": {"code": _token("code")},
    "Encounter": _ORDERED,
    "Appointment": {"status": _token("status"), "patient": _reference("participant.actor", "Patient")},
    "Questionnaire": {"url": _exact("url"), "version": _token("version"), "name": _text("name")},
    "QuestionnaireResponse": _ORDERED | {"questionnaire": _is_form},
    **dict.fromkeys(
        ("ServiceRequest", "DeviceRequest", "NutritionOrder", "CommunicationRequest", "VisionPrescription"), _ORDERED
    ),
    **{kind: {} for kind in ("Organization", "Practitioner", "Location", "Substance", "Specimen")},
}
"""The search parameters of R4, beside `_id`, of each type that is served."""

INCLUDES: Mapping[tuple[str, str], str] = {
    ("Coverage", "payor"): "payor",
    ("Observation", "specimen"): "specimen",
    ("Observation", "has-member"): "hasMember",
    ("Medication", "ingredient"): "ingredient.itemReference",
    **{
        (kind, "medication"): "medicationReference"
        for kind in ("MedicationRequest", "MedicationAdministration", "MedicationDispense", "MedicationStatement")
    },
}


@dataclass
class Records:
    """What the record system holds, by type and id."""

    held: dict[tuple[str, str], Json] = field(default_factory=dict)

    def add(self, resources: Iterable[Json]) -> None:
        for one in resources:
            self.held[one["resourceType"], one["id"]] = one

    def read(self, kind: str, name: str) -> Json | None:
        return self.held.get((kind, name))

    def search(self, kind: str, asked: Iterable[tuple[str, str]]) -> tuple[list[Json], list[Json]]:
        """Return what matches, and what is included with it; raises SearchError."""
        given = list(asked)
        if kind not in PARAMETERS:
            raise SearchError(f"the type {kind} is not served here")
        found = [one for (of, _), one in self.held.items() if of == kind]
        for name, values in given:
            if name in _CONTROL:
                continue
            test = _id if name == "_id" else PARAMETERS[kind].get(name)
            if test is None:
                raise SearchError(f"{kind} has no search parameter {name}")
            found = [one for one in found if any(test(one, value) for value in values.split(","))]
        wanted = [value for name, value in given if name.startswith("_include")]
        return found, list(self._included(found, wanted))

    def _included(self, found: list[Json], wanted: list[str]) -> Iterator[Json]:
        seen = {(one["resourceType"], one["id"]) for one in found}
        todo = list(found)
        while todo:
            one = todo.pop(0)
            for target in self._named(one, wanted):
                name = target["resourceType"], target["id"]
                if name not in seen:
                    seen.add(name)
                    todo.append(target)
                    yield target

    def _named(self, resource: Json, wanted: list[str]) -> Iterator[Json]:
        for one in wanted:
            kind, _, name = one.partition(":")
            if (kind, name) not in INCLUDES:
                raise SearchError(f"there is no include {one}")
            if kind == resource["resourceType"]:
                for reference in members(resource, INCLUDES[kind, name]):
                    of, _, key = _local(reference.get("reference", "")).partition("/")
                    if (of, key) in self.held:
                        yield self.held[of, key]


def _id(resource: Json, asked: str) -> bool:
    return bool(resource["id"] == asked)
