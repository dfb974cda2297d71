"""The small pieces that resources are put together from, as JSON."""

from typing import Any

from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry

Json = dict[str, Any]
"""A JSON object."""

PATIENT, OTHER_PATIENT = "Patient/sketched", "Patient/somebody-else"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def coding(system: str, code: str, display: str) -> Json:
    """Build a Coding."""
    return {"system": system, "code": code, "display": display}


def concept(member: Member, text: str = "", display: str = "") -> Json:
    """Build a CodeableConcept of a code; it may have a text, and a display that is not the code's own."""
    found: Json = {"coding": [coding(member.system.uri, member.code, display or member.display)]}
    return {**found, "text": text} if text else found


def bare(member: Member, text: str = "") -> Json:
    """Build a CodeableConcept of a code alone, without its display; it may have a text."""
    found: Json = {"coding": [{"system": member.system.uri, "code": member.code}]}
    return {**found, "text": text} if text else found


def joined(first: Json, second: Json) -> Json:
    """Build a CodeableConcept that holds the codes of two, in their order."""
    return {**first, "coding": [*first["coding"], *second["coding"]]}


def fhir_word(system: str, code: str) -> Json:
    """Build a CodeableConcept of FHIR's own words, such as a clinical status."""
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


def resource(kind: str, entry: Entry, **elements: Any) -> Json:
    """Build a resource of the patient, or of another one if the entry says so; empty elements are left out."""
    owner = OTHER_PATIENT if entry.says("of another patient") else PATIENT
    subject = "patient" if kind in ("FamilyMemberHistory", "Immunization") else "subject"
    filled = {name: value for name, value in elements.items() if value not in ("", None, [], {})}
    return {"resourceType": kind, subject: {"reference": owner}, **filled}


def observation(entry: Entry, code: Json, **elements: Any) -> Json:
    """Build an Observation on the day of the entry, final if the entry does not say otherwise."""
    status, day = entry.word("status", "final"), entry.word("on")
    return resource("Observation", entry, status=status, code=code, effectiveDateTime=day, **elements)


def period(entry: Entry) -> tuple[str, str]:
    """Return when an entry began and ended; either may be empty. `on` is a single day."""
    return entry.word("from") or entry.word("on"), entry.word("to")


def when(entry: Entry, prefix: str) -> Json:
    """Return effective[x] or performed[x]: a day, a period, or that it is not known where R4 must have one."""
    start, end = period(entry)
    if end:
        return {f"{prefix}Period": {name: day for name, day in (("start", start), ("end", end)) if day}}
    if start:
        return {f"{prefix}DateTime": start}
    return {f"_{prefix}DateTime": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}}
