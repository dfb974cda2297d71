"""From the lines of a sketch to the resources of a chart, and from a case's order to draft orders."""

from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.facts.fhir_kind import Draw
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.sketches import claims, doses, people, treatments
from fhir_mappings.sketches.names import Names, SketchError
from fhir_mappings.sketches.parts import PATIENT, Json
from fhir_mappings.sketches.sheet import Sheet
from policies.testcases.casebook import DraftOrder, Entry

_GENERAL: Mapping[str, Draw] = MappingProxyType(
    {
        "weight": doses.weight,
        "given": treatments.given,
        "dispensed": treatments.dispensed,
        "claimed": claims.claimed,
        "taken": treatments.taken,
        "prescribed": treatments.prescribed,
        "procedure": treatments.procedure,
    }
)
"""How the verbs are drawn that are of no kind of fact, or of many."""
VERBS: Mapping[str, Draw] = MappingProxyType(
    {**{verb: draw for one in FHIR_KINDS.values() for verb, draw in one.draws.items()}, **_GENERAL}
)
"""How each verb is drawn."""


def draw(entries: tuple[Entry, ...], names: Names) -> list[Json]:
    """Draw a patient as FHIR R4 resources, the Patient first; raises SketchError with the place of a faulty line."""
    sheet = Sheet([people.patient(entries)])
    for entry in entries:
        try:
            sheet.add(entry, VERBS[entry.verb](entry, names, sheet))
        except SketchError as error:
            raise SketchError(f"{entry.place}: {error}") from error
    return sheet.resources


def draw_orders(order: DraftOrder, names: Names) -> list[Json]:
    """Draw the order of a case, and after it the orders that are drafted beside it."""
    beside = [_request(f"beside-{number}", drug, order.on, names) for number, drug in enumerate(order.beside, 1)]
    own = {**_request("order", order.drug, order.on, names, order.coded_as), **doses.dosage(order)}
    return [{**own, "doNotPerform": True} if order.refused else own, *beside]


def _request(name: str, drug: str, on: str, names: Names, system: str = "") -> Json:
    request = {"resourceType": "MedicationRequest", "id": name, "status": "draft", "intent": "order"}
    product = names.drug(drug, system)
    written = {"authoredOn": on} if on else {}
    return {**request, "subject": {"reference": PATIENT}, "medicationCodeableConcept": product, **written}
