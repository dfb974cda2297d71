"""Stage groups, M categories, and how the disease has changed."""

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.casebook import Entry

_MEANINGS = {"IV": "iv", "M1": "m1", "M0": "m0", "4S": "neuroblastoma 4S"}


def stage(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a stage, or an M category, as a result; `of` names the cancer that was staged."""
    value = entry.about[0]
    test = names.meaning("m" if value.startswith("M") else "stage", "stage-tests")
    code = stage_value(names, value, entry.word("coded as", "SNOMED"))
    return [observation(entry, concept(test), valueCodeableConcept=code, focus=sheet.focus(entry))]


def stage_value(names: Names, value: str, system: str) -> Json:
    """Return the concept of a stage; the terminology has no codes below stage IV, which are written as text."""
    text = value if value.startswith("M") else f"Stage {value}"
    if value not in _MEANINGS or system == "text":
        return {"text": text}
    return concept(names.meaning(_MEANINGS[value], "stage-values", system))


def disease_status(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a statement of how the disease has changed; `of` names the disease."""
    test = names.codes("disease-status-tests").members[0]
    value = names.find(entry.about[0], ("disease-status-values",), entry.word("coded as"))
    return [observation(entry, concept(test), valueCodeableConcept=concept(value), focus=sheet.focus(entry))]
