"""Performance status: ECOG in the ways in which it is recorded, and Karnofsky."""

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, bare, concept, joined, observation
from fhir_mappings.sketches.sheet import Sheet
from fhir_mappings.sketches.stages import test_of
from policies.kinds.performance import PERFORMANCE_STATUS
from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry


def ecog(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an ECOG grade, or a range of grades (2-3)."""
    code, scores = entry.word("code"), names.of_kind(PERFORMANCE_STATUS, "scores")
    coded = {"valueCodeableConcept": bare(names.code(code, scores))} if code else None
    value = coded or _value(names, entry.about[0], entry.word("coded as", "LOINC"))
    test, second = concept(_test(entry, names, "ecog")), entry.word("second test")
    if second:
        test = joined(test, bare(names.code(second, names.of_kind(PERFORMANCE_STATUS, "tests"))))
    return [observation(entry, test, **value)]


def _test(entry: Entry, names: Names, means: str) -> Member:
    return test_of(entry, names, names.of_kind(PERFORMANCE_STATUS, "tests"), means)


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
    return {"valueCodeableConcept": concept(names.meaning(low, names.of_kind(PERFORMANCE_STATUS, "scores"), how))}


def karnofsky(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a Karnofsky score."""
    value = {"value": int(entry.about[0]), "unit": "{score}"}
    return [observation(entry, concept(_test(entry, names, "karnofsky")), valueQuantity=value)]
