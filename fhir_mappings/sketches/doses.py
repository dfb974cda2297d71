"""Body weights, and the dose that an order asks for."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.testcases.casebook import DraftOrder, Entry

_UCUM = "http://unitsofmeasure.org"
_CODES: Mapping[str, str] = MappingProxyType({"lb": "[lb_av]", "stone": "[stone_av]"})
_WEIGHTS = "body-weight-tests"
_ORDINARY = "29463-7"


def weight(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a body weight."""
    test = names.code(entry.word("test", _ORDINARY), _WEIGHTS)
    return [observation(entry, concept(test), valueQuantity=_quantity(entry.about[0]))]


def dosage(order: DraftOrder) -> Json:
    """Return the dosage instruction of an order; nothing if it states no dose."""
    if not order.dose:
        return {}
    number, _, unit = order.dose.partition(" ")
    low, _, high = number.partition("-")
    lower, upper = (_quantity(f"{end} {unit}") for end in (low, high or low))
    dose = {"doseRange": {"low": lower, "high": upper}} if high else {"doseQuantity": lower}
    repeat = {"frequency": 1, "period": order.every, "periodUnit": "d"}
    timing = {"timing": {"repeat": repeat}} if order.every else {}
    return {"dosageInstruction": [{"doseAndRate": [dose], **timing}]}


def _quantity(text: str) -> Json:
    number, _, unit = text.partition(" ")
    return {"value": Decimal(number), "unit": unit, "system": _UCUM, "code": _CODES.get(unit, unit)}
