"""Charts that are written otherwise and say the same, and charts that lost what they said."""

import copy
from collections.abc import Callable, Iterator, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]
Change = Callable[[list[Json], Random], list[Json]]
SERVER = "https://ehr.example.org/fhir"
_LOCAL = "urn:oid:1.2.36.1.2001.9999"
_NOISE: tuple[Json, ...] = (
    {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 71, "unit": "/min"},
    },
    {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "Influenza"},
        "occurrenceDateTime": "2025-10-10",
    },
    {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}},
    {"resourceType": "Observation", "status": "preliminary", "code": {"text": "Leukocytes"}, "valueString": "pending"},
    {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10", "display": "Hypertension"}]},
    },
)


def _shuffled(content: Any, random: Random) -> Any:
    """Return a JSON value with the members of its objects in another order; lists stay in theirs."""
    if isinstance(content, list):
        return [_shuffled(one, random) for one in content]
    if not isinstance(content, dict):
        return content
    names = list(content)
    random.shuffle(names)
    return {name: _shuffled(content[name], random) for name in names}


def _members(resources: list[Json], random: Random) -> list[Json]:
    return [_shuffled(one, random) for one in resources]


def _entries(resources: list[Json], random: Random) -> list[Json]:
    random.shuffle(resources)
    return resources


def objects(content: Any) -> Iterator[Json]:
    """Yield every object in a JSON value, itself first."""
    if isinstance(content, dict):
        yield content
        content = list(content.values())
    for inner in content if isinstance(content, list) else ():
        yield from objects(inner)


def _absolute(resources: list[Json], _: Random) -> list[Json]:
    for one in objects(resources):
        reference = one.get("reference")
        if isinstance(reference, str) and not reference.startswith(("#", "urn:", "http")):
            one["reference"] = f"{SERVER}/{reference}"
    return resources


def _twice(resources: list[Json], random: Random) -> list[Json]:
    again = [copy.deepcopy(one) for one in resources if random.random() < _HALF]
    return [*resources, *again]


_HALF = 0.5


def _with_noise(resources: list[Json], random: Random) -> list[Json]:
    patient = next(one["id"] for one in resources if one["resourceType"] == "Patient")
    noise = [
        {"id": f"noise-{number}", **one, "subject": {"reference": f"Patient/{patient}"}}
        for number, one in enumerate(_NOISE)
    ]
    for one in noise:
        resources.insert(random.randint(0, len(resources)), one)
    return resources


def _local_coding(*, first: bool, display: bool) -> Change:
    """Put a coding of a laboratory or a pharmacy beside every standard one, with its words or without any."""

    def change(resources: list[Json], random: Random) -> list[Json]:
        for codings in [one["coding"] for one in objects(resources) if one.get("coding")]:
            if "system" in codings[0]:
                local = {"system": _LOCAL, "code": f"{random.randint(100, 999)}"}
                if display and codings[0].get("display"):
                    local["display"] = codings[0]["display"]
                codings.insert(0 if first else len(codings), local)
        return resources

    return change


SAME: Mapping[str, Change] = MappingProxyType(
    {
        "members in another order": _members,
        "entries in another order": _entries,
        "absolute references": _absolute,
        "resources sent twice": _twice,
        "noise": _with_noise,
        "a local coding first": _local_coding(first=True, display=False),
        "a local coding last": _local_coding(first=False, display=False),
        "a local coding with the display first": _local_coding(first=True, display=True),
        "a local coding with the display last": _local_coding(first=False, display=True),
    }
)
"""Changes that say the same: ruling, criteria and evidence stay."""

_TREATMENTS: Mapping[str, str] = MappingProxyType(
    {
        "MedicationAdministration": "not-done",
        "MedicationStatement": "not-taken",
        "MedicationDispense": "declined",
        "MedicationRequest": "cancelled",
        "Procedure": "not-done",
    }
)
"""How each kind of record says that nothing was given."""
_DATES = frozenset(
    {"effectiveDateTime", "performedDateTime", "onsetDateTime", "recordedDate", "authoredOn", "whenHandedOver", "start"}
)


def _removed(resources: list[Json], _: Random) -> list[Json]:
    return [one for one in resources if one["resourceType"] == "Patient"]


def _of_the_future(resources: list[Json], _: Random) -> list[Json]:
    for one in objects(resources):
        for name in _DATES & one.keys():
            one[name] = f"{int(one[name][:4]) + 30}{one[name][4:]}"
    return resources


def _of_another(resources: list[Json], _: Random) -> list[Json]:
    for one in resources:
        if "subject" in one:
            one["subject"] = {"reference": "Patient/somebody-else"}
    return resources


def _not_given(resources: list[Json], _: Random) -> list[Json]:
    for one in resources:
        if one["resourceType"] in _TREATMENTS:
            one["status"] = _TREATMENTS[one["resourceType"]]
    return resources


LOST: Mapping[str, Change] = MappingProxyType(
    {
        "removed": _removed,
        "dated in the future": _of_the_future,
        "another patient's": _of_another,
        "not given": _not_given,
    }
)
"""Changes after which a record that was changed, or is gone, proves nothing."""
