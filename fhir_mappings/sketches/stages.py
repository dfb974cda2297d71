"""Stage groups, M categories, and how the disease has changed."""

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, bare, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.kinds.disease import DISEASE_EXTENT
from policies.kinds.treatment import PROGRESSION_ON_THERAPY
from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry

_MEANINGS = {"IV": "iv", "M1": "m1", "M0": "m0", "4S": "neuroblastoma 4S"}


def stage(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a stage, or an M category, as a result; `of` names the cancer that was staged."""
    value, code = entry.about[0], entry.word("code")
    means = "m" if value.startswith("M") else "stage"
    test = test_of(entry, names, names.of_kind(DISEASE_EXTENT, "stage_tests"), means)
    coded = names.code(code, names.of_kind(DISEASE_EXTENT, "stages")) if code else None
    shown = bare(coded) if coded else stage_value(names, value, entry.word("coded as", "SNOMED"))
    return [observation(entry, concept(test), valueCodeableConcept=shown, focus=sheet.focus(entry))]


def test_of(entry: Entry, names: Names, tests: str, means: str) -> Member:
    """Return the code of the test that an entry names under `test`, else the first one of that meaning."""
    named = entry.word("test")
    return names.code(named, tests) if named else names.meaning(means, tests)


def stage_value(names: Names, value: str, system: str) -> Json:
    """Return the concept of a stage; the terminology has no codes below stage IV, which are written as text."""
    text = value if value.startswith("M") else f"Stage {value}"
    if value not in _MEANINGS or system == "text":
        return {"text": text}
    return concept(names.meaning(_MEANINGS[value], names.of_kind(DISEASE_EXTENT, "stages"), system))


def disease_status(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a statement of how the disease has changed; `of` names the disease."""
    kind = PROGRESSION_ON_THERAPY
    tests = names.of_kind(kind, "status_tests")
    named = entry.word("test")
    test = names.code(named, tests) if named else names.codes(tests).members[0]
    value = names.find(entry.about[0], (names.of_kind(kind, "statuses"),), entry.word("coded as"))
    return [observation(entry, concept(test), valueCodeableConcept=concept(value), focus=sheet.focus(entry))]
