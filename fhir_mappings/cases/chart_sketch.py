"""From the lines of a sketch to the resources of a chart, and from a case's order to draft orders."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

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
            sheet.add(entry, _drawn(entry, names, sheet))
        except SketchError as error:
            raise SketchError(f"{entry.place}: {error}") from error
    return sheet.resources


class _Words(dict[str, str]):
    """The further words of a line; it knows which of them were looked at."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(words)
        self.unread = set(words)

    def get(self, name: str, otherwise: Any = None, /) -> Any:
        """Return a word of the line."""
        self.unread.discard(name)
        return super().get(name, otherwise)


def _drawn(entry: Entry, names: Names, sheet: Sheet) -> list[Json]:
    """Draw a line; raises SketchError if a word of it bears on nothing that is drawn."""
    words = _Words(entry.words)
    drawn = VERBS[entry.verb](replace(entry, words=words), names, sheet)
    # Of a line of many doses each is drawn from a copy of its words, which tells of no look.
    if words.unread and not entry.word("every"):
        idle = "', '".join(sorted(words.unread))
        beside = f", coded as {entry.word('coded as')}" if entry.word("coded as") else ""
        raise SketchError(f"'{idle}' changes nothing of '{entry.verb}'{beside}: leave it out (docs/fact-kinds.md)")
    return drawn


def draw_orders(order: DraftOrder, names: Names) -> list[Json]:
    """Draw the order of a case, and after it the orders that are drafted beside it."""
    beside = [_request(f"beside-{number}", drug, order.on, names) for number, drug in enumerate(order.beside, 1)]
    own = {**_request("order", order.drug, order.on, names, order.coded_as), **doses.dosage(order)}
    return [{**own, "doNotPerform": True} if order.refused else own, *beside]


def _request(name: str, drug: str, on: str, names: Names, system: str = "") -> Json:
    request = {"resourceType": "MedicationRequest", "id": name, "status": "draft", "intent": "order"}
    product = names.drug(drug, system)
    written = {"authoredOn": on} if on else {}
    dosed = treatments.with_route("MedicationRequest", written, names.route(drug))
    return {**request, "subject": {"reference": PATIENT}, "medicationCodeableConcept": product, **dosed}
