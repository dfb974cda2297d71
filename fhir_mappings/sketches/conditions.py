"""Diagnoses, secondary neoplasms, and diseases of relatives."""

from fhir_mappings.chart.clinical_records import RELATED_PRIMARY
from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, concept, fhir_word, joined, resource
from fhir_mappings.sketches.sheet import Sheet
from fhir_mappings.sketches.stages import stage_value
from policies.kinds.disease import DISEASE_EXTENT
from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry

_SITE = "Secondary malignant neoplasm of "


def condition(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a diagnosis, with its course, certainty and stage if they are named."""
    code, second = condition_code(names, entry.about[0], entry.word("coded as")), entry.word("second code")
    if second:
        code = joined(code, condition_code(names, second, ""))
    staged = entry.word("staged")
    stage = [{"summary": stage_value(names, staged, "SNOMED")}] if staged else []
    return [_condition(entry, code, stage=stage, abatementDateTime=entry.word("over since"))]


def condition_code(names: Names, name: str, system: str) -> Json:
    """Return the concept of a diagnosis."""
    return {"text": name} if system == "text" else concept(_member(names, name, system))


def _member(names: Names, name: str, system: str = "") -> Member:
    """Return a code by its name; else the first of a fact or value set of that name: `{condition: severe-asthma}`."""
    fact = names.fact(name)
    own = str(fact.parameters.get("codes", "")) if fact is not None else name
    is_named = own in names.conditions and not names.has(name, names.conditions, system)
    return names.first(own, system) if is_named else names.find(name, names.conditions, system)


def metastasis(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a secondary neoplasm; `of` names the primary cancer that it belongs to."""
    code = _site(names, entry.about[0], entry.word("coded as"))
    primary = sheet.condition(entry.word("of"))
    tied = [{"url": RELATED_PRIMARY, "valueReference": primary}] if primary else []
    return [_condition(entry, code, extension=tied)]


def _site(names: Names, site: str, system: str) -> Json:
    if system == "text":
        return {"text": f"{_SITE}{site}"}
    secondary = (names.of_kind(DISEASE_EXTENT, "secondary"),)
    titled = _SITE + site
    return concept(names.find(titled if names.has(titled, secondary, system) else site, secondary, system))


def _condition(entry: Entry, code: Json, **elements: object) -> Json:
    course, certainty = entry.word("course"), entry.word("certainty")
    if not course and certainty not in ("entered-in-error", "refuted") and not entry.word("over since"):
        course = "active"
    return resource(
        "Condition",
        entry,
        code=code,
        clinicalStatus=fhir_word("condition-clinical", course) if course else None,
        verificationStatus=fhir_word("condition-ver-status", certainty) if certainty else None,
        onsetDateTime=entry.word("on"),
        recordedDate=entry.word("on"),
        **elements,
    )


def family_history(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a disease of a relative."""
    disease = concept(_member(names, entry.about[0]))
    elements = {"relationship": {"text": "Mother"}, "condition": [{"code": disease}], "date": entry.word("on")}
    return [resource("FamilyMemberHistory", entry, status="completed", **elements)]


def operation(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a procedure by the title of its code, the code, or the fact or value set that it is of."""
    code = concept(_member(names, entry.about[0]))
    status = entry.word("status", "completed")
    return [resource("Procedure", entry, status=status, code=code, performedDateTime=entry.word("on"))]


def vaccination(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a vaccination by the title of its vaccine's code, the code, or the fact or value set that it is of."""
    vaccine = _member(names, entry.about[0])
    code = {"text": vaccine.display} if entry.word("coded as") == "text" else concept(vaccine)
    status, day = entry.word("status", "completed"), entry.word("on")
    return [resource("Immunization", entry, status=status, vaccineCode=code, occurrenceDateTime=day)]
