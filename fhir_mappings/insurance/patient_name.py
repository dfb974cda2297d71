"""A patient as people name one: by the name that a Patient resource gives first, with the date of birth."""

from typing import Any

from fhir_mappings.prior_auth.json_values import objects, text

Json = dict[str, Any]


def name_of(patient: Json) -> str:
    """Return the name of a Patient; empty where there is none. What is no text, where FHIR has one, says nothing."""
    first = next(iter(objects(patient.get("name"))), {})
    given = first.get("given")
    parts = (*(map(text, given) if isinstance(given, list) else ()), text(first.get("family")))
    return text(first.get("text")) or " ".join(filter(None, parts))


def name_in_words(patient: Json, unnamed: str = "") -> str:
    """Return name and date of birth of a Patient; `unnamed` stands for a name where there is none.

    Empty where there is neither.
    """
    name = name_of(patient) or unnamed
    return ", ".join(filter(None, (name, text(patient.get("birthDate"))))) if name else ""
