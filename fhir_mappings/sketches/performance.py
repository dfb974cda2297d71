"""Performance status: ECOG in the ways in which it is recorded, and Karnofsky."""

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.casebook import Entry

_TESTS, _SCORES = "ecog-tests", "ecog-scores"


def ecog(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an ECOG grade, or a range of grades (2-3)."""
    value = _value(names, entry.about[0], entry.word("coded as", "LOINC"))
    return [observation(entry, concept(names.meaning("ecog", _TESTS)), **value)]


def _value(names: Names, grade: str, how: str) -> Json:
    low, _, high = grade.partition("-")
    if how == "text":
        return {"valueString": f"ECOG {grade}"}
    if high:
        return {"valueRange": {"low": {"value": int(low)}, "high": {"value": int(high)}}}
    if how == "integer":
        return {"valueInteger": int(low)}
    if how == "quantity":
        return {"valueQuantity": {"value": int(low), "unit": "{score}"}}
    return {"valueCodeableConcept": concept(names.meaning(low, _SCORES, how))}


def karnofsky(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a Karnofsky score."""
    value = {"value": int(entry.about[0]), "unit": "{score}"}
    return [observation(entry, concept(names.meaning("karnofsky", _TESTS)), valueQuantity=value)]
