"""The directory of members for the certification kit: everybody of whom the preset's bodies are.

The payer's record of each begins on another day than the Coverage says, so that a visit brings a Coverage to correct.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

Json = dict[str, Any]
_START = date(2020, 1, 1)


def members(bodies: list[Json]) -> str:
    """Return a file for `[member_directory]` (TOML) with every member of these calls."""
    found: dict[str, str] = {}
    for call in bodies:
        for number, patient in _numbered(call):
            found.setdefault(number, _entry(number, patient))
    return "\n".join(found.values())


def _entry(number: str, patient: Json) -> str:
    name = patient["name"][0]
    written = {"number": number, "family": name["family"], "given": " ".join(name["given"])}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in written.items()]
    return "\n".join(["[[members]]", *lines, f"birth_date = {patient['birthDate']}", f"start = {_START}", ""])


def _numbered(call: Json) -> Iterator[tuple[str, Json]]:
    """Yield the numbers by which a patient's coverages name the member."""
    about = call["context"]["patientId"]
    brought = list(_resources(call["prefetch"]))
    patient = next(one for one in brought if (one["resourceType"], one["id"]) == ("Patient", about))
    for one in brought:
        if one["resourceType"] == "Coverage":
            numbers = [one.get("subscriberId"), *(each.get("value") for each in one.get("identifier", []))]
            yield from ((number, patient) for number in numbers[:1] if number)


def _resources(value: object) -> Iterator[Json]:
    """Yield every resource that stands in a prefetch, in Bundles or by itself."""
    if isinstance(value, list):
        for one in value:
            yield from _resources(one)
    elif isinstance(value, dict):
        if value.get("resourceType", "Bundle") != "Bundle":
            yield value
        else:
            for one in value.values():
                yield from _resources(one)
