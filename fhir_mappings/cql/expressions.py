"""FHIR out: a form that fills itself in: its launch context, its library, and for each question the definition to run.

Sources: SDC 4.0.0, "Form Population" (launchContext, initialExpression); DTR 2.2.0, spec-54, spec-86 to spec-97; DTR
2.0.1. An expression names library and definition, `"Margetuximab".ecog`, as `text/cql`: certification of 2.0.1 and the
public DTR app take no other type. Beside it stands its ELM. `as_older` writes the same for 2.0.1.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from fhir.resources.R4B.questionnaire import Questionnaire

from fhir_mappings.cql.library import library_url
from fhir_mappings.cql.shipped import Logic
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.publication.versions import semantic

Json = dict[str, Any]
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
LIBRARY = "http://hl7.org/fhir/StructureDefinition/cqf-library"
LAUNCH_CONTEXT = f"{_SDC}-launchContext"
INITIAL = f"{_SDC}-initialExpression"
_ALTERNATIVE = f"{DTR}/alternativeExpression"
_CONTEXTS = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"


def populating(form: Json, logic: Logic | None, base: str) -> Json:
    """Return a form with its population logic; without logic, or where no question has some, the form as it is.

    The logic stands before any other extension of its question. Raises ValidationError (pydantic) if it would be no
    valid resource.
    """
    facts = {fact.name for fact in logic.facts} if logic is not None else set()
    if logic is None or facts.isdisjoint(one["linkId"] for one in _flat(form)):
        return form
    initial = {name: _initial(logic, name) for name in facts}
    library = {"url": LIBRARY, "valueCanonical": f"{library_url(logic, base)}|{semantic(logic.policy.version)}"}
    head = [*form.get("extension", ()), _launched(), library]
    items = [_populating(item, initial) for item in form["item"]]
    written = form | {"extension": head, "item": items}
    Questionnaire.model_validate(written)
    return written


def as_older(form: Json) -> Json:
    """Return a form as DTR 2.0.1 has it: its library is named without the version, and no ELM stands beside a CQL.

    The newer version wants both (oper-16, spec-96). Certification of 2.0.1, and its clients, compare the name with the
    library's URL to the letter, and 2.0.1 does not know the extension. A question with logic has no other extension
    there: the public app of that version fills in one answer for each.
    """
    written = dict(form)
    if "extension" in form:
        logic = [one for one in form["extension"] if one["url"] == INITIAL]
        written["extension"] = [_as_older(one) for one in logic or form["extension"]]
    if "item" in form:
        written["item"] = [as_older(one) for one in form["item"]]
    return written


def _as_older(extension: Json) -> Json:
    if extension["url"] == LIBRARY:
        return extension | {"valueCanonical": extension["valueCanonical"].partition("|")[0]}
    if extension["url"] == INITIAL:
        expression = extension["valueExpression"]
        return extension | {"valueExpression": {name: expression[name] for name in ("language", "expression")}}
    return extension


def library_of(form: Json) -> str:
    """Return the canonical URL of the library that a form names, without the version; empty if it names none."""
    named = (one["valueCanonical"] for one in form.get("extension", ()) if one["url"] == LIBRARY)
    return str(next(named, "")).partition("|")[0]


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
        written["extension"] = [initial[item["linkId"]], *item.get("extension", ())]
    if "item" in item:
        written["item"] = [_populating(one, initial) for one in item["item"]]
    return written


def _flat(form: Json) -> list[Json]:
    found = list(form.get("item", ()))
    for one in found:
        found.extend(one.get("item", ()))
    return found
