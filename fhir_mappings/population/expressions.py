"""FHIR out: a form that fills itself in: its launch context, its library, and for each question the definition to run.

Sources: SDC 4.0.0, "Form Population" (launchContext, initialExpression); DTR 2.2.0, spec-54, spec-86 to spec-97; DTR
2.0.1. An expression names library and definition, `"Margetuximab".ecog`, as `text/cql`: certification of 2.0.1 and the
public DTR app take no other type. Beside it stands its ELM.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from fhir.resources.R4B.questionnaire import Questionnaire

from fhir_mappings.population.artefacts import Logic
from fhir_mappings.population.library import library_url

Json = dict[str, Any]
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
LIBRARY = "http://hl7.org/fhir/StructureDefinition/cqf-library"
LAUNCH_CONTEXT = f"{_SDC}-launchContext"
INITIAL = f"{_SDC}-initialExpression"
_ALTERNATIVE = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/alternativeExpression"
_CONTEXTS = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"


def populating(form: Json, logic: Logic | None, base: str) -> Json:
    """Return a form with its population logic; without logic, or where no question has some, the form as it is.

    A question with logic has no other extension: the public DTR app fills in one answer for each extension. Raises
    ValidationError (pydantic) if it would be no valid resource.
    """
    facts = {fact.name for fact in logic.facts} if logic is not None else set()
    if logic is None or facts.isdisjoint(one["linkId"] for one in _flat(form)):
        return form
    initial = {name: _initial(logic, name) for name in facts}
    head = [*form.get("extension", ()), _launched(), {"url": LIBRARY, "valueCanonical": library_url(logic, base)}]
    items = [_populating(item, initial) for item in form["item"]]
    written = library_named(form | {"extension": head, "item": items}, versioned=True)
    Questionnaire.model_validate(written)
    return written


def library_named(form: Json, *, versioned: bool) -> Json:
    """Return a form that names its library with the version or without; a form without one stays as it is.

    DTR 2.2.0 wants the version (oper-16); certification of 2.0.1, and its clients, compare with the library's URL to
    the letter. A library has the version of its form.
    """
    named = [_named(one, form["version"], versioned=versioned) for one in form.get("extension", ())]
    return form | ({"extension": named} if named else {})


def library_of(form: Json) -> str:
    """Return the canonical URL of the library that a form names, without the version; empty if it names none."""
    named = (one["valueCanonical"] for one in form.get("extension", ()) if one["url"] == LIBRARY)
    return str(next(named, "")).partition("|")[0]


def _named(extension: Json, version: str, *, versioned: bool) -> Json:
    if extension["url"] != LIBRARY:
        return extension
    url = extension["valueCanonical"].partition("|")[0]
    return {"url": LIBRARY, "valueCanonical": f"{url}|{version}" if versioned else url}


def _launched() -> Json:
    """Write the context: the patient. The parts stand in the order in which clients read them."""
    name = {"url": "name", "valueCoding": {"system": _CONTEXTS, "code": "patient", "display": "Patient"}}
    return {"url": LAUNCH_CONTEXT, "extension": [name, {"url": "type", "valueCode": "Patient"}]}


def _initial(logic: Logic, name: str) -> Json:
    elm = orjson.dumps({"type": "ExpressionRef", "libraryName": logic.name, "name": name}).decode()
    compiled = {"language": "application/elm+json", "expression": elm}
    expression = {
        "extension": [{"url": _ALTERNATIVE, "valueExpression": compiled}],
        "language": "text/cql",
        "expression": f'"{logic.name}".{name}',
    }
    return {"url": INITIAL, "valueExpression": expression}


def _populating(item: Json, initial: Mapping[str, Json]) -> Json:
    written = dict(item)
    if item["linkId"] in initial:
        written["extension"] = [initial[item["linkId"]]]
    if "item" in item:
        written["item"] = [_populating(one, initial) for one in item["item"]]
    return written


def _flat(form: Json) -> list[Json]:
    found = list(form.get("item", ()))
    for one in found:
        found.extend(one.get("item", ()))
    return found
